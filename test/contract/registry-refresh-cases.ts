import { expect } from "vitest";
import { Secret } from "../../core/secret.ts";
import { expectPortError } from "./contract-case.ts";
import { pullOf, pullRobot, type RegistryCase } from "./registry-suite.ts";

const dayMs = 86_400_000;
const one = new Secret("Refreshed-secret-1");
const other = new Secret("Refreshed-secret-2");
const plain = { repository: null, action: "pull" } as const;

export const registryRefreshCases: readonly RegistryCase[] = [
  {
    title: "refresh puts a secret in and the one before it out; the same again changes nothing",
    async run({ registry, createProject, advanceMs }, name) {
      await createProject(name, { public: false });
      const robot = await registry.mint(pullRobot(name, name));
      const verdict = async (password: Secret) => {
        const { endpoints } = await registry.probe({ username: robot.username, password }, plain);
        return endpoints[0]?.verdict;
      };
      await registry.refresh(robot.id, one);
      expect([await verdict(one), await verdict(robot.password)]).toEqual(["accepted", "refused"]);
      await registry.refresh(robot.id, one);
      expect(await verdict(one)).toBe("accepted");
      await registry.refresh(robot.id, other);
      // What was said of a login before its robot got it counts no more.
      expect(await verdict(one)).toBe("refused");
      await registry.refresh(robot.id, one);
      expect(await verdict(one)).toBe("accepted");
      await advanceMs(2000);
      const { robot: after } = await registry.read(robot.id);
      expect([after.createdAtMs, after.expiresAtMs]).toEqual([robot.createdAtMs, robot.expiresAtMs]);
    },
  },
  {
    title: "renew says life (from the creation on), rights and description anew, enables, and keeps the secret",
    async run({ registry, createProject, disable }, name) {
      await createProject(name, { public: false });
      await createProject(`${name}-2`, { public: false });
      const robot = await registry.mint(pullRobot(name, name, { description: "before" }));
      await disable(robot.id);
      const { username } = robot;
      const permissions = pullOf(`${name}-2`);
      await registry.renew(robot.id, {
        username,
        description: "after",
        level: "system",
        durationDays: 45,
        permissions,
      });
      const { robot: after } = await registry.read(robot.id);
      expect(after).toMatchObject({ username, description: "after", disabled: false, createdAtMs: robot.createdAtMs });
      expect(after.expiresAtMs).toBe(Math.floor(robot.createdAtMs / 1000) * 1000 + 45 * dayMs);
      const may = async (project: string) => {
        const scope = { repository: `${project}/app`, action: "pull" } as const;
        return (await registry.probe(robot, scope)).endpoints[0]?.verdict;
      };
      expect([await may(`${name}-2`), await may(name)]).toEqual(["accepted", "no-right"]);
    },
  },
  {
    title: "a login that should fail is tried at the first endpoint only",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      const { username } = await registry.mint(pullRobot(name, name));
      const { endpoints } = await registry.probe({ username, password: other }, { ...plain, once: true });
      expect(endpoints.map(({ verdict }) => verdict)).toEqual(["refused"]);
    },
  },
  {
    title: "a secret against the rule is refused, and the one before it stays",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      const robot = await registry.mint(pullRobot(name, name));
      await expectPortError(registry.refresh(robot.id, new Secret("no-digit-and-no-capital")), "invalid");
      expect((await registry.probe(robot, plain)).endpoints[0]?.verdict).toBe("accepted");
    },
  },
  {
    title: "refresh and renew of an absent robot are not found, by a robot they are denied for the missing right",
    async run({ registry, createProject, issueAs }, name) {
      await createProject(name, { public: false });
      const { id, username } = await registry.mint(pullRobot(name, name));
      const request = {
        username,
        description: "",
        level: "system",
        durationDays: 9,
        permissions: pullOf(name),
      } as const;
      await expectPortError(registry.refresh(id + 1000, one), "not-found");
      await expectPortError(registry.renew(id + 1000, request), "not-found");
      try {
        await issueAs([
          { kind: "system", namespace: "/", access: [{ resource: "robot", action: "read" }] },
          ...pullOf(name),
        ]);
        await expectPortError(registry.refresh(id, one), "denied", "missing-right");
        await expectPortError(registry.renew(id, request), "denied", "missing-right");
      } finally {
        await issueAs(null);
      }
    },
  },
];
