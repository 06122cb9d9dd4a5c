import { describe, expect, test } from "vitest";
import { type KeptRobot, keptRobots, lifeProblems } from "../../../core/app/kept-lives.ts";
import type { RobotSeen } from "../../../core/protocol/effects.ts";
import { robotDescription, slotName } from "../../../core/protocol/mark.ts";
import type { Generation, Strategy } from "../../../core/protocol/state.ts";
import { playHome, type Scene, traceOf } from "../protocol/home-tick.ts";
import {
  attemptOf,
  credential,
  dayMs,
  generation,
  hourMs,
  ledgerId,
  ledgerWith,
  madeOf as madeOfGenerations,
  record,
  siteLedgerWith,
  t0,
} from "../protocol/ledgers.ts";

const bornMs = t0 - 10 * dayMs;

/** Robot of generation `n` in a slot, ten days old. */
function seen(slot: "a" | "b", n: number, changes: Partial<RobotSeen> = {}): RobotSeen {
  const description = robotDescription({ ledgerId, credential, generation: n, attempt: attemptOf(n) });
  const username = `robot$${slotName(credential, slot)}`;
  return {
    id: n,
    username,
    description,
    disabled: false,
    createdAtMs: bornMs,
    expiresAtMs: t0 + 20 * dayMs,
    ...changes,
  };
}

function living(robot: RobotSeen, n: number): Generation {
  const { id, username, createdAtMs, expiresAtMs } = robot;
  return generation(n, { robot: { id, username, createdAtMs, expiresAtMs } });
}

function looked(robots: readonly RobotSeen[], scene: Partial<Scene> & { readonly strategy?: Strategy }) {
  const madeOf = { ...madeOfGenerations, strategy: scene.strategy ?? "alternating" };
  const current = scene.ledger?.current;
  const { state } = playHome({
    ledger: ledgerWith(),
    ...scene,
    settings: { madeOf, ...scene.settings },
    answers: {
      "list-robots": () => ({ robots }),
      "read-store": () => ({ versionId: "v2", trace: traceOf(2, { username: current?.robot.username ?? "" }) }),
      "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, {}) }),
    },
  });
  return keptRobots(state, scene.strategy ?? "alternating", t0);
}

describe("robots of fixed names", () => {
  const [a, b] = [seen("a", 2), seen("b", 1)];
  const ledger = ledgerWith({ current: living(a, 2) });
  const due = { scheduleMs: t0 + 5 * dayMs, expiryMs: t0 + 19 * dayMs };

  test("the idle one is given its life by the next rotation, counted from its creation", () => {
    expect(looked([a, b], { ledger, due })).toEqual([
      { username: a.username, isInUse: true, isDisabled: false, endsAtMs: t0 + 20 * dayMs, extension: null },
      {
        username: b.username,
        isInUse: false,
        isDisabled: false,
        endsAtMs: t0 + 20 * dayMs,
        // Ten days old, five to go, and thirty of its own.
        extension: { fromMs: t0 + 5 * dayMs, lifeDays: 45, endsAtMs: bornMs + 45 * dayMs },
      },
    ]);
  });

  test("in place it is the one in use", () => {
    const kept = looked([a, b], { ledger, due, strategy: "in-place" });
    expect(kept.map(({ extension }) => extension?.lifeDays ?? null)).toEqual([45, null]);
  });

  test("a schedule that a roll back holds is not counted on, nor a date that has passed", () => {
    const fromOf = (scene: Partial<Scene>) => looked([a, b], { ledger, due, ...scene })[1]?.extension?.fromMs;
    expect(fromOf({ ledger: { ...ledger, holdSinceMs: t0 - 1 } })).toBe(t0 + 19 * dayMs);
    expect(fromOf({ due: { scheduleMs: null, expiryMs: null } })).toBe(t0);
    expect(fromOf({ due: null })).toBe(t0);
  });

  test("a robot that holds an older generation is next where the other one is in use, else a free one", () => {
    const held = { ...record(1), ...living(b, 1), state: "held", drainFrom: null } as const;
    const kept = looked([a, b], { ledger: { ...ledger, replaced: [held] }, due });
    expect(kept.map(({ extension }) => extension !== null)).toEqual([false, true]);
    const own = ledgerWith({ current: generation(2), replaced: [{ ...held, ...living(seen("a", 1), 1) }] });
    const free = looked([seen("a", 1), seen("b", 2)], { ledger: own, due });
    expect(free.map(({ extension }) => extension !== null)).toEqual([false, true]);
  });

  test("in place, where no fixed robot is in use, it is the one of the last generation that had one", () => {
    const held = { ...record(1), ...living(b, 1), state: "held", drainFrom: null } as const;
    const own = ledgerWith({ current: generation(2), replaced: [held] });
    const kept = looked([a, b], { ledger: own, due, strategy: "in-place" });
    expect(kept.map(({ extension }) => extension !== null)).toEqual([false, true]);
  });

  test("others' robots are none of ours, and generations keep none", () => {
    const other = { ...b, description: "somebody's" };
    expect(looked([a, other], { ledger, due }).map(({ username }) => username)).toEqual([a.username]);
    expect(looked([a, b], { ledger, due, strategy: "generations" })).toEqual([]);
  });
});

describe("an end in the way of the next rotations", () => {
  const inUse: KeptRobot = {
    username: "robot$x-ga",
    isInUse: true,
    isDisabled: false,
    endsAtMs: t0 + 3 * hourMs,
    extension: null,
  };
  const update = {
    right: "robot:update at system",
    purpose: "",
    verdict: "missing",
    optional: false,
    action: "update",
    why: "name a person",
  } as const;
  const told = (changes: Partial<KeptRobot>, missing: readonly (typeof update)[] = []) =>
    lifeProblems([{ ...inUse, ...changes }], missing, 3 * hourMs, t0);

  test("is none where a rotation is through before it, where there is no end, and for an idle robot", () => {
    expect(told({})).toEqual([]);
    expect(told({ endsAtMs: null }, [update])).toEqual([]);
    expect(told({ isInUse: false, endsAtMs: t0 }, [update])).toEqual([]);
  });

  test("is named where a rotation that begins now comes too late", () => {
    expect(told({ endsAtMs: t0 + 3 * hourMs - 1 })).toMatchObject([{ code: "life-short", blocks: false }]);
  });

  test("is named with the mend where the issuer may not extend it", () => {
    const [problem] = told({}, [update]);
    expect(problem).toMatchObject({ code: "life-not-extended", blocks: true });
    expect(problem?.text).toBe(
      `nothing extends the life of robot$x-ga: the issuer lacks robot:update at system (name a person). It ends at ${new Date(t0 + 3 * hourMs).toISOString().slice(0, 19)}Z, and every pull with it fails from then on`,
    );
  });
});
