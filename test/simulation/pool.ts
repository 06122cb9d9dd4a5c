import { Worker } from "node:worker_threads";
import type { Aim } from "./history.ts";
import { addRuns, type ManyResult, nothingRun } from "./many.ts";

export interface PoolOptions {
  readonly histories: number;
  readonly firstSeed: number;
  readonly workers: number;
  readonly brokenMax?: number;
  /** What is not left to the seeds. */
  readonly aim?: Aim;
  /** No batch is begun after this moment of `performance.now()`. */
  readonly untilMs?: number;
}

/** Small enough that no worker is left with a long rest, large enough that messages do not count. */
const batchMax = 50;

/** Runs histories of consecutive seeds on several cores. What a seed comes to does not depend on them. */
export async function runPool(options: PoolOptions): Promise<ManyResult & { readonly wallMs: number }> {
  const { histories, firstSeed, brokenMax = 5, aim = {}, untilMs = Number.POSITIVE_INFINITY } = options;
  const startedMs = performance.now();
  let sum = nothingRun;
  let given = 0;
  const nextBatch = () => {
    const left = histories - given;
    if (left <= 0 || sum.broken.length >= brokenMax || performance.now() > untilMs) return null;
    const batch = { histories: Math.min(batchMax, left), firstSeed: firstSeed + given };
    given += batch.histories;
    return batch;
  };
  const work = () =>
    new Promise<void>((resolve, reject) => {
      const first = nextBatch();
      if (first === null) return resolve();
      const worker = new Worker(new URL("./pool-child.ts", import.meta.url));
      worker.on("error", reject);
      worker.on("message", (result: ManyResult) => {
        sum = addRuns(sum, result);
        const next = nextBatch();
        if (next === null) void worker.terminate().then(() => resolve(), reject);
        else worker.postMessage({ ...next, aim });
      });
      worker.postMessage({ ...first, aim });
    });
  await Promise.all(Array.from({ length: options.workers }, work));
  const broken = sum.broken.toSorted((a, b) => a.seed - b.seed).slice(0, brokenMax);
  return { ...sum, broken, wallMs: performance.now() - startedMs };
}
