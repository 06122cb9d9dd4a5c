import { afterAll, beforeAll, expect, test } from "vitest";
import { demoFaults } from "../../functions/sandbox/demo/faults.ts";
import { Builds, type Bundles, play } from "./play.ts";

const builds = new Builds();
let bundles: Bundles;
beforeAll(async () => {
  bundles = await builds.build();
});
afterAll(() => builds.remove());

test.each(demoFaults.map(({ name }) => name))("%s happens, and costs no pull", async (fault) => {
  const report = await play(bundles, fault, { patienceMs: 120_000 });
  expect(report.broken).toEqual([]);
  expect(report).toMatchObject({ failedPulls: 0, robotsLeft: 1, rotations: 1, fault: { name: fault } });
  expect(report.fault?.fired).toBeGreaterThan(0);
});
