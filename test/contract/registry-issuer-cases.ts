import { expect } from "vitest";
import type { Permission } from "../../core/ports/registry.ts";
import { expectPortError, portErrorOf } from "./contract-case.ts";
import { pullOf, pullRobot, type RegistryCase } from "./registry-suite.ts";

const robotActions = (...actions: string[]) => actions.map((action) => ({ resource: "robot", action }));

/** A robot that mints pull robots of every project, and no more. */
const leastIssuer: readonly Permission[] = [
  { kind: "system", namespace: "/", access: robotActions("create", "read", "list", "delete") },
  { kind: "project", namespace: "*", access: [{ resource: "repository", action: "pull" }] },
];

export const registryIssuerCases: readonly RegistryCase[] = [
  {
    title: "whoami names the issuer, the version and whether writing is off",
    async run({ registry, setReadOnly, version }) {
      const open = await registry.whoami();
      expect(open.username.length).toBeGreaterThan(0);
      expect(open.version.startsWith(version)).toBe(true);
      expect(open.readOnly).toBe(false);
      expect(open.serverMs).not.toBeNull();
      try {
        await setReadOnly(true);
        expect((await registry.whoami()).readOnly).toBe(true);
      } finally {
        await setReadOnly(false);
      }
    },
  },
  {
    title: "a robot with least rights mints, lists, reads and removes",
    async run({ registry, createProject, issueAs }, name) {
      await createProject(name, { public: false });
      try {
        await issueAs(leastIssuer);
        const robot = await registry.mint(pullRobot(name, name));
        expect((await registry.list(name)).robots.map(({ id }) => id)).toEqual([robot.id]);
        await registry.remove(robot.id);
        await expectPortError(registry.read(robot.id), "not-found");
        expect((await registry.whoami()).username).toMatch(/^robot\$/);
      } finally {
        await issueAs(null);
      }
    },
  },
  {
    title: "an issuer without a right is denied, and the right is named",
    async run({ registry, createProject, issueAs }, name) {
      await createProject(name, { public: false });
      const { id } = await registry.mint(pullRobot(name, name));
      try {
        await issueAs(pullOf(name));
        for (const [work, right] of [
          [() => registry.mint(pullRobot(`${name}-2`, name)), "robot:create"],
          [() => registry.list(name), "robot:list"],
          [() => registry.read(id), "robot:read"],
          [() => registry.remove(id), "robot:delete"],
        ] as const) {
          const error = await portErrorOf(work());
          expect({ kind: error.kind, reason: error.reason }).toEqual({ kind: "denied", reason: "missing-right" });
          expect(error.message).toContain(right);
        }
      } finally {
        await issueAs(null);
      }
      expect((await registry.read(id)).robot.id).toBe(id);
    },
  },
  {
    title: "an issuer hands out nothing that it does not hold",
    async run({ registry, createProject, issueAs }, name) {
      await createProject(name, { public: false });
      const push = [
        { kind: "project" as const, namespace: name, access: [{ resource: "repository", action: "push" }] },
      ];
      try {
        await issueAs(leastIssuer);
        await expectPortError(registry.mint(pullRobot(name, name, { permissions: push })), "denied", "missing-right");
        expect((await registry.list(name)).robots).toEqual([]);
      } finally {
        await issueAs(null);
      }
    },
  },
  {
    title: "a refused issuer is denied for its credentials",
    async run({ registry, createProject, breakIssuer }, name) {
      await createProject(name, { public: false });
      try {
        breakIssuer(true);
        await expectPortError(registry.mint(pullRobot(name, name)), "denied", "bad-credentials");
        await expectPortError(registry.list(name), "denied", "bad-credentials");
        await expectPortError(registry.read(1), "denied", "bad-credentials");
        await expectPortError(registry.remove(1), "denied", "bad-credentials");
        await expectPortError(registry.whoami(), "denied", "bad-credentials");
      } finally {
        breakIssuer(false);
      }
    },
  },
  {
    title: "read-only mode denies writes by that reason, and reads go on",
    async run({ registry, createProject, setReadOnly }, name) {
      await createProject(name, { public: false });
      const robot = await registry.mint(pullRobot(name, name));
      try {
        await setReadOnly(true);
        await expectPortError(registry.mint(pullRobot(`${name}-2`, name)), "denied", "read-only");
        await expectPortError(registry.remove(robot.id), "denied", "read-only");
        expect((await registry.list(name)).robots).toHaveLength(1);
        const { endpoints } = await registry.probe(robot, { repository: `${name}/app`, action: "pull" });
        expect(endpoints[0]?.verdict).toBe("accepted");
      } finally {
        await setReadOnly(false);
      }
    },
  },
];
