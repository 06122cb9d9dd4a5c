import { expect } from "vitest";
import { expectPortError } from "./contract-case.ts";
import { pullRobot, type RegistryCase } from "./registry-suite.ts";

const names = (listed: { readonly robots: readonly { readonly username: string }[] }): string[] =>
  listed.robots.map(({ username }) => username).sort();

export const registryListCases: readonly RegistryCase[] = [
  {
    title: "list gives the robots whose name starts so, and no others",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      for (const robot of [`${name}-g1-ab`, `${name}-g2-cd`, `x-${name}-g3`, `${name}x-g1`]) {
        await registry.mint(pullRobot(robot, name));
      }
      expect(names(await registry.list(`${name}-g`))).toEqual([`robot$${name}-g1-ab`, `robot$${name}-g2-cd`]);
    },
  },
  {
    title: "a name that holds the prefix further on is not listed, alone or not",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      await registry.mint(pullRobot(`x-${name}-g1`, name));
      expect((await registry.list(`${name}-g`)).robots).toEqual([]);
    },
  },
  {
    title: "no robot of the name is an empty list",
    async run({ registry }, name) {
      expect((await registry.list(name)).robots).toEqual([]);
    },
  },
  {
    title: "list shows description, state and times",
    async run({ registry, createProject, disable }, name) {
      await createProject(name, { public: false });
      const minted = await registry.mint(pullRobot(name, name, { description: "first", durationDays: 2 }));
      await disable(minted.id);
      const { robots, serverMs } = await registry.list(name);
      expect(serverMs).not.toBeNull();
      expect(robots).toHaveLength(1);
      expect(robots[0]).toMatchObject({
        id: minted.id,
        disabled: true,
        createdAtMs: minted.createdAtMs,
        expiresAtMs: minted.expiresAtMs,
      });
    },
  },
  {
    title: "more than a hundred robots are listed whole, each once",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      const wanted = Array.from({ length: 205 }, (_, index) => `${name}-g${index}`);
      for (const robot of wanted) await registry.mint(pullRobot(robot, name));
      expect(names(await registry.list(`${name}-g`))).toEqual(wanted.map((robot) => `robot$${robot}`).sort());
    },
  },
  {
    title: "exactly a hundred robots are listed whole",
    async run({ registry, createProject }, name) {
      await createProject(name, { public: false });
      for (let index = 0; index < 100; index += 1) await registry.mint(pullRobot(`${name}-g${index}`, name));
      expect((await registry.list(`${name}-g`)).robots).toHaveLength(100);
    },
  },
  {
    title: "a changed prefix renames all robots, and the list still finds them",
    async run({ registry, createProject, setPrefix }, name) {
      await createProject(name, { public: false });
      await registry.mint(pullRobot(`${name}-g1`, name));
      await registry.mint(pullRobot(`x-${name}-g2`, name));
      try {
        for (const prefix of ["team$x-", "bot-", "", "r+d "]) {
          await setPrefix(prefix);
          expect(names(await registry.list(`${name}-g`)), prefix).toEqual([`${prefix}${name}-g1`]);
        }
      } finally {
        await setPrefix("robot$");
      }
    },
  },
  {
    title: "robots of a project are listed there, and not among those of the system",
    async run({ registry, ofProject, createProject }, name) {
      await createProject(name, { public: false });
      await createProject(`${name}-other`, { public: false });
      await registry.mint(pullRobot(`${name}-g1`, name, { level: "project" }));
      await registry.mint(pullRobot(`${name}-g1`, `${name}-other`, { level: "project" }));
      await registry.mint(pullRobot(`${name}-g2`, name));
      expect(names(await ofProject(name).list(`${name}-g`))).toEqual([`robot$${name}+${name}-g1`]);
      expect(names(await registry.list(`${name}-g`))).toEqual([`robot$${name}-g2`]);
    },
  },
  {
    title: "listing a project that does not exist is invalid",
    async run({ ofProject }, name) {
      await expectPortError(ofProject(name).list("x"), "invalid");
    },
  },
];
