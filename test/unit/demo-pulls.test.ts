import { describe, expect, it } from "vitest";
import { PullLedger, type RotationSeen } from "../../functions/sandbox/demo/measure.ts";
import { drainMsFor, paceOf } from "../../functions/sandbox/demo/pace.ts";
import type { PullRecord } from "../../functions/sandbox/pullers/pull-pod.ts";

const nothing = { values: 0, ledgers: 0 };
const writes = { aws: nothing, azure: nothing, gcp: nothing };

/** Generation n was made current at n × 1000 and its predecessor deleted 500 later. */
function rotation(generation: number, fromMs: number, askedMs: number): RotationSeen {
  const promotedMs = generation * 1_000;
  return {
    askedMs,
    fromMs,
    epochBefore: generation - 1,
    oldUsername: `robot-${generation - 1}`,
    newUsername: `robot-${generation}`,
    promotedMs,
    endedMs: promotedMs + 500,
    oldBearersEndMs: null,
    writes,
  };
}

function pull(startedMs: number, username: string, namespace = "team-1"): PullRecord {
  const record = { cluster: "prod-1", namespace, startedMs, endedMs: startedMs + 5, ok: true, username };
  return { ...record, tries: 1, held: false, causes: [] };
}

function ledgerOf(pulls: readonly PullRecord[]): PullLedger {
  const ledger = new PullLedger();
  for (const record of pulls) ledger.add(record, [{ fromMs: 0, phase: "idle" }]);
  return ledger;
}

describe("pulls of a large fleet", () => {
  const rotations = [rotation(2, 1_000, 1_900), rotation(3, 2_500, 2_900)];
  const first = [pull(1_100, "robot-1"), pull(2_200, "robot-2")];
  const last = [pull(3_200, "robot-3"), pull(3_600, "robot-3")];

  it("the pull after the old robot's end is the next rotation's with its old robot", () => {
    const ledger = ledgerOf([...first, pull(2_600, "robot-2"), ...last]);
    expect(ledger.perNamespace(["prod-1/team-1"], rotations, 4_000)).toEqual({ min: 3, missed: [] });
  });

  it("without it both rotations miss one", () => {
    const { min, missed } = ledgerOf([...first, ...last]).perNamespace(["prod-1/team-1"], rotations, 4_000);
    expect({ min, missed }).toEqual({
      min: 2,
      missed: ["rotation 1: prod-1/team-1 (1, 1, 0)", "rotation 2: prod-1/team-1 (0, 1, 1)"],
    });
  });

  it("one that began after the next rotation was asked for is not the last one's", () => {
    const ledger = ledgerOf([...first, pull(2_950, "robot-2"), ...last]);
    expect(ledger.perNamespace(["prod-1/team-1"], rotations, 4_000).missed).toEqual([
      "rotation 1: prod-1/team-1 (1, 1, 0)",
    ]);
  });

  it("a namespace need not pull again that has, with this login and late enough", () => {
    const ledger = ledgerOf([pull(1_100, "robot-1"), { ...pull(1_300, "robot-2"), ok: false }]);
    expect(ledger.hasPulled("prod-1/team-1", "robot-1", 1_100)).toBe(true);
    expect(ledger.hasPulled("prod-1/team-1", "robot-1", 1_101)).toBe(false);
    expect(ledger.hasPulled("prod-1/team-1", "robot-2", 0)).toBe(false);
    expect(ledger.hasPulled("prod-1/team-2", "robot-1", 0)).toBe(false);
  });

  it("drains longer than all pulls took, and is capped at 300 pulls a second", () => {
    expect(drainMsFor(0)).toBe(2_000);
    expect(drainMsFor(40_000)).toBe(52_000);
    expect(paceOf(10_000, "generations")).toMatchObject({ large: true, pullsPerSecondMax: 300 });
    expect(paceOf(300, "generations")).toMatchObject({ large: false, pullsPerSecondMax: Number.POSITIVE_INFINITY });
  });
});
