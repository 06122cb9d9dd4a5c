import { parentPort } from "node:worker_threads";
import type { Aim } from "./history.ts";
import { runMany } from "./many.ts";

interface Batch {
  readonly histories: number;
  readonly firstSeed: number;
  readonly aim: Aim;
}

/** One worker of the pool: runs the batch of seeds that it is given, and asks for the next one by answering. */
parentPort?.on("message", ({ histories, firstSeed, aim }: Batch) => {
  parentPort?.postMessage(runMany(histories, firstSeed, undefined, aim));
});
