import type { PortCall } from "../../core/engine/calls.ts";
import { type Emit, faultsLeft, sortRunners } from "./budget.ts";
import { noteEcho } from "./echoes.ts";
import { at } from "./layout.ts";
import { keepPast } from "./pasts.ts";
import { freeRevision } from "./revisions.ts";
import type { How, Space } from "./space.ts";

export interface Delivery {
  readonly runner: number;
  readonly id: number;
  readonly i: number;
  readonly call: PortCall;
  readonly how: How;
  /** State of the part against which the call is made. */
  readonly part: number;
}

/** `next` holds the faults already; the step's effect and reply are added. */
export function stepInto(
  space: Space,
  row: Int32Array,
  next: Int32Array,
  { runner, id, i, call, how, part }: Delivery,
  label: () => string,
  emit: Emit,
): void {
  const step = space.step(id, i, part, at(row, space.layout.minutes), how, freeRevision(space, row, call));
  const place = space.partOf(call);
  next[runner] = step.process;
  if (how === "fine" || how === "lost-reply") {
    next[place] = step.part;
    if (call.call === "ledger.save" && step.part !== part) noteEcho(space, next, call.on);
    const past = space.layout.past[call.on];
    const readersSee = call.call === "store.flip" || call.call === "store.writeRound";
    if (past !== undefined && readersSee && step.part !== part && faultsLeft(space, next, "stale") > 0)
      next[past] = part;
    if (call.call === "ledger.save" && step.part !== part && faultsLeft(space, next, "stale-ledger") > 0)
      keepPast(space, next, call, part);
  }
  sortRunners(space, next);
  emit({ label, broken: step.broken, restores: false }, next);
}
