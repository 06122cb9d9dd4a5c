import { afterAll, beforeAll, expect, test } from "vitest";
import { demoFaults } from "../../functions/sandbox/demo/faults.ts";
import { Builds, type Bundles, play } from "./play.ts";

const builds = new Builds();
let bundles: Bundles;
beforeAll(async () => {
  bundles = await builds.build();
});
afterAll(() => builds.remove());

const faults = demoFaults.filter(({ only }) => only === undefined || only === "generations");

test.each(faults.map(({ name }) => name))("%s happens, and costs no pull", async (fault) => {
  const report = await play(bundles, { strategy: "generations", fault, how: { patienceMs: 120_000 } });
  expect(report.broken).toEqual([]);
  expect(report).toMatchObject({ failedPulls: 0, robotsLeft: 1, rotations: 1, fault: { name: fault } });
  expect(report.fault?.fired).toBeGreaterThan(0);
});
