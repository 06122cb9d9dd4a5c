import type { Entropy } from "../../ports/entropy.ts";
import type { TickResult } from "../tick.ts";

/**
 * How a tick of an agent went as a whole. `failed`: no credential got as far as a look at its targets (store,
 * ledger or cluster are away, or deny); one of several that fails slows nobody down. `contended`: another runner
 * of this site wrote first; what it left is looked at again soon.
 */
export type TickVerdict = "good" | "contended" | "failed";

const goodEnds: ReadonlySet<string> = new Set(["served", "nothing", "idle", "deadline"]);

export function verdictOf({ runs }: Pick<TickResult, "runs">): TickVerdict {
  if (runs.some(({ outcome }) => outcome.end === "lost-race" || outcome.end === "busy")) return "contended";
  const good = runs.some(({ role, outcome }) => {
    if (goodEnds.has(outcome.end)) return true;
    return outcome.end === "waiting" && (role === "home" || ("report" in outcome && outcome.report !== null));
  });
  return good || runs.length === 0 ? "good" : "failed";
}

export const pauseMsMin = 1_000;
export const backOffMsMax = 600_000;
const contendedMsMax = 5_000;
const newsGapMsMax = 60_000;
/** Agents that were started together do not ask together. */
const jitterShare = 0.1;

export interface PaceInput {
  readonly verdict: TickVerdict;
  /** Ticks in a row that failed, this one included. */
  readonly failuresInRow: number;
  /** Until the time that the tick itself asked for. */
  readonly wantedMs: number;
  /** From 0 to 1. */
  readonly random: number;
}

/** Pause until the next scheduled tick: as asked, soon after a lost race, doubling up to ten minutes while all fails. */
export function pauseMsOf({ verdict, failuresInRow, wantedMs, random }: PaceInput): number {
  const asked = Math.max(pauseMsMin, wantedMs);
  if (verdict === "contended") return pauseMsMin + random * (contendedMsMax - pauseMsMin);
  const doubled = verdict === "failed" ? asked * 2 ** Math.min(failuresInRow - 1, 20) : asked;
  const pause = Math.min(doubled, Math.max(asked, backOffMsMax));
  return Math.max(pauseMsMin, Math.round(pause * (1 - jitterShare + 2 * jitterShare * random)));
}

/** News wakes the agent at once; while all fails, not more often than this after the last tick. */
export function newsGapMsOf(failuresInRow: number): number {
  return failuresInRow === 0 ? 0 : Math.min(pauseMsMin * 2 ** Math.min(failuresInRow, 20), newsGapMsMax);
}

/** From 0 to 1. */
export function randomOf(entropy: Entropy): number {
  return Number.parseInt(entropy.hex(4), 16) / 0xffffffff;
}
