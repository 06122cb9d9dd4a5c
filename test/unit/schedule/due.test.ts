import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { due, dueBySchedule, latestStart } from "../../../core/schedule/due.ts";
import { stableFraction } from "../../../core/schedule/jitter.ts";
import type { ScheduleRule, Turn } from "../../../core/schedule/rules.ts";
import { formatSpan } from "../../../core/schedule/span.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const weekly: ScheduleRule = { kind: "interval", everyMs: 7 * dayMs, jitterShare: 0.1 };
const turn: Turn = { credential: "platform-pull", generation: 3, promotedAtMs: 1_000_000 * dayMs };
const waits = { distributionMaxMs: hourMs, drainMs: 2 * hourMs, marginMs: 3 * hourMs };

describe("by schedule", () => {
  test("an interval without jitter is due exactly then", () => {
    expect(dueBySchedule([{ ...weekly, jitterShare: 0 }], turn)).toEqual({
      dueMs: turn.promotedAtMs + 7 * dayMs,
      why: "7d after promotion",
    });
  });

  test("jitter makes it earlier, always by the same for one generation, and says so", () => {
    const first = dueBySchedule([weekly], turn);
    expect(dueBySchedule([weekly], { ...turn })).toEqual(first);
    expect(dueBySchedule([weekly], { ...turn, generation: 4 })?.dueMs).not.toBe(first?.dueMs);
    expect(dueBySchedule([weekly], { ...turn, credential: "ci-push" })?.dueMs).not.toBe(first?.dueMs);
    expect(first?.why).toMatch(/^7d after promotion, \d+h( \d+m)? early by jitter$/);
  });

  // Written down, because two versions that differ here would disagree on when a credential is due.
  test("the fraction of a generation never changes between versions", () => {
    expect(stableFraction("platform-pull", 3)).toBe(0.5113199149763439);
  });

  test("of several rules the earliest counts; without any there is no date", () => {
    const daily: ScheduleRule = { kind: "interval", everyMs: dayMs, jitterShare: 0 };
    expect(dueBySchedule([weekly, daily], turn)?.dueMs).toBe(turn.promotedAtMs + dayMs);
    expect(dueBySchedule([daily, weekly], turn)?.dueMs).toBe(turn.promotedAtMs + dayMs);
    expect(dueBySchedule([], turn)).toBeNull();
  });

  test("a thousand credentials promoted together spread evenly over the jitter", () => {
    const windowMs = 7 * dayMs * 0.1;
    const early = Array.from({ length: 1_000 }, (_, n) => {
      const dueMs = dueBySchedule([weekly], { ...turn, credential: `team-${n}` })?.dueMs ?? Number.NaN;
      return turn.promotedAtMs + 7 * dayMs - dueMs;
    });
    expect(early.every((ms) => ms >= 0 && ms < windowMs)).toBe(true);
    const tenths = Array.from(
      { length: 10 },
      (_, n) => early.filter((ms) => Math.floor((ms / windowMs) * 10) === n).length,
    );
    for (const count of tenths) {
      expect(count).toBeGreaterThan(60);
      expect(count).toBeLessThan(145);
    }
    expect(new Set(early).size).toBe(1_000);
  });
});

describe("the second date", () => {
  test("is expiry − distribution − drain − margin", () => {
    expect(latestStart({ expiresAtMs: turn.promotedAtMs, ...waits })).toBe(turn.promotedAtMs - 6 * hourMs);
    expect(latestStart({ expiresAtMs: null, ...waits })).toBeNull();
  });

  test("wins when it is earlier, and says so", () => {
    const request = { ...turn, ...waits, rules: [weekly], expiresAtMs: turn.promotedAtMs + 2 * dayMs };
    expect(due(request)).toEqual({
      dueMs: turn.promotedAtMs + 2 * dayMs - 6 * hourMs,
      reason: "expiry",
      why: "6h before the robot expires",
    });
    expect(due({ ...request, expiresAtMs: turn.promotedAtMs + 30 * dayMs })?.reason).toBe("schedule");
    expect(due({ ...request, rules: [] })?.reason).toBe("expiry");
    expect(due({ ...request, rules: [], expiresAtMs: null })).toBeNull();
    expect(due({ ...request, expiresAtMs: null })?.reason).toBe("schedule");
  });

  test("is never passed, whatever the rules, and the interval neither", () => {
    const span = fc.integer({ min: 0, max: 4_000 * dayMs });
    const rule = fc.record({
      kind: fc.constant("interval" as const),
      everyMs: fc.integer({ min: 1_000, max: 3_650 * dayMs }),
      jitterShare: fc.double({ min: 0, max: 0.5, noNaN: true }),
    });
    const request = fc.record({
      credential: fc.stringMatching(/^[a-z0-9]{1,20}$/),
      generation: fc.nat(),
      promotedAtMs: span,
      expiresAtMs: fc.option(span),
      distributionMaxMs: span,
      drainMs: span,
      marginMs: span,
      rules: fc.array(rule, { maxLength: 4 }),
    });
    fc.assert(
      fc.property(request, (asked) => {
        const found = due(asked);
        const second = latestStart(asked);
        if (second !== null) expect(found?.dueMs).toBeLessThanOrEqual(second);
        for (const { everyMs } of asked.rules) expect(found?.dueMs).toBeLessThanOrEqual(asked.promotedAtMs + everyMs);
        expect(found === null).toBe(second === null && asked.rules.length === 0);
        expect(Number.isInteger(found?.dueMs ?? 0)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

test.each([
  [0, "0ms"],
  [250, "250ms"],
  [90_000, "1m 30s"],
  [hourMs, "1h"],
  [6 * dayMs + 4 * hourMs + 5, "6d 4h"],
  [dayMs + 60_000, "1d"],
  [-5, "0ms"],
])("%i ms reads %s", (ms, text) => expect(formatSpan(ms)).toBe(text));
