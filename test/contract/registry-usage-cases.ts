import { expect } from "vitest";
import { pullOf, pullRobot, type RegistryCase } from "./registry-suite.ts";

export const registryUsageCases: readonly RegistryCase[] = [
  {
    title: "a pull by the robot is use, and the last one is told",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const robot = await harness.registry.mint(pullRobot(name, name));
      const sinceMs = harness.nowMs();
      await harness.advanceMs(5000);
      await harness.pull(robot, name);
      await harness.advanceMs(5000);
      await harness.pull(robot, name);
      const lastSeenMs = harness.nowMs();
      await harness.advanceMs(5000);
      const usage = await harness.registry.usedSince(robot.username, sinceMs);
      if (usage.verdict !== "in-use") throw new Error(`the verdict is ${usage.verdict}`);
      expect(Math.abs(usage.lastSeenMs - lastSeenMs)).toBeLessThanOrEqual(harness.clockToleranceMs);
    },
  },
  {
    title: "a pull by another proves that the log is on: quiet",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const old = await harness.registry.mint(pullRobot(`${name}-g1`, name));
      const fresh = await harness.registry.mint(pullRobot(`${name}-g2`, name));
      await harness.pull(old, name);
      await harness.advanceMs(1);
      const sinceMs = harness.nowMs();
      await harness.advanceMs(1000);
      await harness.pull(fresh, name);
      expect(await harness.registry.usedSince(old.username, sinceMs)).toEqual({ verdict: "quiet" });
    },
  },
  {
    title: "a robot of a project is found by its full name",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const robot = await harness.registry.mint(pullRobot("bot", name, { level: "project" }));
      const sinceMs = harness.nowMs();
      await harness.advanceMs(1500);
      await harness.pull(robot, name);
      expect(await harness.registry.usedSince(robot.username, sinceMs)).toMatchObject({ verdict: "in-use" });
    },
  },
  {
    title: "silence of everybody is no evidence",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const robot = await harness.registry.mint(pullRobot(name, name));
      await harness.pull(robot, name);
      await harness.advanceMs(2000);
      expect(await harness.registry.usedSince(robot.username, harness.nowMs())).toMatchObject({
        verdict: "no-evidence",
      });
    },
  },
  {
    title: "a log that is off is no evidence, however much is pulled",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const robot = await harness.registry.mint(pullRobot(name, name));
      await harness.advanceMs(2000);
      const sinceMs = harness.nowMs();
      await harness.advanceMs(2000);
      try {
        await harness.setPullAudit(false);
        await harness.pull(robot, name);
        expect(await harness.registry.usedSince(robot.username, sinceMs)).toMatchObject({ verdict: "no-evidence" });
      } finally {
        await harness.setPullAudit(true);
      }
    },
  },
  {
    title: "an issuer that may not read the log has no evidence",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const robot = await harness.registry.mint(pullRobot(name, name));
      const sinceMs = harness.nowMs();
      await harness.advanceMs(2000);
      await harness.pull(robot, name);
      try {
        await harness.issueAs(pullOf(name));
        expect(await harness.registry.usedSince(robot.username, sinceMs)).toMatchObject({ verdict: "no-evidence" });
      } finally {
        await harness.issueAs(null);
      }
    },
  },
  {
    title: "a refused issuer has no evidence, and no error",
    async run(harness, name) {
      try {
        harness.breakIssuer(true);
        expect(await harness.registry.usedSince(name, 0)).toMatchObject({ verdict: "no-evidence" });
      } finally {
        harness.breakIssuer(false);
      }
    },
  },
];
