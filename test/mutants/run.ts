import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import type { Mutant } from "./mutants.ts";
import { editsPlugin } from "./plugin.ts";

export interface Found {
  readonly seed: number;
  /** Histories that it took. */
  readonly after: number;
  /** The promise that broke first. */
  readonly broken: string;
}

/** Builds the simulation with the mutant's edits and runs it until a promise breaks; null: none did. */
export async function findMutant(mutant: Mutant, firstSeed: number): Promise<Found | null> {
  const folder = await mkdtemp(join(tmpdir(), "capstan-mutant-"));
  try {
    const outfile = join(folder, "run.mjs");
    await build({
      entryPoints: [fileURLToPath(new URL("./run-child.ts", import.meta.url))],
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node22",
      logLevel: "silent",
      outfile,
      plugins: [editsPlugin(mutant.edits)],
    });
    return await inWorker(outfile, { firstSeed, histories: mutant.histories });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function inWorker(file: string, workerData: object): Promise<Found | null> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(file, { workerData });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}
