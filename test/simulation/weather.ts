import type { Random } from "./random.ts";
import { minuteMs } from "./world.ts";

/** What somebody outside may do to the world. */
export const outsideKinds = [
  "secret deleted",
  "secret taken back",
  "secret unmarked",
  "namespace added",
  "namespace unselected",
  "namespace terminating",
  "store written",
  "store restored",
  "ledger restored",
  "ledger lost",
  "site ledger restored",
  "robot deleted",
  "robot disabled",
  "robot put",
  "robot id taken",
  "image pulled",
] as const;

export type OutsideKind = (typeof outsideKinds)[number];

export const actKinds = ["rotate", "roll back", "roll back to", "revoke", "revoke now"] as const;
export type ActKind = (typeof actKinds)[number];

/** What can go wrong: shares of calls, ticks or mints. */
export interface Weather {
  readonly lostRequest: number;
  readonly lostReply: number;
  readonly throttled: number;
  readonly staleRead: number;
  /** Loads of ledgers that answer from the past, as Google's may. */
  readonly staleLoad: number;
  readonly slow: number;
  readonly frozen: number;
  readonly frozenMsMax: number;
  readonly crash: number;
  /** More of them where a rotation is half way. */
  readonly crashAtLine: number;
  /** Ticks by which the storm is longer. */
  readonly longer: number;
  readonly doubledTick: number;
  readonly skewMsMax: number;
  readonly clockJump: number;
  /** A part of the world goes dark, throttles, or answers slowly, for ticks or for the whole storm. */
  readonly trouble: number;
  readonly act: number;
  readonly acts: readonly ActKind[];
  readonly outside: number;
  readonly outsiders: readonly OutsideKind[];
  /** Robots that are born dead, disabled, or without their right. */
  readonly spoilt: number;
  /** Somebody writes every Secret of a cluster back as soon as it is written. */
  readonly takenBackAtOnce: boolean;
  /** One cluster stays dark beyond the storm: the rest must go on. */
  readonly darkForEver: boolean;
}

export const calm: Weather = {
  lostRequest: 0,
  lostReply: 0,
  throttled: 0,
  staleRead: 0,
  staleLoad: 0,
  slow: 0,
  frozen: 0,
  frozenMsMax: 0,
  crash: 0,
  crashAtLine: 0,
  longer: 0,
  doubledTick: 0,
  skewMsMax: 0,
  clockJump: 0,
  trouble: 0,
  act: 0,
  acts: [],
  outside: 0,
  outsiders: [],
  spoilt: 0,
  takenBackAtOnce: false,
  darkForEver: false,
};

/** Runners that die half way, and an operator who wants something else by then. */
function drawHalfWay(random: Random): Weather {
  const acts = ["rotate", "roll back", "roll back", "roll back to", "revoke"] as const;
  return { ...calm, crashAtLine: 0.05 + random.next() * 0.12, longer: 10, act: 0.2 + random.next() * 0.4, acts };
}

/** Swarm: each history has some of the faults only, so that they do not drown one another. */
export function drawWeather(random: Random, tickEveryMs: number): Weather {
  if (random.chance(0.12)) return drawHalfWay(random);
  const maybe = (share: number, max: number) => (random.chance(share) ? random.next() * max : 0);
  const some = <T>(all: readonly T[], share: number) => all.filter(() => random.chance(share));
  return {
    lostRequest: maybe(0.3, 0.06),
    lostReply: maybe(0.4, 0.06),
    throttled: maybe(0.2, 0.04),
    staleRead: maybe(0.25, 0.4),
    staleLoad: maybe(0.1, 0.2),
    slow: maybe(0.3, 0.1),
    frozen: maybe(0.35, 0.04),
    frozenMsMax: random.int(1, 8) * tickEveryMs,
    crash: maybe(0.45, 0.04),
    crashAtLine: maybe(0.1, 0.2),
    longer: 0,
    doubledTick: maybe(0.4, 0.6),
    skewMsMax: random.chance(0.2) ? random.int(0, 90) * minuteMs : 0,
    clockJump: maybe(0.1, 0.1),
    trouble: maybe(0.3, 0.15),
    act: maybe(0.6, 0.4),
    acts: some(actKinds, 0.6),
    outside: maybe(0.45, 0.3),
    outsiders: some(outsideKinds, 0.3),
    spoilt: maybe(0.15, 0.4),
    takenBackAtOnce: random.chance(0.05),
    darkForEver: random.chance(0.08),
  };
}
