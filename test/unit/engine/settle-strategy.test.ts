import { describe, expect, test } from "vitest";
import { homeLedger } from "../../simulation/checkers.ts";
import { rightsSeen } from "../../simulation/rights.ts";
import { Script } from "../../simulation/script.ts";

/** The issuer of the script's Harbor: a robot of before 2.10 with these rights over robots, and what it hands out. */
function leave(script: Script, ...actions: readonly string[]): void {
  const { registry } = script.world;
  const access = actions.map((action) => ({ resource: "robot", action }));
  const pull = [{ resource: "repository", action: "pull" }];
  const permissions = [
    { kind: "system", namespace: "/", access },
    { kind: "project", namespace: "apps", access: pull },
  ] as const;
  registry.state = { ...registry.state, issuer: { ...registry.state.issuer, permissions } };
}

const everything = ["create", "list", "read", "update", "delete"];
const strategyOf = (script: Script) => homeLedger(script.world)?.current?.madeOf.strategy;

function rotate(script: Script): void {
  script.tick({ type: "rotate" });
  for (let i = 0; i < 8; i += 1) {
    script.pass(11);
    script.tick();
  }
}

describe("strategy: auto", () => {
  test("rights that are taken away change the next rotation, and what they held goes the way of its making when they come back", () => {
    const script = new Script({ strategy: "auto" });
    leave(script, ...everything);
    rotate(script);
    expect(strategyOf(script)).toBe("generations");
    leave(script, "create", "list", "read", "update");
    rotate(script);
    expect(strategyOf(script)).toBe("alternating");
    // The robot of the generation before cannot be deleted, and holds nothing up.
    expect(homeLedger(script.world)?.replaced).toMatchObject([
      { state: "retiring", madeOf: { strategy: "generations" } },
    ]);
    rotate(script);
    leave(script, "list", "read", "update");
    rotate(script);
    expect(strategyOf(script)).toBe("alternating");
    leave(script, ...everything);
    rotate(script);
    expect(strategyOf(script)).toBe("generations");
    expect(homeLedger(script.world)?.replaced).toEqual([]);
    expect(script.broken).toEqual([]);
  });

  test("an attempt under way goes on as it began, by whatever tick", () => {
    const script = new Script({ strategy: "auto" });
    leave(script, "create", "list", "read", "update");
    script.home().until("registry.renew");
    expect(homeLedger(script.world)?.next).toMatchObject({ state: "staged", madeOf: { strategy: "alternating" } });
    leave(script, ...everything);
    for (let i = 0; i < 4; i += 1) {
      script.pass(3);
      script.tick();
    }
    expect(homeLedger(script.world)).toMatchObject({
      abandoned: [],
      current: { generation: 1, madeOf: { strategy: "alternating" } },
    });
  });

  test("an attempt that a missing right ended is followed by one of another way", () => {
    const script = new Script({ strategy: "auto" });
    leave(script, ...everything);
    const sleeper = script.home().until("registry.mint");
    leave(script, "create", "list", "read", "update");
    script.world.registry.state = { ...script.world.registry.state, readOnly: true };
    sleeper.finish();
    script.world.registry.state = { ...script.world.registry.state, readOnly: false };
    rotate(script);
    expect(homeLedger(script.world)).toMatchObject({ abandoned: [{ generation: 1 }], replaced: [] });
    expect(strategyOf(script)).toBe("alternating");
  });

  test("where none can be nothing is written, not even a ledger", () => {
    const script = new Script({ strategy: "auto" });
    leave(script, "list", "read");
    script.home({ type: "rotate" }).finish();
    expect(homeLedger(script.world)).toBeNull();
    expect(script.lines.join("\n")).not.toMatch(/mint|save|stage/);
  });
});

test("the simulation's rights are seen as they are", () => {
  const script = new Script({ strategy: "auto" });
  leave(script, "list");
  const seen = rightsSeen(script.world.registry.state, false).rights ?? [];
  expect(seen.filter(({ verdict }) => verdict === "held").map(({ action }) => action)).toEqual(["hand-out", "list"]);
});
