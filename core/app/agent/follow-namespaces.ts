import type { Clock } from "../../ports/clock.ts";
import { PortError } from "../../ports/errors.ts";
import type { NamespaceWatch } from "../../ports/namespace-watch.ts";

export interface FollowOptions {
  readonly watch: NamespaceWatch;
  /** Kubernetes label selector; the empty string selects all. */
  readonly labelSelector: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** From 0 to 1. */
  readonly random: () => number;
  /** A namespace that was not there, or did not match, when it was last looked at. One that goes away is not told. */
  readonly added: (name: string) => void;
  /** Told when the watch breaks, and why; not again until it has worked in between. */
  readonly broke: (error: PortError) => void;
}

const pauseMsMin = 1_000;
const pauseMsMax = 30_000;

/**
 * Follows a cluster's namespaces until `signal` fires. A watch that the server ends is taken up after the last
 * version it told; one that breaks likewise, after a growing pause with jitter (or as long as the server asks for).
 * Where that version is forgotten (410) it begins anew, and all that match are told again: something may have been
 * missed. Throws only what is no `PortError`.
 */
export async function followNamespaces(options: FollowOptions): Promise<void> {
  const { watch, labelSelector, clock, signal, random, added, broke } = options;
  let after: string | null = null;
  let failures = 0;
  let afreshMs = Number.NEGATIVE_INFINITY;
  const pause = async (askedMs: number) => {
    const pauseMs = Math.min(pauseMsMax, pauseMsMin * 2 ** Math.min(failures - 1, 10)) * (0.5 + random() / 2);
    await clock.sleep(Math.max(pauseMs, Math.min(askedMs, pauseMsMax)), signal);
  };
  while (!signal.aborted) {
    const begunMs = clock.nowMs();
    try {
      await watch.watchNamespaces(
        { labelSelector, after },
        ({ type, name, terminating, resourceVersion }) => {
          after = resourceVersion;
          failures = 0;
          if (type === "added" && !terminating) added(name);
        },
        signal,
      );
      // A server that ends every watch at once is not asked in a loop.
      if (clock.nowMs() - begunMs >= pauseMsMin || signal.aborted) continue;
      failures += 1;
      await pause(0);
    } catch (error) {
      if (!(error instanceof PortError)) throw error;
      failures += 1;
      if (failures === 1) broke(error);
      if (error.reason === "stale-writer" && after !== null) {
        after = null;
        // At once, but for a server that forgets everything all the time.
        const soon = clock.nowMs() - afreshMs < pauseMsMin;
        afreshMs = clock.nowMs();
        if (!soon) continue;
      }
      await pause(error.retryAfterMs ?? 0);
    }
  }
}
