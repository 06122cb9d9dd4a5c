import type { Move } from "./budget.ts";
import { forEachMove } from "./moves.ts";
import type { Plan } from "./plan.ts";
import { Progress } from "./progress.ts";
import { Promises } from "./promises.ts";
import { Space } from "./space.ts";
import { Numbers, Rows } from "./tables.ts";

export interface Bounds {
  readonly statesMax: number;
  readonly secondsMax: number;
  /** Of the whole process. */
  readonly memoryMiBMax: number;
  /** Progress is judged from every state whose number is a multiple of this. */
  readonly progressEvery: number;
  /** The clock that `secondsMax` goes by. */
  readonly nowMs: () => number;
}

/** The shortest way into something that must not be: the labels of its transitions, from the beginning. */
export interface Counterexample {
  readonly world: string;
  readonly moves: readonly string[];
  readonly broken: readonly string[];
}

export interface SearchResult {
  readonly plan: Plan;
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly seconds: number;
  /** Null: searched to the end; else what bounded it. */
  readonly boundedBy: "states" | "seconds" | "memory" | null;
  /** Different calls against different states, each made by the shipped code. */
  readonly steps: number;
  /** Different outsides from which progress was judged, and the most rounds that one needed. */
  readonly progressJudged: number;
  readonly roundsSeenMax: number;
  readonly counterexample: Counterexample | null;
}

/** Breadth-first over every interleaving of one world. */
export function search(plan: Plan, bounds: Bounds): SearchResult {
  return new Search(plan, bounds).run();
}

class Search {
  readonly #plan: Plan;
  readonly #bounds: Bounds;
  readonly #space: Space;
  readonly #promises: Promises;
  readonly #progress: Progress;
  readonly #rows: Rows;
  readonly #parents = new Numbers();
  /** Which transition of its parent led here, counted as `forEachMove` tells them. */
  readonly #ordinals = new Numbers();
  readonly #depths = new Numbers();
  #transitions = 0;
  #found: Counterexample | null = null;

  constructor(plan: Plan, bounds: Bounds) {
    this.#plan = plan;
    this.#bounds = bounds;
    this.#space = new Space(plan);
    this.#promises = new Promises(this.#space);
    this.#progress = new Progress(this.#space);
    this.#rows = new Rows(this.#space.layout.width);
  }

  run(): SearchResult {
    const { nowMs } = this.#bounds;
    const startedMs = nowMs();
    let boundedBy: SearchResult["boundedBy"] = null;
    this.#enter(this.#space.start, -1, 0);
    for (let index = 0; index < this.#rows.count && this.#found === null; index += 1) {
      boundedBy = this.#bound(index, startedMs);
      if (boundedBy !== null) break;
      this.#expand(index);
    }
    return {
      plan: this.#plan,
      states: this.#rows.count,
      transitions: this.#transitions,
      depth: this.#depths.at(this.#rows.count - 1),
      seconds: (nowMs() - startedMs) / 1000,
      boundedBy,
      steps: this.#space.stepsMade,
      progressJudged: this.#progress.judged,
      roundsSeenMax: this.#progress.roundsSeenMax,
      counterexample: this.#found,
    };
  }

  #bound(index: number, startedMs: number): SearchResult["boundedBy"] {
    const { statesMax, secondsMax, memoryMiBMax, nowMs } = this.#bounds;
    if (this.#rows.count >= statesMax) return "states";
    if (index % 256 === 0 && nowMs() - startedMs > secondsMax * 1000) return "seconds";
    return index % 4096 === 0 && process.memoryUsage.rss() > memoryMiBMax * 2 ** 20 ? "memory" : null;
  }

  #expand(index: number): void {
    const row = this.#rows.get(index);
    let ordinal = 0;
    forEachMove(this.#space, row, (move, next) => {
      if (this.#found !== null) return;
      this.#transitions += 1;
      const broken = [
        ...(move.broken === null ? [] : [move.broken]),
        ...this.#promises.check(row, next, move.restores),
      ];
      if (broken.length > 0) this.#report(index, move, broken);
      else this.#enter(next, index, ordinal, move);
      ordinal += 1;
    });
  }

  #enter(row: Int32Array, parent: number, ordinal: number, move?: Move): void {
    const { index, isNew } = this.#rows.add(row);
    if (!isNew) return;
    this.#parents.push(parent);
    this.#ordinals.push(ordinal);
    this.#depths.push(parent < 0 ? 0 : this.#depths.at(parent) + 1);
    if (index % this.#bounds.progressEvery !== 0) return;
    const broken = this.#progress.check(row);
    if (broken.length > 0) this.#report(parent, move, broken);
  }

  #report(index: number, last: Move | undefined, broken: readonly string[]): void {
    const moves: string[] = last === undefined ? [] : [last.label()];
    for (let i = index; this.#parents.at(i) >= 0; i = this.#parents.at(i)) moves.push(this.#labelInto(i));
    this.#found = { world: this.#plan.name, moves: moves.reverse(), broken };
  }

  #labelInto(index: number): string {
    let ordinal = 0;
    let label = "";
    forEachMove(this.#space, this.#rows.get(this.#parents.at(index)), (move) => {
      if (ordinal === this.#ordinals.at(index)) label = move.label();
      ordinal += 1;
    });
    return label;
  }
}
