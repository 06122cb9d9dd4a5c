import { describe, expect, test } from "vitest";
import type { HomeEffect } from "../../../core/protocol/effects.ts";
import { startHome } from "../../../core/protocol/home-state.ts";
import { homeStep } from "../../../core/protocol/home-step.ts";
import { versionOf } from "../../../core/protocol/home-watch.ts";
import { type Answers, fails, playHome, traceOf } from "./home-tick.ts";
import { generation, hourMs, ledgerWith, minuteMs, record, settingsWith, siteLedgerWith, t0 } from "./ledgers.ts";

test("a tick begins with nothing read, nothing known of other clocks, and its act to be taken", () => {
  expect(startHome(settingsWith(), t0)).toMatchObject({
    offsets: { registryMs: null, ledgerMs: null },
    ledger: null,
    replies: {},
    inFlight: {},
    actDone: true,
    saves: 0,
    outcome: null,
  });
  expect(startHome(settingsWith({ act: { type: "rotate" } }), t0).actDone).toBe(false);
});

/** The server's clock counts for the system that answered. */
describe("clocks are read from replies", () => {
  const failed = { ok: false, failure: { kind: "unreachable", text: "scripted" } } as const;
  const offsetsAfter = (effect: HomeEffect, serverMs: number | null) => {
    const before = { ...startHome(settingsWith(), t0), offsets: { registryMs: 1, ledgerMs: 2 } };
    return homeStep(before, { type: "reply", effect, reply: failed, serverMs }, t0).state.offsets;
  };

  test.each<[HomeEffect, { registryMs: number; ledgerMs: number }]>([
    [{ type: "list-robots" }, { registryMs: 500, ledgerMs: 2 }],
    [
      { type: "mint", generation: 3, attempt: "dada", ledgerId: "" },
      { registryMs: 500, ledgerMs: 2 },
    ],
    [
      { type: "prove", versionId: "v2", purpose: "watch" },
      { registryMs: 500, ledgerMs: 2 },
    ],
    [{ type: "whoami" }, { registryMs: 500, ledgerMs: 2 }],
    [
      { type: "read-robot", id: 1 },
      { registryMs: 500, ledgerMs: 2 },
    ],
    [{ type: "load-ledger" }, { registryMs: 1, ledgerMs: 500 }],
    [
      { type: "save", ledger: ledgerWith(), expected: null, why: "" },
      { registryMs: 1, ledgerMs: 500 },
    ],
    [
      { type: "read-store", site: "aws" },
      { registryMs: 1, ledgerMs: 2 },
    ],
    [
      { type: "load-site", site: "aws" },
      { registryMs: 1, ledgerMs: 2 },
    ],
  ])("of %o", (effect, offsets) => {
    expect(offsetsAfter(effect, t0 + 500)).toEqual(offsets);
    expect(offsetsAfter(effect, null)).toEqual({ registryMs: 1, ledgerMs: 2 });
  });
});

describe("a save", () => {
  const wished = ledgerWith({ askedSinceMs: t0 });

  test.each([
    ["conflict", "lost-race", "lost-race", "another runner wrote the ledger first", false],
    [
      "denied",
      "blocked",
      "ledger-unwritable",
      "the home's ledger could not be saved (it may have been): scripted",
      true,
    ],
    [
      "unreachable",
      "waiting",
      "ledger-unwritable",
      "the home's ledger could not be saved (it may have been): scripted",
      false,
    ],
  ] as const)("that fails (%s) ends the tick: %s", (kind, end, code, text, blocks) => {
    const { outcome, changed } = playHome({ ledger: wished, answers: { save: () => fails(kind) } });
    expect(outcome).toEqual({ end, nextAtMs: t0 + minuteMs, waits: [text], problems: [{ code, text, blocks }] });
    expect(changed).toEqual([]);
  });

  test("expects the revision that was read, then each that was written", () => {
    const { asked } = playHome({ ledger: wished });
    const expected = asked.flatMap((effect) => (effect.type === "save" ? effect.expected : []));
    expect(expected).toEqual(["r0", "r1", "r2", "r3", "r4"]);
  });

  test("of a ledger that must not be is a defect, not a problem: it is thrown, with all that is broken", () => {
    const broken = ledgerWith({
      askedSinceMs: t0,
      replaced: [record(1, { epoch: 2, drainFrom: { localMs: 1, registryMs: null, ledgerMs: null } })],
    });
    const dark: Answers = { "load-site": () => ({ ledger: siteLedgerWith("aws", { served: 0 }) }) };
    expect(() => playHome({ ledger: broken, answers: dark })).toThrow(
      "a ledger that must not be: a replaced generation is at the current epoch; a drain without a beginning",
    );
  });
});

test("a deadline that comes while calls are under way waits for their answers, and begins nothing more", () => {
  const behind: Answers = { "read-store": () => ({ versionId: "x", trace: traceOf(1) }) };
  const whole = playHome({ ledger: ledgerWith(), answers: behind });
  const firstFlip = whole.asked.findIndex((effect) => effect.type === "flip");
  const late = playHome({
    ledger: ledgerWith(),
    answers: behind,
    settings: { deadlineMs: t0 + hourMs },
    clock: (replies) => (replies > firstFlip ? t0 + hourMs : t0),
  });
  expect(late.changed).toEqual(["flip aws", "flip azure"]);
  expect(late.outcome).toMatchObject({ end: "deadline", nextAtMs: t0 + hourMs + 1 });
});

test("a generation without a version has no value that could be read", () => {
  expect(versionOf(generation(2, { versionIds: ["v2", "v1"] }))).toBe("v2");
  expect(() => versionOf({ versionIds: [] })).toThrow("a promoted generation has a version id");
});
