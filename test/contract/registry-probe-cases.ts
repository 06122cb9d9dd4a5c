import { expect } from "vitest";
import { Secret } from "../../core/secret.ts";
import { pullRobot, type RegistryCase, type RegistryHarness } from "./registry-suite.ts";

const dayMs = 86_400_000;

async function verdictsOf(
  { registry }: RegistryHarness,
  login: { readonly username: string; readonly password: Secret },
  repository: string | null,
  action: "pull" | "push" = "pull",
): Promise<readonly string[]> {
  const { endpoints } = await registry.probe(login, { repository, action });
  expect(endpoints.length).toBeGreaterThan(0);
  return [...new Set(endpoints.map(({ verdict }) => verdict))];
}

export const registryProbeCases: readonly RegistryCase[] = [
  {
    title: "a fresh robot is accepted, with and without a scope",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const robot = await harness.registry.mint(pullRobot(name, name));
      expect(await verdictsOf(harness, robot, null)).toEqual(["accepted"]);
      expect(await verdictsOf(harness, robot, `${name}/any/where`)).toEqual(["accepted"]);
    },
  },
  {
    title: "an action that was not granted is no right",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const robot = await harness.registry.mint(pullRobot(name, name));
      expect(await verdictsOf(harness, robot, `${name}/app`, "push")).toEqual(["no-right"]);
    },
  },
  {
    title: "another project, or a missing one, is no right",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      await harness.createProject(`${name}-other`, { public: false });
      const robot = await harness.registry.mint(pullRobot(name, name));
      expect(await verdictsOf(harness, robot, `${name}-other/app`)).toEqual(["no-right"]);
      expect(await verdictsOf(harness, robot, `${name}-absent/app`)).toEqual(["no-right"]);
    },
  },
  {
    title: "push implies pull for a project's robot, not for a system one",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const permissions = [
        { kind: "project" as const, namespace: name, access: [{ resource: "repository", action: "push" }] },
      ];
      const system = await harness.registry.mint(pullRobot(name, name, { permissions }));
      const project = await harness.registry.mint(pullRobot(name, name, { permissions, level: "project" }));
      expect(await verdictsOf(harness, system, `${name}/app`)).toEqual(["no-right"]);
      expect(await verdictsOf(harness, project, `${name}/app`)).toEqual(["accepted"]);
    },
  },
  {
    title: "a wrong secret is refused, in a public project too",
    async run(harness, name) {
      await harness.createProject(name, { public: true });
      const { username } = await harness.registry.mint(pullRobot(name, name));
      const wrong = { username, password: new Secret("Wrong-secret-1") };
      expect(await verdictsOf(harness, wrong, `${name}/app`)).toEqual(["refused"]);
      expect(await verdictsOf(harness, wrong, null)).toEqual(["refused"]);
    },
  },
  {
    title: "a name that never was is refused",
    async run(harness, name) {
      const nobody = { username: `robot$${name}`, password: new Secret("Wrong-secret-1") };
      expect(await verdictsOf(harness, nobody, null)).toEqual(["refused"]);
    },
  },
  {
    title: "a deleted robot is refused, and so is its secret on a new robot of its name",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const robot = await harness.registry.mint(pullRobot(name, name));
      await harness.registry.remove(robot.id);
      expect(await verdictsOf(harness, robot, `${name}/app`)).toEqual(["refused"]);
      await harness.registry.mint(pullRobot(name, name));
      expect(await verdictsOf(harness, robot, `${name}/app`)).toEqual(["refused"]);
    },
  },
  {
    title: "a disabled robot is refused",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const robot = await harness.registry.mint(pullRobot(name, name));
      await harness.disable(robot.id);
      expect(await verdictsOf(harness, robot, null)).toEqual(["refused"]);
    },
  },
  {
    title: "a robot is refused from the second on in which it expires",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const robot = await harness.registry.mint(pullRobot(name, name, { durationDays: 1 }));
      await harness.advanceMs(dayMs - 2000);
      expect(await verdictsOf(harness, robot, null)).toEqual(["accepted"]);
      await harness.advanceMs(2000);
      expect(await verdictsOf(harness, robot, null)).toEqual(["refused"]);
      expect((await harness.registry.read(robot.id)).robot.id).toBe(robot.id);
    },
  },
  {
    title: "after a change of the prefix the old name is refused and the new one accepted",
    async run(harness, name) {
      await harness.createProject(name, { public: false });
      const robot = await harness.registry.mint(pullRobot(name, name));
      try {
        await harness.setPrefix("bot-");
        expect(await verdictsOf(harness, robot, null)).toEqual(["refused"]);
        expect(await verdictsOf(harness, { ...robot, username: `bot-${name}` }, null)).toEqual(["accepted"]);
      } finally {
        await harness.setPrefix("robot$");
      }
    },
  },
  {
    title: "a probe tells the registry's clock",
    async run({ registry, nowMs, clockToleranceMs }, name) {
      const login = { username: `robot$${name}`, password: new Secret("Wrong-secret-1") };
      const { serverMs } = await registry.probe(login, { repository: null, action: "pull" });
      expect(Math.abs((serverMs ?? 0) - nowMs())).toBeLessThan(1000 + clockToleranceMs);
    },
  },
];
