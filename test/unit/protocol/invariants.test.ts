import { describe, expect, test } from "vitest";
import { brokenInvariants } from "../../../core/protocol/invariants.ts";
import { promote } from "../../../core/protocol/promote.ts";
import type { HomeLedger } from "../../../core/protocol/state.ts";
import { living, madeOf, old, robotOf } from "./fixed-robots.ts";
import { generation, hourMs, instant, ledgerWith, nextOf, otherId, record, t0 } from "./ledgers.ts";

const at = instant(t0);

test("a ledger that stays as it is, and one at its beginning, break nothing", () => {
  expect(brokenInvariants(null, ledgerWith())).toEqual([]);
  const full = ledgerWith({ replaced: [record(1)], next: nextOf("proven") });
  expect(brokenInvariants(full, full)).toEqual([]);
  expect(brokenInvariants(full, promote(full, nextOf("proven"), at))).toEqual([]);
});

test.each<[string, Partial<HomeLedger>]>([
  ["a generation stands twice", { replaced: [record(2, { epoch: 1, robot: generation(9).robot })] }],
  ["a robot stands twice", { replaced: [record(1, { robot: generation(2).robot })] }],
  ["the current generation's epoch is not the ledger's", { epoch: 5 }],
  ["the current generation's epoch is not the ledger's", { current: null }],
  ["a replaced generation is at the current epoch", { replaced: [record(1, { epoch: 2 })] }],
  ["a drain without a beginning", { replaced: [record(1, { state: "draining", drainFrom: null })] }],
  ["a drain without a beginning", { replaced: [record(1, { drainFrom: at })] }],
  ["promoted above the highest promoted", { promotedMax: 1 }],
  ["promoted above the highest named", { promotedMax: 9 }],
  ["a roll back to nothing", { next: nextOf("staged", { rollBack: true }) }],
  ["a next that was promoted before", { replaced: [record(1)], next: nextOf("staged", { generation: 1 }) }],
  ["a next that was never named", { next: nextOf("staged", { generation: 9 }) }],
  ["a current generation whose value is nowhere", { current: generation(2, { versionIds: [] }) }],
  ["a robot in use is to be refreshed", { next: nextOf("staged", { madeOf, robot: living(2).robot }) }],
  ["a robot in use is to be refreshed", { replaced: [old(1)], next: nextOf("proven", { madeOf, robot: robotOf(1) }) }],
  ["a secret thrown away before its generation retires", { replaced: [old(1, { thrownAwayAt: at })] }],
  [
    "a secret thrown away before its generation retires",
    { replaced: [record(1, { state: "retiring", thrownAwayAt: at })] },
  ],
])("%s", (text, changes) => {
  expect(brokenInvariants(null, ledgerWith({ current: living(2), ...changes }))).toContain(text);
});

test("the robot in use is refreshed in place alone, and a roll back to it writes to none", () => {
  const { robot } = living(2);
  const inPlace = { ...madeOf, strategy: "in-place" } as const;
  const refreshing = ledgerWith({ current: living(2), next: nextOf("staged", { madeOf: inPlace, robot }) });
  expect(brokenInvariants(null, refreshing)).toEqual([]);
  const back = nextOf("staged", { generation: 1, madeOf, robot: robotOf(1), rollBack: true });
  expect(brokenInvariants(null, ledgerWith({ current: living(2), replaced: [old(1)], next: back }))).toEqual([]);
});

test("nothing is current at the beginning and after a rebuild, and only then", () => {
  const begun = { current: null, epoch: 0, promotedMax: 0 };
  expect(brokenInvariants(null, ledgerWith(begun))).toEqual([]);
  expect(brokenInvariants(null, ledgerWith({ current: null, rebuiltAtMs: t0 }))).toEqual([]);
});

describe("a rebuild", () => {
  const from = ledgerWith({ replaced: [record(1, { state: "draining" })], next: nextOf("staged") });
  const rebuilt: Partial<HomeLedger> = {
    epoch: 1_002,
    generationMax: 12,
    promotedMax: 12,
    current: null,
    next: null,
    replaced: [record(1), record(2)],
    rebuiltAtMs: t0,
  };

  test("lifts the epoch, holds all it found and hands out nothing", () => {
    expect(brokenInvariants(from, { ...from, ...rebuilt })).toEqual([]);
    // What stood in the old ledger may be gone from the world: a rebuild may forget it.
    expect(brokenInvariants(from, { ...from, ...rebuilt, replaced: [] })).toEqual([]);
  });

  test.each<[string, Partial<HomeLedger>]>([
    ["a rebuild that falls back", { ledgerId: otherId }],
    ["a rebuild that falls back", { epoch: 2, replaced: [record(1)] }],
    ["a rebuild that hands out what it found", { current: generation(2, { epoch: 1_002 }), replaced: [record(1)] }],
    ["a rebuild that hands out what it found", { next: nextOf("staged") }],
    ["a rebuild that retires what it found", { replaced: [record(1), record(2, { state: "retiring" })] }],
  ])("%s", (text, changes) => {
    expect(brokenInvariants(from, { ...from, ...rebuilt, ...changes })).toEqual([text]);
  });

  test("is known by its moment: the ledger after it is like any other", () => {
    const after = { ...from, ...rebuilt };
    expect(brokenInvariants(after, after)).toEqual([]);
    expect(brokenInvariants(after, { ...after, replaced: [record(1)] })).toEqual([
      "a record vanished before it was retiring",
    ]);
    expect(brokenInvariants(after, { ...after, epoch: after.epoch + 1 })).toEqual(["promoted without proof"]);
  });
});

const before = ledgerWith({ replaced: [record(1, { state: "draining" })], next: nextOf("proven") });
/** As `promote` leaves `before`, written out. */
const promoted: Partial<HomeLedger> = {
  epoch: 3,
  promotedMax: 3,
  current: generation(3),
  next: null,
  replaced: [record(1, { state: "draining" }), record(2)],
};

test.each<[string, HomeLedger, Partial<HomeLedger>]>([
  ["another ledger", before, { ledgerId: otherId }],
  ["another ledger", before, { credential: "ci" }],
  ["the epoch jumps", before, { epoch: 4, current: generation(2, { epoch: 4 }) }],
  ["the epoch jumps", before, { epoch: 1, current: generation(2, { epoch: 1 }), replaced: [] }],
  ["the highest generation falls", before, { generationMax: 2, next: null }],
  ["current changes without an epoch", before, { current: generation(3, { epoch: 2 }), promotedMax: 3, next: null }],
  ["promoted without proof", { ...before, next: nextOf("staged") }, promoted],
  ["promoted without proof", { ...before, next: null }, promoted],
  ["promoted without proof", { ...before, generationMax: 4, next: nextOf("proven", { generation: 4 }) }, promoted],
  ["promoted without proof", before, { epoch: 3, current: null, next: null }],
  ["a record vanished before it was retiring", before, { replaced: [] }],
  [
    "a record vanished before it was retiring",
    { ...before, replaced: [record(1), record(0)] },
    { replaced: [record(0)] },
  ],
  ["a retiring generation came back", { ...before, replaced: [record(1, { state: "retiring" })] }, {}],
])("no save does this: %s", (text, from, changes) => {
  expect(brokenInvariants(from, { ...before, ...changes })).toContain(text);
});

test("a record may vanish when it was retiring, or came back", () => {
  const retiring = { ...before, replaced: [record(1, { state: "retiring" })] };
  expect(brokenInvariants(retiring, { ...retiring, replaced: [] })).toEqual([]);
  expect(brokenInvariants(before, { ...before, ...promoted })).toEqual([]);
});

describe("a promotion", () => {
  test("makes next current and the old current a held record, in one step", () => {
    const after = promote(before, nextOf("proven"), at);
    expect(after.current).toEqual(generation(3, { promotedAtMs: t0 }));
    expect(after).toMatchObject({
      epoch: 3,
      promotedMax: 3,
      next: null,
      current: { generation: 3, epoch: 3, versionIds: ["v3"], promotedAtMs: t0 },
      replaced: [{ generation: 1 }, { generation: 2, state: "held", replacedAtMs: t0, drainFrom: null }],
      holdSinceMs: null,
    });
  });

  test("a roll back takes its generation out of the records, keeps its attempt and versions, and holds schedules", () => {
    const back = nextOf("proven", {
      generation: 1,
      attempt: "beef",
      rollBack: true,
      versionId: "v1-again",
      reason: "roll-back",
    });
    const after = promote({ ...before, next: back }, back, at);
    expect(after.current).toMatchObject({ generation: 1, epoch: 3, attempt: "0001", versionIds: ["v1-again", "v1"] });
    expect(after.replaced.map((one) => one.generation)).toEqual([2]);
    expect(after).toMatchObject({ holdSinceMs: t0, promotedMax: 2 });
    expect(brokenInvariants({ ...before, next: back }, after)).toEqual([]);
  });

  test.each([
    ["refused", 3],
    ["value-lost", 3],
    ["schedule", 0],
    ["manual", 0],
  ] as const)("for reason %s: %i emergencies in a row are noted", (reason, count) => {
    const emergencies = { count: 2, lastMs: t0 - hourMs };
    const refusals = { count: 3, firstMs: t0, lastMs: t0 };
    const after = promote({ ...before, emergencies, refusals }, nextOf("proven", { reason }), at);
    expect(after.emergencies).toEqual({ count, lastMs: count === 0 ? 0 : t0 });
    expect(after.refusals).toBeNull();
  });

  test.each([
    ["rebuilt", t0],
    ["roll-back", null],
  ] as const)("of what comes back for reason %s, a rotation of its own is asked for at %s", (reason, askedSinceMs) => {
    const back = nextOf("proven", { generation: 1, rollBack: true, versionId: "v1-again", reason });
    expect(promote({ ...before, next: back }, back, at).askedSinceMs).toBe(askedSinceMs);
  });

  test.each([
    ["at its refresh", instant(t0 - 30_000), instant(t0 - 30_000)],
    ["at the latest now, where no refresh was noted", undefined, at],
  ] as const)("in place the old secret ended %s", (_what, refreshedAt, thrownAwayAt) => {
    const next = nextOf("proven", { robot: generation(2).robot, refreshedAt });
    expect(promote({ ...before, next }, next, at).replaced.at(-1)).toMatchObject({ generation: 2, thrownAwayAt });
  });

  test.each([
    ["only a proven generation", before, nextOf("staged")],
    ["staged for epoch 7", before, nextOf("proven", { epoch: 7 })],
    ["a roll back needs a living", before, nextOf("proven", { rollBack: true })],
    ["a roll back needs a living", before, nextOf("proven", { generation: 1 })],
    [
      "a roll back needs a living",
      { ...before, replaced: [record(1, { state: "retiring" })] },
      nextOf("proven", { generation: 1, rollBack: true }),
    ],
  ] as const)("is refused: %s", (text, ledger, next) => {
    expect(() => promote(ledger, next, at)).toThrow(text);
  });
});
