import { parentPort, workerData } from "node:worker_threads";
import { search } from "../search/search.ts";
import { replay } from "../search/story.ts";
import { worldCalled } from "../search/worlds/index.ts";
import { runSafely } from "../simulation/many.ts";
import { storyCalled } from "../simulation/stories.ts";
import type { Hunt } from "./mutant.ts";

/** What became of a mutant. */
export interface Found {
  readonly where: string;
  /** The promise that broke first. */
  readonly broken: string;
  /** The way into it, in the order in which things happened. */
  readonly trace: readonly string[];
  /** Of a history. */
  readonly seed: number | null;
}

/** A broken product may search for ever: it must be found within these. */
const bounds = {
  statesMax: 400_000,
  secondsMax: 60,
  memoryMiBMax: 1_024,
  progressEvery: 1,
  nowMs: () => performance.now(),
};

function hunt(how: Hunt): Found | null {
  if (how.by === "search") {
    const plan = worldCalled(how.world);
    const { counterexample, states } = search(plan, bounds);
    if (counterexample === null) return null;
    const { lines } = replay(plan, counterexample);
    return {
      where: `world ${how.world}, ${states} states`,
      broken: counterexample.broken[0] ?? "",
      trace: lines,
      seed: null,
    };
  }
  if (how.by === "story") {
    const { broken, lines } = storyCalled(how.name).tell();
    return broken[0] === undefined ? null : { where: `story ${how.name}`, broken: broken[0], trace: lines, seed: null };
  }
  for (let seed = 1; seed <= how.histories; seed += 1) {
    const [broken] = runSafely(seed, false, how.aim).broken;
    if (broken === undefined) continue;
    const { story } = runSafely(seed, true, how.aim);
    return { where: `history ${seed} of ${how.histories}`, broken: broken.split("\n")[0] ?? "", trace: story, seed };
  }
  return null;
}

parentPort?.postMessage(hunt(workerData as Hunt));
