import { homeLedger } from "../simulation/checkers.ts";
import type { Move } from "./budget.ts";
import { at } from "./layout.ts";
import { forEachMove } from "./moves.ts";
import type { Plan } from "./plan.ts";
import { Progress } from "./progress.ts";
import { Promises } from "./promises.ts";
import type { Counterexample } from "./search.ts";
import { Space } from "./space.ts";
import { inWords } from "./words.ts";

export interface Told {
  readonly lines: readonly string[];
  /** What the last transition, or the rest after it, broke. */
  readonly broken: readonly string[];
}

/** Makes the transitions of a counterexample again and tells them. Throws where one of them is not possible any more. */
export function replay(plan: Plan, { moves }: Pick<Counterexample, "moves">): Told {
  const space = new Space(plan);
  const promises = new Promises(space);
  const lines = [`0. ${plan.about}`, `   ${outsideOf(space, space.start)}`];
  let row = space.start;
  const broken: string[] = [];
  for (const [i, label] of moves.entries()) {
    const before = row;
    const [move, after] = moveCalled(space, before, label, i + 1);
    row = after;
    lines.push(`${i + 1}. ${inWords(label)}`);
    if (before.slice(0, space.layout.outside).some((part, place) => part !== after[place]))
      lines.push(`   ${outsideOf(space, after)}`);
    if (move.broken !== null) broken.push(move.broken);
    broken.push(...promises.check(before, after, move.restores));
  }
  if (broken.length === 0) broken.push(...new Progress(space).check(row));
  return { lines, broken };
}

function moveCalled(space: Space, row: Int32Array, label: string, number: number): readonly [Move, Int32Array] {
  let found: readonly [Move, Int32Array] | null = null;
  const possible: string[] = [];
  forEachMove(space, row, (move, next) => {
    const name = move.label();
    possible.push(name);
    if (name === label) found = [move, next.slice()];
  });
  if (found === null)
    throw new Error(`step ${number}, "${label}", is not possible here; possible are: ${possible.join(" | ")}`);
  return found;
}

/** One line: ledger, robots, stores, targets. */
function outsideOf(space: Space, row: Int32Array): string {
  space.put(row);
  const { world } = space.bench;
  const ledger = homeLedger(world);
  const robots = world.registry.state.robots.map(({ name }) => name.replace("platform-pull-", ""));
  const stores = Object.entries(space.layout.stores).map(([site, place]) => {
    const name = space.stores.valueOf(at(row, place)).names["platform-pull"];
    const current = name?.versions.find((version) => version.versionId === name.current);
    return `${site} ${current === undefined ? "empty" : `epoch ${current.tag.epoch}`}`;
  });
  const targets = Object.entries(space.layout.clusters).flatMap(([cluster, place]) =>
    Object.values(space.clusters.valueOf(at(row, place)).secrets).map((secret) => {
      const mark = Object.values(secret.annotations)[0]?.split(".").at(-1);
      return `${cluster}/${secret.namespace} ${mark === undefined ? "empty" : `epoch ${mark}`}`;
    }),
  );
  const told =
    ledger === null
      ? "no ledger"
      : [
          `epoch ${ledger.epoch}`,
          ledger.current === null ? "nothing current" : `g${ledger.current.generation} current`,
          ...(ledger.next === null ? [] : [`g${ledger.next.generation} ${ledger.next.state}`]),
          ...ledger.replaced.map((record) => `g${record.generation} ${record.state}`),
          ...(ledger.round === null ? [] : ["round"]),
        ].join(", ");
  const minutes = at(row, space.layout.minutes);
  return `[${minutes} min] ledger: ${told} · robots: ${robots.join(", ") || "none"} · stores: ${stores.join(", ")} · targets: ${targets.join(", ") || "none"}`;
}
