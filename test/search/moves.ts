import type { PortCall } from "../../core/engine/calls.ts";
import { homeLedger } from "../simulation/checkers.ts";
import { type Emit, faultsLeft, sortRunners, withFault } from "./budget.ts";
import { noteEcho } from "./echoes.ts";
import { at } from "./layout.ts";
import { outsideMoves } from "./outside-moves.ts";
import { isWrite, type Process } from "./process.ts";
import { freeRevision } from "./revisions.ts";
import { type How, named, type Space } from "./space.ts";

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

/** Within its last look at the sites' ledgers, or about to delete. */
function isDeleting(process: Process): boolean {
  return process.calls.some(({ id, call }) => call.call === "registry.remove" || /^load-site:.*:\d+$/.test(id));
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
    const tell = (how: How) => () => `${process.name} ${process.runner.kind} ${wanted.id}${howText[how]}`;
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
    if (faultsLeft(space, row, "refused") > 0) {
      withFault(space, row, next, "refused");
      deliver("refused", 0);
    }
    const past =
      call.call === "store.readCurrent" || call.call === "store.readRound" ? space.layout.past[call.on] : undefined;
    if (past !== undefined && at(row, past) !== 0 && faultsLeft(space, row, "stale") > 0) {
      withFault(space, row, next, "stale");
      deliver("stale", at(row, past));
    }
  }
  if (faultsLeft(space, row, "crash") > 0) {
    withFault(space, row, next, "crash");
    next[runner] = 0;
    sortRunners(space, next);
    emit({ ...plain, label: () => `${process.name} crashes` }, next);
  }
}

const howText: Readonly<Record<How, string>> = {
  fine: "",
  "lost-reply": ", done, but the reply is lost",
  "lost-request": ", never arrives",
  refused: ", refused",
  stale: ", answered from the past",
};

/** Between home and a site that went dark nothing arrives any more; the site itself may live on. */
function isCutOff(space: Space, row: Int32Array, process: Process, call: PortCall): boolean {
  const darkSite = space.plan.sites.at(-1);
  return at(row, space.layout.dark) === 1 && process.site !== darkSite && call.on === darkSite;
}

interface Delivery {
  readonly runner: number;
  readonly id: number;
  readonly i: number;
  readonly call: PortCall;
  readonly how: How;
  /** State of the part against which the call is made. */
  readonly part: number;
}

/** `next` holds the faults already; the step's effect and reply are added. */
function stepInto(
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
  }
  sortRunners(space, next);
  emit({ label, broken: step.broken, restores: false }, next);
}

function startMoves(space: Space, row: Int32Array, next: Int32Array, emit: Emit): void {
  const { layout, plan } = space;
  const free = layout.runners.find((runner) => at(row, runner) === 0);
  if (free === undefined) return;
  for (const site of plan.sites) {
    const ticks = at(row, layout.ticks[site]);
    const limit = (plan.ticks[site] ?? 0) + at(space.start, layout.ticks[site]);
    if (ticks >= limit) continue;
    const start = (act: Parameters<Space["begin"]>[2], text: string) => {
      next[free] = space.begin(site, ticks + 1, act, at(row, layout.minutes));
      next[named(layout.ticks, site)] = ticks + 1;
      sortRunners(space, next);
      emit({ ...plain, label: () => `${site}#${ticks + 1} starts${text}` }, next);
    };
    next.set(row);
    start(null, "");
    if (site !== space.home) continue;
    if (plan.event !== undefined && at(row, layout.events) < plan.event.times) {
      next.set(row);
      next[layout.events] = at(row, layout.events) + 1;
      start(plan.event.act, `, told to ${plan.event.act.type}`);
    }
    if (faultsLeft(space, row, "roll-back") > 0) {
      withFault(space, row, next, "roll-back");
      start({ type: "roll-back", generation: null }, ", told to roll back");
    }
    if (faultsLeft(space, row, "revoke") > 0) {
      for (const generation of living(space, row)) {
        withFault(space, row, next, "revoke");
        start({ type: "revoke", generation, now: false }, `, told to revoke generation ${generation}`);
      }
    }
  }
}

/** Generations that an operator may name. */
function living(space: Space, row: Int32Array): readonly number[] {
  space.put(row);
  const ledger = homeLedger(space.bench.world);
  const all = [ledger?.current, ledger?.next, ...(ledger?.replaced ?? [])];
  return [...new Set(all.flatMap((one) => (one == null ? [] : [one.generation])))];
}
