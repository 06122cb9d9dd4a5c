import { parentPort, workerData } from "node:worker_threads";
import { runSafely } from "../simulation/many.ts";

/** What the worker of a broken product is given. */
interface Order {
  readonly firstSeed: number;
  readonly histories: number;
}

/** Answers with the first broken history, or with null. */
function firstBroken({ firstSeed, histories }: Order) {
  for (let seed = firstSeed; seed < firstSeed + histories; seed += 1) {
    const { broken } = runSafely(seed);
    if (broken.length > 0) return { seed, after: seed - firstSeed + 1, broken: broken[0]?.split("\n")[0] ?? "" };
  }
  return null;
}

parentPort?.postMessage(firstBroken(workerData as Order));
