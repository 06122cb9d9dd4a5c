import type { Wave } from "./site-waves.ts";

/** What one site's runner writes down: how far it has seen, and what it last read back from its targets. */
export const siteLedgerFormat = 1;
export const unservedNamedMax = 50;

export type UnservedReason =
  | "unreachable"
  | "denied"
  | "throttled"
  | "malformed"
  | "not-synced"
  | "conflict"
  | "busy"
  | "refused-here"
  | "higher-epoch"
  | "not-reached"
  | "not-configured"
  | "invalid";

export interface Unserved {
  /** `cluster/namespace/name`, or `cluster` alone where nothing of it could be read. */
  readonly target: string;
  readonly reason: UnservedReason;
  readonly text: string;
}

export interface ForeignTarget {
  readonly target: string;
  readonly why: string;
  readonly username: string | null;
  /** Contested: until when it is let alone. Absent: it is not. */
  readonly untilMs?: number | undefined;
}

/** A target whose value somebody else takes back. */
export interface TakenBack {
  /** `cluster/namespace/name` */
  readonly target: string;
  /** Who was seen to write it. */
  readonly by: string;
  /** In a row, each within `contestedEndsMs` after the one before. */
  readonly times: number;
  /** The last time. */
  readonly atMs: number;
}

/** Summary of all receipts of one complete look at a site's targets. A receipt is a read, never the answer to a write. */
export interface Report {
  /** Round read before the first listing of that tick; null: there was none. */
  readonly round: string | null;
  readonly ledgerId: string;
  readonly epoch: number;
  readonly generation: number;
  readonly served: number;
  readonly wanted: number;
  /** Every listing was complete and every target read. */
  readonly complete: boolean;
  /** Every distinct username found under our registry key, foreign targets included. Never cut. */
  readonly usernames: readonly string[];
  /** The first 50. */
  readonly unserved: readonly Unserved[];
  readonly foreign: readonly ForeignTarget[];
  /** Highest epoch of our ledger id found in a target above our own, with the username beside it. */
  readonly higher: { readonly epoch: number; readonly username: string | null } | null;
  /** Absent: nothing waits for a later wave. */
  readonly wave?: Wave | undefined;
  readonly atMs: number;
}

export interface SiteLedger {
  readonly format: typeof siteLedgerFormat;
  readonly credential: string;
  readonly site: string;
  /** Null until a first value was seen. */
  readonly ledgerId: string | null;
  /** Highest epoch ever seen here; a value below it is refused. */
  readonly epoch: number;
  readonly epochSinceMs: number;
  /** Every cluster that was ever to be written, named before its first hand-out: its copies are ours until released. */
  readonly clusters: readonly string[];
  readonly report: Report | null;
  /** Absent: none is. At most 50. */
  readonly takenBack?: readonly TakenBack[] | undefined;
}

export function newSiteLedger(credential: string, site: string): SiteLedger {
  return {
    format: siteLedgerFormat,
    credential,
    site,
    ledgerId: null,
    epoch: 0,
    epochSinceMs: 0,
    clusters: [],
    report: null,
  };
}
