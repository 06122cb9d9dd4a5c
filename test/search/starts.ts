import { homeLedger } from "../simulation/checkers.ts";
import { type Emit, faultsLeft, sortRunners, withFault } from "./budget.ts";
import { at } from "./layout.ts";
import { named, type Space } from "./space.ts";

const plain = { broken: null, restores: false } as const;

/** A tick begins where a runner is free: by itself, told by the event, or by an operator. */
export function startMoves(space: Space, row: Int32Array, next: Int32Array, emit: Emit): void {
  const { layout, plan } = space;
  const free = layout.runners.find((runner) => at(row, runner) === 0);
  if (free === undefined) return;
  for (const site of plan.sites) {
    const ticks = at(row, layout.ticks[site]);
    const limit = (plan.ticks[site] ?? 0) + at(space.start, layout.ticks[site]);
    if (ticks >= limit) continue;
    const start = (act: Parameters<Space["begin"]>[2], text: string) => {
      next[free] = space.begin(site, ticks + 1, act, row);
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
