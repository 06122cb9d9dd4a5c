import { parentPort } from "node:worker_threads";
import { runMany } from "./many.ts";

/** One worker of the pool: runs the batch of seeds that it is given, and asks for the next one by answering. */
parentPort?.on("message", ({ histories, firstSeed }: { readonly histories: number; readonly firstSeed: number }) => {
  parentPort?.postMessage(runMany(histories, firstSeed));
});
