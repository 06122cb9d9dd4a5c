import { expect } from "vitest";
import { expectPortError } from "./contract-case.ts";
import { pullOf, pullRobot, type RegistryCase } from "./registry-suite.ts";

export const registryMintCases: readonly RegistryCase[] = [
  {
    title: "mint answers id, full name, secret and both times",
    async run({ registry, createProject, nowMs, clockToleranceMs }, name) {
      await createProject(name, { public: false });
      const robot = await registry.mint(pullRobot(name, name));
      expect(robot.id).toBeGreaterThan(0);
      expect(robot.username).toBe(`robot$${name}`);
      expect(robot.password.reveal().length).toBeGreaterThanOrEqual(32);
      expect(Math.abs(robot.createdAtMs - nowMs())).toBeLessThan(1000 + clockToleranceMs);
      expect(robot.expiresAtMs).toBe(Math.floor(robot.createdAtMs / 1000) * 1000 + 30 * 86_400_000);
      expect(Math.abs((robot.serverMs ?? 0) - nowMs())).toBeLessThan(1000 + clockToleranceMs);
    },
  },
  {
    title: "a life of -1 days has no end",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      const robot = await registry.mint(pullRobot(name, name, { durationDays: -1 }));
      expect(robot.expiresAtMs).toBeNull();
      expect((await registry.read(robot.id)).robot.expiresAtMs).toBeNull();
    },
  },
  {
    title: "read gives back what was minted, description and all",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      const minted = await registry.mint(pullRobot(name, name, { description: "capstan:mark äöü" }));
      const { robot } = await registry.read(minted.id);
      expect(robot).toEqual({
        id: minted.id,
        username: minted.username,
        description: "capstan:mark äöü",
        disabled: false,
        createdAtMs: minted.createdAtMs,
        expiresAtMs: minted.expiresAtMs,
      });
    },
  },
  {
    title: "an empty description reads as one",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      const { id } = await registry.mint(pullRobot(name, name));
      expect((await registry.read(id)).robot.description).toBe("");
    },
  },
  {
    title: "a robot of a project carries the project in its name",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      const robot = await registry.mint(pullRobot("bot", name, { level: "project" }));
      expect(robot.username).toBe(`robot$${name}+bot`);
    },
  },
  {
    title: "a name that is taken is a conflict",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      await registry.mint(pullRobot(name, name));
      await expectPortError(registry.mint(pullRobot(name, name)), "conflict", "already-exists");
    },
  },
  {
    title: "a deleted robot's name is free, its id is not given out again",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      const first = await registry.mint(pullRobot(name, name));
      await registry.remove(first.id);
      const second = await registry.mint(pullRobot(name, name));
      expect(second.id).toBeGreaterThan(first.id);
      expect(second.password.equals(first.password)).toBe(false);
    },
  },
  {
    title: "a name against the rule is invalid",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      for (const bad of ["Upper", "a--b", "-a", "a+b", ""]) {
        await expectPortError(registry.mint(pullRobot(bad, name)), "invalid");
      }
    },
  },
  {
    title: "a life of no whole days is invalid",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      for (const durationDays of [0, -2, 1.5, 2147483647]) {
        await expectPortError(registry.mint(pullRobot(name, name, { durationDays })), "invalid");
      }
    },
  },
  {
    title: "rights that cannot be granted are invalid",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      const access = (resource: string, action: string) => ({
        permissions: [{ kind: "system" as const, namespace: "/", access: [{ resource, action }] }],
      });
      await expectPortError(registry.mint(pullRobot(name, name, access("robot", "update"))), "invalid");
      await expectPortError(registry.mint(pullRobot(name, name, access("*", "*"))), "invalid");
      await expectPortError(registry.mint(pullRobot(name, name, { permissions: [] })), "invalid");
      await expectPortError(
        registry.mint(pullRobot(name, name, { level: "project", permissions: [...pullOf(name), ...pullOf(name)] })),
        "invalid",
      );
    },
  },
  {
    title: "a project that does not exist is invalid",
    async run({ registry }, name) {
      await expectPortError(registry.mint(pullRobot(name, name)), "invalid");
      expect((await registry.list(name)).robots).toEqual([]);
    },
  },
  {
    title: "an absent robot is not found",
    async run({ registry }) {
      await expectPortError(registry.read(2_000_000_000), "not-found");
    },
  },
  {
    title: "remove is final, and success on what is gone",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      const { id } = await registry.mint(pullRobot(name, name));
      await registry.remove(id);
      await registry.remove(id);
      await expectPortError(registry.read(id), "not-found");
    },
  },
];
