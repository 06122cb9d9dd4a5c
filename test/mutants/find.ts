import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import type { Found } from "./child.ts";
import { editsPlugin } from "./edits.ts";
import type { Mutant } from "./mutant.ts";

/** Builds search and simulation with the mutant's edits, and hunts until a promise breaks; null: none did. */
export async function findMutant({ edits, hunt }: Pick<Mutant, "edits" | "hunt">): Promise<Found | null> {
  const folder = await mkdtemp(join(tmpdir(), "capstan-mutant-"));
  try {
    const outfile = join(folder, "child.mjs");
    await build({
      entryPoints: [fileURLToPath(new URL("./child.ts", import.meta.url))],
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node22",
      logLevel: "silent",
      outfile,
      plugins: [editsPlugin(edits)],
    });
    return await new Promise((resolve, reject) => {
      const worker = new Worker(outfile, { workerData: hunt });
      worker.once("message", resolve);
      worker.once("error", reject);
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
