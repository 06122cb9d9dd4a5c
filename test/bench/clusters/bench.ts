import { writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { plot } from "./plot.ts";
import { shippedFlags } from "./product.ts";
import { measureReal, type RealRun } from "./real.ts";
import { realTable, sizesTable } from "./report.ts";
import { measureSize, type SizeRun } from "./sizes.ts";

export interface ClustersOptions {
  readonly clusters: number;
  readonly namespaces: number;
  readonly rounds: number;
  readonly sizes: readonly number[];
  readonly only: "real" | "sandbox" | null;
  /** Folder of the report; null: none is written. */
  readonly out: string | null;
}

/** Measures, prints the table, and writes it with its plot. */
export async function benchClusters(options: ClustersOptions): Promise<void> {
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const print = (text: string) => process.stdout.write(`${text}\n`);
  const loadBefore = loadavg()[0] ?? 0;
  let real: RealRun | null = null;
  if (options.only !== "sandbox") {
    const measured = await measureReal({ ...options, say });
    if (typeof measured === "string") print(`real kube-apiserver: skipped: ${measured}\n`);
    else real = measured;
  }
  const sizes: SizeRun[] = [];
  if (options.only !== "real") {
    for (const targets of options.sizes) {
      say(`sandbox: ${targets} targets`);
      sizes.push(await measureSize(targets, options.clusters));
    }
  }
  const [first] = cpus();
  const machine = `${cpus().length} × ${first?.model.trim() ?? "unknown CPU"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, load ${loadBefore.toFixed(1)} before it began; servers, runner and raw loop share it. The runner under \`NODE_OPTIONS="${shippedFlags()}"\`, as serverless.yml sets them.`;
  const tables = [...(real === null ? [] : [...realTable(real), ""]), ...(sizes.length === 0 ? [] : sizesTable(sizes))];
  const text = `# Clusters\n\nWritten by \`npm run bench -- clusters\` on ${new Date().toISOString().slice(0, 10)}.\n${machine}\n\n${tables.join("\n").trimEnd()}\n\n![plot](clusters.svg)\n`;
  print(text);
  if (options.out === null) return;
  writeFileSync(join(options.out, "clusters.md"), text);
  writeFileSync(join(options.out, "clusters.svg"), plot(real, sizes));
}
