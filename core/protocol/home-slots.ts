import { inSlot, isRefreshedOver, mayTake } from "./fixed.ts";
import { holdersOf } from "./home-expiry.ts";
import { markOf } from "./home-judge.ts";
import { isExpired } from "./home-records.ts";
import { type LedgerState, type Problem, robotsSeen } from "./home-state.ts";
import { type Slot, slotName, slotOfName, slots } from "./mark.ts";
import type { Instant, NextGeneration, Replaced } from "./state.ts";

/** The fixed robot that a next generation is to be made of. */
export interface Place {
  readonly slot: Slot;
  /** What is not gone from it yet, and is ended by the refresh; null: it is idle. */
  readonly taken: Replaced | null;
}

/** Never the robot in use. A text: every other one is still a generation's, and this reason can wait for its end. */
export function placeFor(state: LedgerState, reason: NextGeneration["reason"], at: Instant): Place | string {
  const { ledger, settings } = state;
  const { credential } = settings;
  if (settings.madeOf.strategy === "in-place") return theOne(state);
  const holderOf = (slot: Slot) =>
    [ledger.current, ...ledger.replaced].find((one) => one && slotOfName(credential, one.robot.username) === slot);
  const idle = slots.find((slot) => holderOf(slot) === undefined);
  if (idle !== undefined) return { slot: idle, taken: null };
  const records = ledger.replaced.filter((record) => inSlot(credential, record));
  const [first] = [...records].sort((a, b) => a.epoch - b.epoch || a.generation - b.generation);
  const slot = first && slotOfName(credential, first.robot.username);
  if (!first || !slot) return "no robot of a fixed name is free";
  if (isExpired(first, at) || mayTake(reason)) return { slot, taken: first };
  return `the idle robot ${first.robot.username} still is generation ${first.generation}, ${first.state}: the next one begins when it is gone`;
}

/** `in-place`: the robot in use; where none is (the first generation, after a rebuild), the one of the last, else `a`. */
function theOne({ ledger, settings }: LedgerState): Place {
  const { credential } = settings;
  const slotOf = (one: { readonly robot: { readonly username: string } } | null | undefined) =>
    one ? slotOfName(credential, one.robot.username) : null;
  const current = slotOf(ledger.current);
  if (current !== null) return { slot: current, taken: null };
  const alive = ledger.replaced.filter((record) => slotOf(record) !== null && !isRefreshedOver(record));
  const taken = alive.sort((a, b) => b.generation - a.generation)[0] ?? null;
  return { slot: slotOf(taken) ?? "a", taken };
}

/** It is there and ours, by its mark. */
export function robotIn(state: LedgerState, slot: Slot) {
  return robotsSeen(state).find((robot) => markOf(state, robot)?.slot === slot);
}

/** A robot of that name is there, and its mark is not ours: nothing is made beside it. */
export function nameTaken(state: LedgerState, slot: Slot): boolean {
  const name = slotName(state.settings.credential, slot);
  return robotsSeen(state).some((robot) => robot.username.endsWith(name) && markOf(state, robot) === null);
}

/** Who is cut off by it, named before it is done. */
export function takenProblem(state: LedgerState, taken: Replaced): Problem {
  const holders = holdersOf(state, taken);
  const where = holders.length === 0 ? "nobody is known to hold it" : `pulls fail at ${holders.join(", ")}`;
  return {
    code: "robot-taken",
    text: `robot ${taken.robot.username} is taken from generation ${taken.generation}, which is not gone yet: ${where} until the next one is served`,
    blocks: false,
  };
}
