import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundle } from "../../infra/bundle/bundle.ts";
import { bundleTargets } from "../../infra/bundle/targets.ts";
import { type ChaosReport, runChaos } from "./chaos.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

function count(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error("--kills and --seed take whole numbers from 1");
  return number;
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

const kills = count(values.kills);
const seed = count(values.seed ?? String(Date.now() % 1_000_000_000));
const say = (line: string) => process.stderr.write(`${line}\n`);
say(`seed ${seed}`);
const folder = mkdtempSync(join(tmpdir(), "capstan-chaos-"));
try {
  const cli = bundleTargets.find(({ name }) => name === "cli");
  if (cli === undefined) throw new Error("no target cli");
  await bundle(cli, folder);
  const report = await runChaos({ kills, seed, entry: join(folder, cli.outFile), say });
  process.stdout.write(`${values.json ? JSON.stringify(report) : lines(report).join("\n")}\n`);
  process.exitCode = report.broken.length === 0 && report.failedPulls === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
