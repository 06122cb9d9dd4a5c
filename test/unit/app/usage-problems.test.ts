import { describe, expect, test } from "vitest";
import { usageProblems, usageText } from "../../../core/app/usage-problems.ts";
import type { UsageSeen } from "../../../core/protocol/effects.ts";
import { playHome } from "../protocol/home-tick.ts";
import { hourMs, instant, ledgerWith, record, t0, usernameOf } from "../protocol/ledgers.ts";

const drainFrom = instant(t0 - hourMs);

/** A tick in which the drain of generation 1 is over, and the log says this of it. */
function asked(usage: UsageSeen, expiresAtMs: number | null = t0 + hourMs) {
  const draining = { ...record(1), state: "draining", drainFrom } as const;
  const ledger = ledgerWith({ replaced: [{ ...draining, robot: { ...draining.robot, expiresAtMs } }] });
  const { state } = playHome({ ledger, answers: { "ask-usage": () => usage, "list-robots": () => ({ robots: [] }) } });
  return { state, problems: usageProblems(state), use: state.ledger?.replaced.map((one) => usageText(state, one)) };
}

const inUse = { verdict: "in-use", lastSeenMs: t0 - 90_000, resource: "apps/web:1" } as const;
const timeOf = (ms: number) => new Date(ms).toISOString();

describe("a replaced robot that somebody still pulls with", () => {
  test("is named with time, image and latest end, in the very tick that begins its drain anew", () => {
    const { problems, use, state } = asked(inUse);
    expect(state.ledger?.replaced).toMatchObject([{ state: "draining", drainFrom: { localMs: t0 - 90_000 } }]);
    expect(problems).toEqual([
      {
        code: "still-used",
        text: `${usernameOf(1)} of generation 1 was pulled with at ${timeOf(t0 - 90_000)}, of apps/web:1, though everybody known here holds a later one: look for a copy that nobody manages. Its drain begins anew; at latest it ends at ${timeOf(t0 + hourMs)}`,
        blocks: false,
      },
    ]);
    expect(use).toEqual([`in use: pulled with at ${timeOf(t0 - 90_000).slice(0, 19)}Z of apps/web:1`]);
  });

  test("without an image where the log names none, and without an end where there is none", () => {
    const { problems, use } = asked({ verdict: "in-use", lastSeenMs: t0 - 90_000 }, null);
    expect(problems[0]?.text).toContain(`at ${timeOf(t0 - 90_000)}, though everybody known`);
    expect(problems[0]?.text).toMatch(/Its drain begins anew$/);
    expect(use?.[0]).toMatch(/Z$/);
  });
});

test("a pull that was under way when the drain began is nobody's copy: its drain begins anew from there, without a word", () => {
  const { problems, state } = asked({ verdict: "in-use", lastSeenMs: t0 - hourMs + 60_000 });
  expect(problems).toEqual([]);
  expect(state.ledger?.replaced).toMatchObject([{ drainFrom: { localMs: t0 - hourMs + 60_000 } }]);
  expect(asked({ verdict: "in-use", lastSeenMs: t0 - hourMs + 60_001 }).problems).toHaveLength(1);
});

test("silence is told as what it is", () => {
  expect(asked({ verdict: "quiet" })).toMatchObject({
    problems: [],
    use: [`quiet since ${timeOf(t0 - hourMs).slice(0, 19)}Z`],
  });
  expect(asked({ verdict: "no-evidence", why: "the log is off" })).toMatchObject({
    problems: [],
    use: ["no evidence of use: the log is off"],
  });
});

test("nothing is said where nothing was asked", () => {
  const held = ledgerWith({ replaced: [{ ...record(1), state: "draining", drainFrom: instant(t0) }] });
  const { state } = playHome({ ledger: held });
  expect(state.ledger?.replaced.map((one) => usageText(state, one))).toEqual([null]);
  expect(usageProblems(state)).toEqual([]);
});
