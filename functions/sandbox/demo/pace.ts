import type { DemoStrategy } from "./options.ts";

/** All pulls of a large demo together: servers and pods share one machine. */
const pullsPerSecondMax = 300;

/** How fast a demo of this size goes. */
export interface Pace {
  /** Pulls of the rhythm; what every namespace pulls beside it comes on top. */
  readonly rhythmPerSecond: number;
  /** Of all pulls together. A small fleet must not queue: it is served within a tenth of a second. */
  readonly pullsPerSecondMax: number;
  /**
   * A rotation is over before all of a large fleet could pull once: every namespace pulls with the old robot before the
   * rotation is asked for, not while it begins, and the drain is as long as pulls take (`drainMsFor`).
   */
  readonly large: boolean;
  /** Between two ticks of a cloud; a tick lists all pull Secrets, and the servers are this process, too. */
  readonly tickPauseMs: { readonly min: number; readonly max: number };
  /** Between two looks at all namespaces. */
  readonly lookPauseMs: number;
  /** A part of a rotation that does not end in this time is a failure of the demo. */
  readonly patienceMs: number;
}

export function paceOf(namespaces: number, strategy: DemoStrategy): Pace {
  const large = namespaces > pullsPerSecondMax;
  // Two robots in turn wait for ten seconds twice: more pulls and ticks meanwhile would find out nothing new.
  const times = strategy === "alternating" ? 3 : 1;
  return {
    rhythmPerSecond: (large ? 50 : 200) / times,
    pullsPerSecondMax: large ? pullsPerSecondMax : Number.POSITIVE_INFINITY,
    large,
    tickPauseMs: { min: times * (60 + namespaces / 10), max: times * (160 + namespaces / 5) },
    lookPauseMs: Math.max(20, namespaces / 50),
    patienceMs: 90_000 + 100 * namespaces,
  };
}

/** The old robot lives until every namespace could pull once with the new one, which took so long before; 2 s at least. */
export function drainMsFor(everywhereMs: number): number {
  return 2_000 + Math.ceil(1.25 * everywhereMs);
}
