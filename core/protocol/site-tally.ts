import { type ForeignTarget, type Unserved, unservedNamedMax } from "./site-state.ts";

/** Running sum of receipts; small whatever the number of targets. */
export interface Tally {
  readonly served: number;
  readonly wanted: number;
  readonly complete: boolean;
  readonly usernames: readonly string[];
  readonly unserved: readonly Unserved[];
  readonly foreign: readonly ForeignTarget[];
  readonly higher: { readonly epoch: number; readonly username: string | null } | null;
}

export const emptyTally: Tally = {
  served: 0,
  wanted: 0,
  complete: true,
  usernames: [],
  unserved: [],
  foreign: [],
  higher: null,
};

function withUsername(tally: Tally, username: string | null): Tally {
  if (username === null || tally.usernames.includes(username)) return tally;
  return { ...tally, usernames: [...tally.usernames, username] };
}

/** Neither served nor wanted: a username that stands there all the same. */
export function countSeen(tally: Tally, username: string | null): Tally {
  return withUsername(tally, username);
}

export function countServed(tally: Tally, username: string | null): Tally {
  return withUsername({ ...tally, served: tally.served + 1, wanted: tally.wanted + 1 }, username);
}

export function countUnserved(tally: Tally, unserved: Unserved, username: string | null, read: boolean): Tally {
  const named = tally.unserved.length < unservedNamedMax ? [...tally.unserved, unserved] : tally.unserved;
  return withUsername(
    { ...tally, wanted: tally.wanted + 1, unserved: named, complete: tally.complete && read },
    username,
  );
}

/** It keeps an older login until a later wave. So many are not named one by one. */
export function countHeld(tally: Tally, username: string | null): Tally {
  return withUsername({ ...tally, wanted: tally.wanted + 1 }, username);
}

/** A whole cluster (or what is left of it) could not be read: nothing can be concluded from this look. */
export function countUnread(tally: Tally, unserved: Unserved): Tally {
  return countUnserved(tally, unserved, null, false);
}

/** A cluster that was taken out of the configuration cannot be looked at, and holds our copies all the same. */
export function countRemoved(named: readonly string[], configured: readonly { readonly cluster: string }[]): Tally {
  const text = "it is no longer in the configuration: its copies are still ours";
  return named
    .filter((cluster) => !configured.some((plan) => plan.cluster === cluster))
    .reduce((tally, target) => countUnread(tally, { target, reason: "not-configured", text }), emptyTally);
}

export function countForeign(tally: Tally, foreign: ForeignTarget): Tally {
  const named = tally.foreign.length < unservedNamedMax ? [...tally.foreign, foreign] : tally.foreign;
  return withUsername({ ...tally, foreign: named }, foreign.username);
}

export function countHigher(tally: Tally, unserved: Unserved, epoch: number, username: string | null): Tally {
  const counted = countUnserved(tally, unserved, username, true);
  return epoch > (tally.higher?.epoch ?? 0) ? { ...counted, higher: { epoch, username } } : counted;
}

export function mergeTallies(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, tally) => ({
      served: sum.served + tally.served,
      wanted: sum.wanted + tally.wanted,
      complete: sum.complete && tally.complete,
      usernames: [...new Set([...sum.usernames, ...tally.usernames])].sort(),
      unserved: [...sum.unserved, ...tally.unserved].slice(0, unservedNamedMax),
      foreign: [...sum.foreign, ...tally.foreign].slice(0, unservedNamedMax),
      higher: (tally.higher?.epoch ?? 0) > (sum.higher?.epoch ?? 0) ? tally.higher : sum.higher,
    }),
    emptyTally,
  );
}
