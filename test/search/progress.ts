import type { HomeOutcome } from "../../core/protocol/home-state.ts";
import { unfinished } from "../simulation/checkers.ts";
import { at } from "./layout.ts";
import { drainMinutes } from "./plan.ts";
import type { Space } from "./space.ts";

/** Fault-free rounds (home's tick, then each replica's, then the length of a drain) within which a world must rest. */
export const roundsMax = 16;

/** Numbers of the ticks after the storm; no search starts so many. */
const firstTick = 1_000;

/** Promises 3, 4 and 7: every runner dies here, faults stop, and ticks come one after another. */
export class Progress {
  readonly #space: Space;
  /** Outside of a state → rounds to rest from there. */
  readonly #known = new Map<string, number>();
  roundsSeenMax = 0;

  constructor(space: Space) {
    this.#space = space;
  }

  get judged(): number {
    return this.#known.size;
  }

  /** Empty: it comes to rest. */
  check(row: Int32Array): readonly string[] {
    const { layout } = this.#space;
    const here = row.slice(0, layout.outside);
    this.#giveRightsBack(here);
    const passed: string[] = [];
    let home: HomeOutcome | null = null;
    let left: readonly string[] = [];
    for (let round = 0; round <= roundsMax; round += 1) {
      const key = here.join(" ");
      const known = this.#known.get(key);
      left = known === undefined ? this.#left(here, home) : [];
      if (left.length === 0) {
        if (known === undefined) this.#known.set(key, 0);
        return this.#learn(passed, known ?? 0);
      }
      passed.push(key);
      home = this.#round(here, firstTick + round);
      here[layout.minutes] = at(here, layout.minutes) + drainMinutes;
    }
    return left.map((text) => `after ${roundsMax} rounds without faults: ${text}`);
  }

  #giveRightsBack(here: Int32Array): void {
    const { plan, layout, registries } = this.#space;
    if (plan.strategy !== "auto") return;
    const state = registries.valueOf(at(here, layout.registry));
    here[layout.registry] = registries.idOf({ ...state, issuer: { ...state.issuer, permissions: null } });
  }

  #learn(passed: readonly string[], rest: number): readonly string[] {
    passed.forEach((key, i) => {
      this.#known.set(key, rest + passed.length - i);
    });
    const rounds = rest + passed.length;
    this.roundsSeenMax = Math.max(this.roundsSeenMax, rounds);
    return rounds > roundsMax ? [`promise 7: ${rounds} rounds without faults until rest`] : [];
  }

  #left(here: Int32Array, home: HomeOutcome | null): readonly string[] {
    const { plan, bench } = this.#space;
    if (home === null) return ["no round yet"];
    if (plan.rest === "idle-or-stopped" && home.problems.some(({ code }) => code === "ledger-behind-again")) return [];
    this.#space.put(here);
    const left = unfinished(bench.world);
    if (plan.rest === "idle-but-dark" && at(here, this.#space.layout.dark) === 1)
      return left.filter((text) => !this.#heldByDark(text));
    return home.end === "idle" || left.length > 0 ? left : [`promise 7: home says ${home.end}`];
  }

  /** A dark site keeps its own targets and its store, and with them the generations that they may hold. */
  #heldByDark(text: string): boolean {
    const { plan } = this.#space;
    const dark = plan.sites.at(-1);
    const clusters = Object.entries(plan.clusters).flatMap(([name, site]) => (site === dark ? [name] : []));
    return (
      text.startsWith(`promise 7: the store of ${dark}`) ||
      clusters.some((name) => text.startsWith(`promise 7: ${name}/`)) ||
      /^promise 4: generation \d+ is still (held|draining|retiring)$/.test(text) ||
      text.startsWith("promise 3:")
    );
  }

  #round(here: Int32Array, tick: number): HomeOutcome | null {
    const space = this.#space;
    let home: HomeOutcome | null = null;
    for (const site of space.plan.sites) {
      const isDark = at(here, space.layout.dark) === 1 && site === space.plan.sites.at(-1);
      if (!isDark) home = this.#run(here, site, tick) ?? home;
    }
    return home;
  }

  /** One tick to its end, its calls answered one after another. */
  #run(here: Int32Array, site: string, tick: number): HomeOutcome | null {
    const space = this.#space;
    const minutes = at(here, space.layout.minutes);
    let home: HomeOutcome | null = null;
    let process = space.begin(site, tick, null, here);
    while (process !== 0) {
      const { name, site: on, calls } = space.processes.valueOf(process);
      const [wanted] = calls;
      if (wanted === undefined) throw new Error(`${name} hangs`);
      const darkSite = space.plan.sites.at(-1);
      const isCutOff = at(here, space.layout.dark) === 1 && on !== darkSite && wanted.call.on === darkSite;
      const place = space.partOf(wanted.call);
      const step = space.step(process, 0, isCutOff ? 0 : at(here, place), minutes, isCutOff ? "lost-request" : "fine");
      if (step.broken !== null) throw new Error(step.broken);
      if (!isCutOff) here[place] = step.part;
      home = step.home ?? home;
      process = step.process;
    }
    return home;
  }
}
