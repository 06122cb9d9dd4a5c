/** All pulls of a large demo together: servers and pods share one process. */
const pullsPerSecondMax = 300;

/** How fast a demo of this size goes. */
export interface Pace {
  /** Pulls of the rhythm; what every namespace pulls beside it comes on top. */
  readonly rhythmPerSecond: number;
  /** Of all pulls together. A small fleet must not queue: it is served within a tenth of a second. */
  readonly pullsPerSecondMax: number;
  /** Every namespace pulls with the old robot before the rotation is asked for, not while it begins. */
  readonly pullsFirst: boolean;
  /** The old robot lives until every namespace could pull once with the new one, and no shorter than 2 s. */
  readonly drainMs: number;
  /** Between two ticks of a cloud; a tick lists all pull Secrets, and the servers are this process, too. */
  readonly tickPauseMs: { readonly min: number; readonly max: number };
  /** Between two looks at all namespaces. */
  readonly lookPauseMs: number;
  /** A part of a rotation that does not end in this time is a failure of the demo. */
  readonly patienceMs: number;
}

export function paceOf(namespaces: number): Pace {
  const everywhereMs = (namespaces * 1000) / pullsPerSecondMax;
  const large = everywhereMs > 1_000;
  return {
    rhythmPerSecond: large ? 50 : 200,
    pullsPerSecondMax: large ? pullsPerSecondMax : Number.POSITIVE_INFINITY,
    pullsFirst: large,
    drainMs: 2_000 + (large ? Math.ceil(1.5 * everywhereMs) : 0),
    tickPauseMs: { min: 60 + namespaces / 10, max: 160 + namespaces / 5 },
    lookPauseMs: Math.max(20, namespaces / 20),
    patienceMs: 90_000 + 100 * namespaces,
  };
}
