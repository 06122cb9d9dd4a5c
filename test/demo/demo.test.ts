import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plugin } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demoFaults } from "../../functions/sandbox/demo/faults.ts";
import type { DemoReport } from "../../functions/sandbox/demo/report.ts";
import { DemoFailure, runDemo } from "../../functions/sandbox/demo/run.ts";
import type { CloudName } from "../../functions/sandbox/facts.ts";
import { bundle } from "../../infra/bundle/bundle.ts";
import { bundleTargets } from "../../infra/bundle/targets.ts";
import { mutantPlugin, mutants } from "./mutants.ts";

const folders: string[] = [];

async function build(plugins: readonly Plugin[] = []): Promise<Record<CloudName, string>> {
  const folder = mkdtempSync(join(tmpdir(), "capstan-bundles-"));
  folders.push(folder);
  const clouds = bundleTargets.filter(({ name }) => name !== "cli");
  for (const target of clouds) await bundle(target, folder, plugins);
  return {
    aws: join(folder, "aws/index.mjs"),
    azure: join(folder, "azure/index.mjs"),
    gcp: join(folder, "gcp/index.mjs"),
  };
}

function play(bundles: Record<CloudName, string>, fault: string | null, patienceMs: number): Promise<DemoReport> {
  const options = { json: true, rotations: 1, clusters: 3, namespaces: 4, seed: 1, fault };
  return runDemo({ options, bundles, say: () => {}, patienceMs });
}

let bundles: Record<CloudName, string>;
beforeAll(async () => {
  bundles = await build();
}, 120_000);
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe("every fault of the demo happens, and costs no pull", () => {
  test.each(demoFaults.map(({ name }) => name))(
    "%s",
    async (fault) => {
      const report = await play(bundles, fault, 60_000);
      expect(report.broken).toEqual([]);
      expect(report).toMatchObject({ failedPulls: 0, robotsLeft: 1, rotations: 1, fault: { name: fault } });
      expect(report.fault?.fired).toBeGreaterThan(0);
    },
    120_000,
  );
});

describe("with the product's answer switched off, the same fault makes the run fail", () => {
  test.each(mutants.map((mutant) => [mutant.fault, mutant.without, mutant] as const))(
    "%s, without %s",
    async (fault, _without, mutant) => {
      const broken = await build([mutantPlugin(mutant)]);
      const outcome = await play(broken, fault, 20_000).catch((error: unknown) => {
        if (error instanceof DemoFailure) return error;
        throw error;
      });
      if (!(outcome instanceof DemoFailure)) expect([outcome.failedPulls, outcome.broken]).not.toEqual([0, []]);
    },
    120_000,
  );
});
