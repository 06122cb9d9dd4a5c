import { describe, expect, test } from "vitest";
import type { HomeLedger } from "../../../core/protocol/state.ts";
import { type Answers, fails, marked, playHome, traceOf } from "./home-tick.ts";
import { dayMs, hourMs, ledgerWith, limits, minuteMs, record, t0 } from "./ledgers.ts";

const refused: Answers = {
  prove: ({ purpose, versionId }) => ({ verdict: purpose === "watch" && versionId === "v2" ? "refused" : "accepted" }),
};
const refusals = (count: number, spanMs: number, lastAgoMs = 2 * minuteMs) => ({
  count,
  firstMs: t0 - lastAgoMs - spanMs,
  lastMs: t0 - lastAgoMs,
});

describe("refused", () => {
  test("three times over some minutes, and a next one is minted and promoted at once", () => {
    let ledger = ledgerWith({ replaced: [record(1, { state: "draining" })] });
    const epochs: number[] = [];
    for (let tick = 0; tick < 6; tick += 1) {
      const played = playHome({
        ledger,
        answers: { ...refused },
        nowMs: t0 + tick * minuteMs,
        settings: { act: null },
      });
      ledger = played.ledger;
      epochs.push(ledger.epoch);
      if (ledger.epoch === 3) break;
      // Every retirement stops meanwhile.
      expect(ledger.replaced[0]?.state).not.toBe("retiring");
    }
    expect(epochs).toEqual([2, 2, 2, 2, 3]);
    expect(ledger).toMatchObject({ current: { generation: 3 }, refusals: null, emergencies: { count: 1 } });
  });

  test("refusals that come quickly one after another count once", () => {
    const first = playHome({ ledger: ledgerWith(), answers: refused }).ledger;
    expect(first.refusals).toEqual({ count: 1, firstMs: t0, lastMs: t0 });
    expect(playHome({ ledger: first, answers: refused, nowMs: t0 + 30_000 }).ledger.refusals?.count).toBe(1);
  });

  test("and accepted again: the count is dropped", () => {
    expect(playHome({ ledger: ledgerWith({ refusals: refusals(2, hourMs) }) }).ledger.refusals).toBeNull();
  });

  test("counted by a clock days ahead, it is counted anew", () => {
    const ahead = { count: 1, firstMs: t0 + 3 * dayMs, lastMs: t0 + 3 * dayMs };
    expect(playHome({ ledger: ledgerWith({ refusals: ahead }), answers: refused }).ledger.refusals).toEqual({
      count: 1,
      firstMs: t0,
      lastMs: t0,
    });
  });
});

describe("an outage mints nothing", () => {
  test.each<[string, Answers]>([
    ["no verdict could be had", { prove: () => ({ verdict: "unreachable" }) }],
    ["it logs in and may not pull", { prove: () => ({ verdict: "no-right" }) }],
    ["the issuer cannot log in either", { ...refused, whoami: () => fails() }],
    ["the registry does not show the robot", { ...refused, "read-robot": () => fails() }],
    ["the store cannot give the value back now", { "read-version": () => fails() }],
  ])("%s", (_what, answers) => {
    let ledger: HomeLedger = ledgerWith();
    for (let tick = 0; tick < 8; tick += 1) {
      const played = playHome({ ledger, answers, nowMs: t0 + tick * 5 * minuteMs });
      expect(played.changed).toEqual([]);
      ledger = played.ledger;
    }
    expect(ledger).toMatchObject({ epoch: 2, next: null, refusals: null });
  });
});

describe("a value that no store can give back", () => {
  const lost: Answers = { "read-version": ({ versionId }) => (versionId === "v2" ? fails("not-found") : kept) };
  const kept = { trace: { ...traceOf(3), epoch: 3, hash: "5e", username: "robot$platform-pull-g3-dada" } };

  test("is a reason to rotate at once", () => {
    const played = playHome({ ledger: ledgerWith(), answers: lost });
    expect(played.saves).toContain("generation 3 begun (value-lost)");
    expect(played.ledger).toMatchObject({ epoch: 3, emergencies: { count: 1, lastMs: t0 } });
  });

  test("so is one that came back as another", () => {
    const other: Answers = { "read-version": ({ versionId }) => (versionId === "v2" ? { trace: null } : kept) };
    expect(playHome({ ledger: ledgerWith(), answers: other }).saves).toContain("generation 3 begun (value-lost)");
  });

  /** After so many in a row, this long after the last. */
  test.each([
    [1, hourMs - 1, false],
    [1, hourMs, true],
    [2, 2 * hourMs - 1, false],
    [2, 2 * hourMs, true],
    [4, 8 * hourMs - 1, false],
    [4, 8 * hourMs, true],
    [30, dayMs - 1, false],
    [30, dayMs, true],
    [3, -3 * dayMs, true],
  ])("after %i such promotions in a row, %i ms after the last: %s", (count, agoMs, begins) => {
    const ledger = ledgerWith({ emergencies: { count, lastMs: t0 - agoMs } });
    expect(playHome({ ledger, answers: lost }).ledger.epoch).toBe(begins ? 3 : 2);
  });
});

describe("what is counted, to the moment", () => {
  const pausing = { emergencies: { count: 1, lastMs: t0 } };
  const refusedAgain = (count: number, agoMs: number, more: Partial<HomeLedger> = {}) => {
    const seen = { count, firstMs: t0 - agoMs - (count - 1) * 90_000, lastMs: t0 - agoMs };
    return playHome({ ledger: ledgerWith({ refusals: seen, ...more }), answers: refused });
  };
  // Three times over three minutes: a minute and a half between two of them.
  test.each([
    [1, 90_000 - 1, 1],
    [1, 90_000, 2],
    [2, 90_000, 3],
  ])("%i, the last %i ms ago: %i", (count, agoMs, expected) => {
    expect(refusedAgain(count, agoMs, pausing).ledger.refusals?.count).toBe(expected);
  });

  test("each is saved with its number", () => {
    expect(refusedAgain(1, 90_000).saves).toContain("the current generation was refused (2)");
    const accepted = playHome({ ledger: ledgerWith({ refusals: refusals(1, 0) }) });
    expect(accepted.saves).toEqual(["the current generation is accepted again", "lease given back"]);
  });

  test("enough is enough: no more are counted while the next promotion waits", () => {
    expect(refusedAgain(3, hourMs, pausing).saves).toEqual([]);
  });

  test("by a clock that is ahead: as far as they may lie apart, not further", () => {
    expect(refusedAgain(1, -3 * minuteMs, pausing).ledger.refusals?.lastMs).toBe(t0 + 3 * minuteMs);
    expect(refusedAgain(1, -3 * minuteMs - 1, pausing).ledger.refusals).toEqual({ count: 1, firstMs: t0, lastMs: t0 });
  });

  test.each<[number, number, boolean]>([
    [3, 3 * minuteMs, true],
    [3, 3 * minuteMs - 1, false],
    [2, hourMs, false],
  ])("%i of them over %i ms are a reason: %s", (count, spanMs, begins) => {
    const ledger = ledgerWith({ refusals: refusals(count, spanMs, 0) });
    expect(playHome({ ledger, answers: refused }).saves.includes("generation 3 begun (refused)")).toBe(begins);
  });

  test("a value that cannot be read is not tried at the registry", () => {
    const { asked } = playHome({ ledger: ledgerWith(), answers: { "read-version": () => fails() } });
    expect(asked.filter(({ type }) => type === "prove")).toEqual([]);
  });
});

test("the limits above are the ones in use", () => {
  expect([limits.refusedCountMin, limits.refusedSpanMs, limits.emergencyGapMs]).toEqual([3, 3 * minuteMs, hourMs]);
  expect(marked(2).username).toBe(traceOf(2).username);
});
