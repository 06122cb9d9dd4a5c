import type { PortCall } from "../../core/engine/calls.ts";
import { type Emit, faultsLeft, sortRunners, withFault } from "./budget.ts";
import { stepInto } from "./deliveries.ts";
import { at } from "./layout.ts";
import { outsideMoves } from "./outside-moves.ts";
import { pastOf } from "./pasts.ts";
import { isWrite, type Process } from "./process.ts";
import type { How, Space } from "./space.ts";
import { startMoves } from "./starts.ts";

const plain = { broken: null, restores: false } as const;

/** Every transition out of a state. */
export function forEachMove(space: Space, row: Int32Array, emit: Emit): void {
  const next = new Int32Array(row.length);
  const runners = space.layout.runners.filter((runner) => at(row, runner) !== 0);
  const deleting = space.plan.promptDeletion
    ? runners.find((runner) => isDeleting(space.processes.valueOf(at(row, runner))))
    : undefined;
  for (const runner of deleting === undefined ? runners : [deleting])
    runnerMoves(space, row, next, runner, at(row, runner), emit);
  if (deleting !== undefined) return;
  lateMove(space, row, next, emit);
  startMoves(space, row, next, emit);
  space.plan.jumps.forEach((minutes, i) => {
    if ((at(row, space.layout.jumps) & (1 << i)) !== 0) return;
    next.set(row);
    next[space.layout.jumps] = at(row, space.layout.jumps) | (1 << i);
    next[space.layout.minutes] = at(row, space.layout.minutes) + minutes;
    emit({ ...plain, label: () => `${minutes} minutes pass` }, next);
  });
  outsideMoves(space, row, next, emit);
}

/** Within its last look at the ledgers, or about to delete. */
function isDeleting(process: Process): boolean {
  return process.calls.some(
    ({ id, call }) =>
      call.call === "registry.remove" || call.call === "registry.refresh" || /^load-(site:.*|ledger):\d+$/.test(id),
  );
}

/** Writes in any order; of the parallel reads the first in one order, unless the plan asks for all. */
function deliverable(space: Space, process: Process): readonly number[] {
  const all = process.calls.map((_, i) => i);
  if (space.plan.anyReadOrder) return all;
  const isRead = (i: number) => !isWrite((process.calls[i] as Process["calls"][number]).call);
  const firstRead = all.find(isRead);
  return all.filter((i) => !isRead(i) || i === firstRead);
}

function runnerMoves(space: Space, row: Int32Array, next: Int32Array, runner: number, id: number, emit: Emit): void {
  const process = space.processes.valueOf(id);
  for (const i of deliverable(space, process)) {
    const wanted = process.calls[i];
    if (wanted === undefined) continue;
    const { call } = wanted;
    const tell = (how: How) => () => `${process.name} ${process.runner?.kind} ${wanted.id}${howText[how]}`;
    const deliver = (how: How, part: number) =>
      stepInto(space, row, next, { runner, id, i, call, how, part }, tell(how), emit);
    const place = space.partOf(call);
    if (isCutOff(space, row, process, call)) {
      next.set(row);
      deliver("lost-request", 0);
      continue;
    }
    next.set(row);
    deliver("fine", at(row, place));
    if (faultsLeft(space, row, "lost") > 0) {
      withFault(space, row, next, "lost");
      deliver("lost-request", 0);
      if (isWrite(call)) {
        withFault(space, row, next, "lost");
        deliver("lost-reply", at(row, place));
      }
    }
    if (isWrite(call) && mayBeLate(space, row, call)) {
      withFault(space, row, next, "late");
      next[space.layout.late] = space.lateWrite(id, i);
      deliver("unheard", 0);
    }
    if (faultsLeft(space, row, "refused") > 0) {
      withFault(space, row, next, "refused");
      deliver("refused", 0);
    }
    const fromPast = pastOf(space, call);
    if (fromPast !== null && at(row, fromPast.place) !== 0 && faultsLeft(space, row, fromPast.fault) > 0) {
      withFault(space, row, next, fromPast.fault);
      deliver("stale", at(row, fromPast.place));
    }
  }
  if (faultsLeft(space, row, "crash") > 0) {
    withFault(space, row, next, "crash");
    next[runner] = 0;
    sortRunners(space, next);
    emit({ ...plain, label: () => `${process.name} crashes` }, next);
  }
}

/** The one write on its way arrives; nobody hears its answer. */
function lateMove(space: Space, row: Int32Array, next: Int32Array, emit: Emit): void {
  const { late } = space.layout;
  const id = at(row, late);
  if (id === 0) return;
  const process = space.processes.valueOf(id);
  const [wanted] = process.calls;
  if (wanted === undefined) throw new Error("a late write is a call");
  const { call } = wanted;
  const delivery = { runner: late, id, i: 0, call, how: "fine", part: at(row, space.partOf(call)) } as const;
  next.set(row);
  stepInto(space, row, next, delivery, () => `${process.name} late ${wanted.id} arrives`, emit);
}

/** What is assumed of deletions holds for their way, too. */
function mayBeLate(space: Space, row: Int32Array, call: PortCall): boolean {
  const isPrompt =
    space.plan.promptDeletion === true && (call.call === "registry.remove" || call.call === "registry.refresh");
  return !isPrompt && faultsLeft(space, row, "late") > 0 && at(row, space.layout.late) === 0;
}

const howText: Readonly<Record<How, string>> = {
  fine: "",
  "lost-reply": ", done, but the reply is lost",
  "lost-request": ", never arrives",
  unheard: ", no answer comes, it is still on its way",
  refused: ", refused",
  stale: ", answered from the past",
};

/** Between home and a site that went dark nothing arrives any more; the site itself may live on. */
function isCutOff(space: Space, row: Int32Array, process: Process, call: PortCall): boolean {
  const darkSite = space.plan.sites.at(-1);
  return at(row, space.layout.dark) === 1 && process.site !== darkSite && call.on === darkSite;
}
