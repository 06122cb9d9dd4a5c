#!/usr/bin/env node
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { refuseOldNode } from "../../cli/node-version.ts";
import type { CloudName } from "../facts.ts";

const refusal = refuseOldNode(process.versions.node);
if (refusal !== null) {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 1;
} else {
  process.exitCode = await main(process.argv.slice(2));
}

async function main(argv: readonly string[]): Promise<number> {
  const { DemoUsageError, demoHelp, readDemoOptions } = await import("./options.ts");
  const { demoFaults } = await import("./faults.ts");
  let options: ReturnType<typeof readDemoOptions>;
  try {
    options = readDemoOptions(argv);
  } catch (error) {
    if (!(error instanceof DemoUsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 64;
  }
  if (options === "help") return print([demoHelp]);
  if (options === "list-faults")
    return print(
      demoFaults.map(
        ({ name, line, only }) =>
          `${name.padEnd(24)}${line}${only === undefined ? "" : ` (with --strategy ${only} only: it refreshes robots)`}`,
      ),
    );
  const { DemoFailure } = await import("./failure.ts");
  const { runDemo } = await import("./run.ts");
  const { renderReport } = await import("./report.ts");
  const { json } = options;
  try {
    const report = await runDemo({
      options,
      bundles: await bundles(),
      say: (line) => (json ? process.stderr : process.stdout).write(`${line}\n`),
    });
    print(json ? [JSON.stringify(report)] : renderReport(report));
    return report.failedPulls === 0 && report.broken.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof DemoFailure)) throw error;
    process.stderr.write(`${error.logs.join("\n")}\n${error.message}\n`);
    return 1;
  }
}

function print(lines: readonly string[]): number {
  process.stdout.write(`${lines.join("\n")}\n`);
  return 0;
}

/** The built bundles; built now where they are not. */
async function bundles(): Promise<Record<CloudName, string>> {
  const folder = process.env["CAPSTAN_DEMO_BUNDLES"] ?? fileURLToPath(new URL("../../../dist", import.meta.url));
  const paths = { aws: `${folder}/aws/index.mjs`, azure: `${folder}/azure/index.mjs`, gcp: `${folder}/gcp/index.mjs` };
  if (Object.values(paths).every((path) => existsSync(path))) return paths;
  throw new Error(`no bundles in ${folder}: run \`npm run build\` first`);
}
