import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bundle } from "../../infra/bundle/bundle.ts";
import { bundleTargets } from "../../infra/bundle/targets.ts";
import { freshSeed, program, wholeNumber } from "../options.ts";
import { type ChaosReport, runChaos } from "./chaos.ts";

interface Options {
  readonly kills: number;
  readonly seed: number;
  readonly json?: boolean;
}

function lines(report: ChaosReport): readonly string[] {
  const counts = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .map(([name, times]) => `${name} ${times}`)
      .join(", ");
  return [
    `kills        ${report.kills} (${counts(report.killsByCommand)})`,
    `  line       ${counts(report.killsByLine)}`,
    `  records    ${counts(report.killsByRecords)}`,
    `not killed   by exit code: ${counts(report.ends) || "none"}`,
    `promotions   ${report.promotions}`,
    `pulls        ${report.pulls}, failed ${report.failedPulls}`,
    `at the end   ${report.robotsLeft} robots, at rest after ${report.ticksToRest} ticks`,
    `time         ${(report.wallMs / 1000).toFixed(0)} s, seed ${report.seed}`,
    ...(report.broken.length === 0 ? ["everything held"] : report.broken.map((text) => `BROKEN ${text}`)),
  ];
}

const say = (line: string) => process.stderr.write(`${line}\n`);

async function run({ kills, seed, json }: Options): Promise<boolean> {
  say(`seed ${seed}`);
  const folder = mkdtempSync(join(tmpdir(), "capstan-chaos-"));
  try {
    const cli = bundleTargets.find(({ name }) => name === "cli");
    if (cli === undefined) throw new Error("no target cli");
    await bundle(cli, folder);
    const report = await runChaos({ kills, seed, entry: join(folder, cli.outFile), say });
    process.stdout.write(`${json ? JSON.stringify(report) : lines(report).join("\n")}\n`);
    return report.broken.length === 0 && report.failedPulls === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await program("chaos", "Kills capstan rotate and capstan tick at random moments while pods pull.", (command) =>
  command
    .option("--kills <n>", "how many", wholeNumber(), 200)
    .option("--seed <n>", "draws commands and moments", wholeNumber(), freshSeed())
    .option("--json", "the report as JSON")
    .action(async (options: Options) => {
      process.exitCode = (await run(options)) ? 0 : 1;
    }),
);
