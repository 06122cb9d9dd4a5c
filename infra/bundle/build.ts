import { resolve } from "node:path";
import { bundle } from "./bundle.ts";
import { bundleTargets } from "./targets.ts";

// `npm run build`: all artefacts into dist/, or into the folder given.
const outFolder = resolve(process.argv[2] ?? "dist");
for (const target of bundleTargets) {
  const sizeBytes = await bundle(target, outFolder);
  process.stdout.write(`${target.outFile.padEnd(18)} ${(sizeBytes / 1024).toFixed(0).padStart(6)} KiB\n`);
}
