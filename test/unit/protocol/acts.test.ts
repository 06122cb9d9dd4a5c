import { describe, expect, test } from "vitest";
import type { Act } from "../../../core/protocol/settings.ts";
import type { AbandonedAttempt, HomeLedger, Replaced } from "../../../core/protocol/state.ts";
import { type Answers, fails, playHome } from "./home-tick.ts";
import { generation, hourMs, ledgerWith, limits, madeOf, mintingNext, nextOf, record, t0 } from "./ledgers.ts";

/** The first save of a tick that was asked for something: its ledger without the lease, and why it was made. */
function firstSave(ledger: HomeLedger, act: Act, answers: Answers = {}) {
  const { asked } = playHome({ ledger, settings: { act }, answers });
  const save = asked.find((effect) => effect.type === "save");
  return save === undefined ? undefined : { ledger: { ...save.ledger, lease: null }, why: save.why };
}
const refusal = (ledger: HomeLedger, act: Act) => {
  const { outcome, state, saves } = playHome({ ledger, settings: { act } });
  expect([state.actDone, outcome.end, saves]).toEqual([true, "blocked", []]);
  return outcome.problems.filter(({ code }) => code === "act-refused");
};
const manyAbandoned: readonly AbandonedAttempt[] = Array.from({ length: 100 }, (_, n) => ({
  generation: 3,
  attempt: `old${n}`,
  atMs: t0 - 30 * hourMs,
}));
const robotOf = (n: number, expiresAtMs: number | null) => ({ ...generation(n).robot, expiresAtMs });
const other = (changes: Partial<Replaced>) => record(4, { epoch: 0, robot: robotOf(4, null), ...changes });

describe("a roll back", () => {
  const back = (to: number | null): Act => ({ type: "roll-back", generation: to });
  const drains = ledgerWith({ replaced: [record(1, { state: "draining" })], askedSinceMs: t0 });

  test("is written down before anything is done, and takes the place of a wish for a new generation", () => {
    expect(firstSave(drains, back(1))).toEqual({
      ledger: {
        ...drains,
        askedSinceMs: null,
        next: {
          state: "minting",
          generation: 1,
          attempt: "dada",
          startedAtMs: t0,
          reason: "roll-back",
          madeOf,
          rollBack: true,
        },
      },
      why: "roll back to generation 1 begun",
    });
  });

  test("of what makes way for it the last hundred are kept", () => {
    const saved = firstSave({ ...drains, abandoned: manyAbandoned, next: nextOf("staged") }, back(1));
    expect(saved?.ledger.abandoned).toHaveLength(100);
    expect(saved?.ledger.abandoned.at(-1)).toEqual({ generation: 3, attempt: "0003", atMs: t0 });
  });

  test("another roll back makes way without being called given up: it minted nothing", () => {
    const next = mintingNext({ generation: 1, reason: "roll-back", rollBack: true, attempt: "beef" });
    expect(firstSave({ ...drains, next }, back(1))?.ledger).toMatchObject({ abandoned: [], next: { attempt: "dada" } });
  });

  const latest = (changes: Partial<Replaced>) => record(3, { epoch: 1, ...changes });

  test.each<[string, readonly Replaced[], number]>([
    ["the one promoted last", [latest({}), record(1, { epoch: 0 })], 3],
    ["the one promoted last, wherever it stands", [record(1, { epoch: 0 }), latest({})], 3],
    ["not one that is retiring", [latest({ state: "retiring" }), record(1, { epoch: 0 })], 1],
    ["not one that was revoked", [latest({ revoked: true }), record(1, { epoch: 0 })], 1],
    ["not one whose value is not known", [latest({ versionIds: [] }), record(1, { epoch: 0 })], 1],
  ])("that names no generation goes to the latest that can be had: %s", (_what, replaced, to) => {
    expect(firstSave(ledgerWith({ promotedMax: 3, replaced }), back(null))?.ledger.next?.generation).toBe(to);
  });

  const withRobot = (expiresAtMs: number | null) =>
    ledgerWith({ replaced: [record(1, { robot: robotOf(1, expiresAtMs) })] });

  test.each([
    ["never expires", null],
    ["has just enough of its life left", t0 + limits.lifeLeftMinMs],
  ])("goes to one that %s", (_what, expiresAtMs) => {
    expect(firstSave(withRobot(expiresAtMs), back(1))?.why).toBe("roll back to generation 1 begun");
  });

  test.each<[string, HomeLedger, number | null]>([
    ["there is no older generation to go back to", ledgerWith(), null],
    ["there is no older generation to go back to", ledgerWith({ replaced: [record(1, { versionIds: [] })] }), null],
    ["generation 7 is not among the replaced ones", drains, 7],
    ["generation 1 was revoked", ledgerWith({ replaced: [record(1, { revoked: true })] }), 1],
    ["generation 1 is retiring already", ledgerWith({ replaced: [record(1, { state: "retiring" })] }), 1],
    ["generation 1 is too near its expiry", withRobot(t0 + limits.lifeLeftMinMs - 1), 1],
    [
      "the value of generation 1 is not known since the ledger was rebuilt",
      ledgerWith({ replaced: [record(1, { versionIds: [] })] }),
      1,
    ],
  ])("is refused: %s", (text, ledger, to) => {
    // What retires is kept from being deleted here, so that the tick saves nothing.
    const { outcome, state } = playHome({ ledger, settings: { act: back(to) }, answers: { save: () => fails() } });
    expect(outcome.problems.filter(({ code }) => code === "act-refused")).toEqual([
      { code: "act-refused", text: `roll back refused: ${text}`, blocks: true },
    ]);
    expect(state.actDone).toBe(true);
  });
});

describe("a revocation", () => {
  const revoke = (n: number, now = false): Act => ({ type: "revoke", generation: n, now });

  test("of next: named as given up, so that its robot is swept", () => {
    const ledger = ledgerWith({ next: nextOf("staged"), abandoned: manyAbandoned });
    const attempt = { generation: 3, attempt: "0003", atMs: t0 };
    expect(firstSave(ledger, revoke(3))).toEqual({
      ledger: { ...ledger, next: null, abandoned: [...manyAbandoned.slice(1), attempt] },
      why: "generation 3 revoked before it was handed out",
    });
  });

  test.each([true, false])("of current (now: %s): it stays current until another one takes its place", (now) => {
    const ledger = ledgerWith({ replaced: [record(1)] });
    expect(firstSave(ledger, revoke(2, now))).toEqual({
      ledger: { ...ledger, current: generation(2, { revoked: true, endNow: now }) },
      why: "generation 2 revoked: a next one is minted at once",
    });
  });

  test.each([
    [false, false, false, "generation 1 revoked"],
    [true, false, true, "generation 1 revoked now"],
    [false, true, true, "generation 1 revoked"],
  ])("of a replaced one (now: %s, and was: %s): what was said once stands", (now, before, endNow, why) => {
    const ledger = ledgerWith({
      replaced: [other({}), record(1, { endNow: before })],
      promotedMax: 4,
      generationMax: 4,
    });
    const saved = firstSave(ledger, revoke(1, now));
    expect(saved?.why).toBe(why);
    expect(saved?.ledger).toEqual({
      ...ledger,
      replaced: [other({}), record(1, { revoked: true, endNow })],
    });
  });

  test("of what a roll back goes to ends the roll back; of another one it does not", () => {
    const next = mintingNext({ generation: 1, reason: "roll-back", rollBack: true });
    const ledger = ledgerWith({ replaced: [record(1), other({})], next, promotedMax: 4, generationMax: 4 });
    expect(firstSave(ledger, revoke(1))?.ledger).toMatchObject({ next: null, abandoned: [] });
    expect(firstSave(ledger, revoke(4))?.ledger.next).toEqual(next);
    const minting = { ...ledger, generationMax: 5, next: mintingNext({ generation: 5 }) };
    expect(firstSave(minting, revoke(1))?.ledger.next).toEqual(minting.next);
  });

  test.each([
    ["current", ledgerWith()],
    ["nothing current, after a rebuild", ledgerWith({ current: null, epoch: 9, rebuiltAtMs: t0 })],
  ])("of nobody is refused, with %s", (_what, ledger) => {
    const { outcome } = playHome({ ledger, settings: { act: revoke(9) }, answers: { save: () => fails() } });
    expect(outcome.problems).toContainEqual({
      code: "act-refused",
      text: "generation 9 is not alive: nothing to revoke",
      blocks: true,
    });
  });

  test("an act that is refused blocks the tick, which saves nothing for it", () => {
    expect(refusal(ledgerWith(), revoke(9))).toHaveLength(1);
  });
});

describe("a wish for a rotation", () => {
  const rotate: Act = { type: "rotate" };

  test("is written down with its moment", () => {
    expect(firstSave(ledgerWith(), rotate)).toEqual({
      ledger: ledgerWith({ askedSinceMs: t0 }),
      why: "a rotation was asked for",
    });
  });

  test("that was there before keeps its moment", () => {
    expect(firstSave(ledgerWith({ askedSinceMs: 5 }), rotate)?.ledger.askedSinceMs).toBe(5);
  });

  test("to begin anew changes nothing where there is a ledger", () => {
    const played = playHome({ ledger: ledgerWith(), settings: { act: { type: "start-new" } } });
    expect(played).toMatchObject({ saves: [], changed: [], outcome: { end: "idle", problems: [] } });
    expect(played.state.actDone).toBe(true);
  });
});

describe("an event", () => {
  const event = (dedupeId?: string): Act => ({ type: "rotate", dedupeId });
  const taken = Array.from({ length: 50 }, (_, n) => `event-${n}`);

  test("is noted with what it asked for; the last fifty are", () => {
    expect(firstSave(ledgerWith({ takenEvents: taken }), event("new"))?.ledger).toMatchObject({
      askedSinceMs: t0,
      takenEvents: [...taken.slice(1), "new"],
    });
  });

  test("that was taken changes nothing; one without an id is always taken, and none is noted", () => {
    expect(firstSave(ledgerWith({ takenEvents: taken }), event("event-7"))).toBeUndefined();
    expect(firstSave(ledgerWith({ takenEvents: taken }), event())?.ledger.takenEvents).toEqual(taken);
  });

  test("whose act is refused is not noted as taken", () => {
    const act: Act = { type: "roll-back", generation: 7, dedupeId: "new" };
    expect(playHome({ ledger: ledgerWith(), settings: { act } })).toMatchObject({
      saves: [],
      state: { ledger: { takenEvents: [] }, actDone: true },
    });
  });

  test("a revocation has no id: it is taken whenever it is asked for", () => {
    const ledger = ledgerWith({ current: generation(2), takenEvents: taken });
    expect(firstSave(ledger, { type: "revoke", generation: 2, now: false })?.ledger.takenEvents).toEqual(taken);
  });
});
