import { at } from "./layout.ts";
import type { Fault } from "./plan.ts";
import type { Space } from "./space.ts";

/** One transition out of a state. `label` names it within that state, in words; a replay goes by it. */
export interface Move {
  readonly label: () => string;
  /** What the step itself broke; null: nothing. */
  readonly broken: string | null;
  /** Something of the outside was put back: epochs may fall in this step. */
  readonly restores: boolean;
}

/** Told of every transition; `next` is used again for the next one, so whoever keeps it copies it. */
export type Emit = (move: Move, next: Int32Array) => void;

/** How often a fault may still happen. */
export function faultsLeft(space: Space, row: Int32Array, fault: Fault): number {
  const { plan, layout } = space;
  const max = plan.faults[fault];
  if (max === undefined) return 0;
  return Math.min(max - at(row, layout.faults[fault]), plan.faultsMax - at(row, layout.faultsAll));
}

/** `next` becomes `row` with one more fault in it. */
export function withFault(space: Space, row: Int32Array, next: Int32Array, fault: Fault): void {
  const { faults, faultsAll, past, pastLedgers } = space.layout;
  next.set(row);
  const own = faults[fault];
  if (own === undefined) throw new Error(`no ${fault} in this world`);
  next[own] = at(row, own) + 1;
  next[faultsAll] = at(row, faultsAll) + 1;
  // What was and can come back no more is forgotten, so that equal states are one.
  if (faultsLeft(space, next, "restored-ledger") <= 0) next[space.layout.copy] = 0;
  if (faultsLeft(space, next, "stale") <= 0) for (const i of Object.values(past)) next[i] = 0;
  if (faultsLeft(space, next, "stale-ledger") <= 0) for (const i of Object.values(pastLedgers)) next[i] = 0;
}

/** Runners are told apart by what they are, not by where they stand. */
export function sortRunners(space: Space, row: Int32Array): void {
  const [first] = space.layout.runners;
  if (first !== undefined) row.subarray(first, first + space.layout.runners.length).sort();
}
