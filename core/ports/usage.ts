/**
 * - `quiet`: pull auditing is proven to be on, and nothing by this name was seen since.
 * - `in-use`: seen after `sinceMs`, last at `lastSeenMs`; `resource`: the image of that pull, where the log names it.
 * - `no-evidence`: the log is off, unreadable or unproven; silence means nothing.
 */
export type UsageVerdict =
  | { readonly verdict: "quiet" }
  | { readonly verdict: "in-use"; readonly lastSeenMs: number; readonly resource?: string }
  | { readonly verdict: "no-evidence"; readonly why: string };

/** Who still pulls under a robot's name, as far as the registry's audit log tells. */
export interface UsageEvidence {
  /** Never throws: what cannot be read is `no-evidence`, with the reason. */
  usedSince(username: string, sinceMs: number): Promise<UsageVerdict>;
}
