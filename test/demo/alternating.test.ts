import { afterAll, beforeAll, expect, test } from "vitest";
import { demoFaults } from "../../functions/sandbox/demo/faults.ts";
import { Builds, type Bundles, play } from "./play.ts";

const builds = new Builds();
let bundles: Bundles;
beforeAll(async () => {
  bundles = await builds.build();
});
afterAll(() => builds.remove());

// At the same time: a rotation waits twice for ten seconds.
test.concurrent.each(demoFaults.map(({ name }) => name))("%s happens, and costs no pull", async (fault) => {
  const report = await play(bundles, {
    strategy: "alternating",
    fault,
    how: { patienceMs: 180_000, patienceTicks: 100 },
  });
  expect(report.broken).toEqual([]);
  expect(report).toMatchObject({ failedPulls: 0, robotsLeft: 2, rotations: 1, fault: { name: fault } });
  expect(report.fault?.fired).toBeGreaterThan(0);
});
