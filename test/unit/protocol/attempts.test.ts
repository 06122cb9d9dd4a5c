import { describe, expect, test } from "vitest";
import { sameMadeOf } from "../../../core/protocol/home-line.ts";
import type { RotationLimits } from "../../../core/protocol/settings.ts";
import type { AbandonedAttempt, HomeLedger, NextGeneration } from "../../../core/protocol/state.ts";
import { type Answers, fails, playHome, type Scene, traceOf } from "./home-tick.ts";
import {
  attemptOf,
  dayMs,
  generation,
  hourMs,
  ledgerWith,
  limits,
  madeOf,
  mintingNext,
  minuteMs,
  nextOf,
  record,
  settingsWith,
  t0,
  versionIdOf,
} from "./ledgers.ts";

const rotate = { act: { type: "rotate" } } as const;
const wished = ledgerWith({ askedSinceMs: t0 });
const gaveUp = (generationOf: number, ...agoMs: readonly number[]): readonly AbandonedAttempt[] =>
  agoMs.map((ms, n) => ({ generation: generationOf, attempt: `a${n}`, atMs: t0 - ms }));
const problemsOf = (scene: Scene) => playHome(scene).outcome.problems;
const savesOf = (scene: Scene) =>
  playHome(scene).asked.flatMap((effect) =>
    effect.type === "save" ? [{ why: effect.why, ledger: effect.ledger }] : [],
  );

test.each([
  [{}, true],
  [{ registry: "other" }, false],
  [{ strategy: "alternating" as never }, false],
  [{ level: "project" as const }, false],
  [{ durationDays: 31 }, false],
  [{ rights: "push" }, false],
])("what a generation is made of is compared whole: %o is the same: %s", (changes, same) => {
  expect(sameMadeOf(madeOf, { ...madeOf, ...changes })).toBe(same);
});

describe("a beginning is written down before anything is made", () => {
  const begun = (ledger: HomeLedger) => savesOf({ ledger }).find(({ why }) => why.includes("begun"));

  test("generation, attempt, reason and what it is to be made of", () => {
    expect(begun(wished)).toEqual({
      why: "generation 3 begun (manual)",
      ledger: {
        ...wished,
        lease: { owner: "runner-1", untilMs: t0 + limits.leaseMs },
        next: {
          state: "minting",
          generation: 3,
          attempt: "dada",
          startedAtMs: t0,
          reason: "manual",
          madeOf,
          rollBack: false,
        },
      },
    });
  });

  test.each([
    [2, 2, 3, 3],
    [2, 7, 3, 7],
  ])(
    "promoted up to %i, named up to %i: the next one is %i, named up to %i",
    (promotedMax, generationMax, next, named) => {
      expect(begun({ ...wished, promotedMax, generationMax })?.ledger).toMatchObject({
        next: { generation: next },
        generationMax: named,
      });
    },
  );

  test("then each step, and its reason, is a save of its own", () => {
    expect(savesOf({ ledger: wished }).map(({ why }) => why)).toEqual([
      "generation 3 begun (manual)",
      "staged",
      "read back alike",
      "generation 3 promoted, epoch 3",
      "lease given back",
    ]);
  });

  test("what is staged carries the next epoch; what is minted and staged bears the attempt", () => {
    const { asked } = playHome({ ledger: wished });
    const ledgerId = wished.ledgerId;
    expect(asked).toContainEqual({ type: "mint", generation: 3, attempt: "dada", ledgerId });
    expect(asked.find(({ type }) => type === "stage")).toMatchObject({
      attempt: "dada",
      ledgerId,
      epoch: 3,
      generation: 3,
      robot: { id: 50 },
      fromVersionId: null,
    });
    const staged = savesOf({ ledger: wished })[1]?.ledger.next;
    expect(staged).toMatchObject({ state: "staged", epoch: 3, versionId: "staged", hash: "5e", robot: { id: 50 } });
  });

  test("not while another one is on its way, whatever is wished for", () => {
    const next = nextOf("proven");
    const played = playHome({
      ledger: { ...wished, next },
      answers: { prove: ({ versionId }) => ({ verdict: versionId === "v2" ? "accepted" : "unreachable" }) },
    });
    expect([played.saves, played.ledger.next]).toEqual([[], next]);
  });

  test("not after the deadline, and not a second time in one tick", () => {
    expect(playHome({ ledger: wished, settings: { deadlineMs: t0 } }).saves).toEqual([]);
    const failed = playHome({ ledger: wished, answers: { mint: () => fails() }, settings: { limits: eager } });
    expect(failed.saves.filter((why) => why.includes("begun"))).toHaveLength(1);
  });

  test("the due dates that were read belong to the one that was current", () => {
    const due = { scheduleMs: t0, expiryMs: t0 };
    const played = playHome({ ledger: ledgerWith(), due });
    expect(played.saves.filter((why) => why.includes("begun"))).toEqual(["generation 3 begun (expiry)"]);
    expect([played.state.due, played.ledger.epoch]).toEqual([null, 3]);
  });
});

const eager: RotationLimits = { ...limits, attemptBackoffMs: 0 };

/** When the next attempt may be made, after those of the last hour. */
describe("after attempts that failed", () => {
  const begins = (abandoned: readonly AbandonedAttempt[], changes: Partial<HomeLedger> = {}) =>
    playHome({ ledger: { ...wished, abandoned, ...changes } }).saves.includes("generation 3 begun (manual)");

  test.each<[string, readonly AbandonedAttempt[], boolean]>([
    ["one, a moment before its pause is over", gaveUp(3, minuteMs - 1), false],
    ["one, when its pause is over", gaveUp(3, minuteMs), true],
    ["two, a moment before twice the pause", gaveUp(3, 9 * minuteMs, 2 * minuteMs - 1), false],
    ["two, after twice the pause", gaveUp(3, 9 * minuteMs, 2 * minuteMs), true],
    ["five, at the longest pause", gaveUp(3, 50, 40, 30, 20, 10 * minuteMs), true],
    ["six within the hour", gaveUp(3, ...[59, 50, 40, 30, 25, 20].map((m) => m * minuteMs)), false],
    [
      "six, the first of them a moment less than an hour ago",
      gaveUp(3, hourMs - 1, ...[50, 40, 30, 25, 20].map((m) => m * minuteMs)),
      false,
    ],
    ["six, the first of them an hour ago", gaveUp(3, hourMs, ...[50, 40, 30, 25, 20].map((m) => m * minuteMs)), true],
    ["one that a clock ahead noted within the hour", gaveUp(3, -5 * minuteMs), false],
    ["one that a clock an hour ahead noted", gaveUp(3, -hourMs), true],
  ])("%s: another one begins %s", (_what, abandoned, expected) => {
    expect(begins(abandoned)).toBe(expected);
  });

  test("those of a generation that was promoted since cost no pause, but count in the hour", () => {
    expect(begins(gaveUp(2, 1))).toBe(true);
    expect(begins(gaveUp(2, ...[59, 50, 40, 30, 25, 1].map((m) => m * minuteMs)))).toBe(false);
  });

  test("when it may begin is told", () => {
    expect(problemsOf({ ledger: { ...wished, abandoned: gaveUp(3, 1_000) } })).toContainEqual({
      code: "attempts-paused",
      text: `attempts failed; the next one may begin at ${t0 - 1_000 + minuteMs} ms`,
      blocks: false,
    });
    const six = gaveUp(3, ...[59, 50, 40, 30, 25, 20].map((m) => m * minuteMs));
    expect(problemsOf({ ledger: { ...wished, abandoned: six } })).toContainEqual({
      code: "attempts-paused",
      text: `attempts failed; the next one may begin at ${t0 + minuteMs} ms`,
      blocks: false,
    });
  });
});

describe("a wanted rotation that cannot begin, word by word", () => {
  const old = generation(2, { madeOf: { ...madeOf, registry: "old" } });
  const full = { ...settingsWith(), limits: { ...limits, replacedMax: 1 } };

  test.each<[string, string, boolean, Scene]>([
    [
      "registry-changed",
      "generation 2 lives at registry old: give the credential for main a name of its own",
      true,
      { ledger: { ...wished, current: old } },
    ],
    [
      "too-many-replaced",
      "1 replaced generations are not gone yet: see what holds them",
      true,
      { ledger: { ...wished, replaced: [record(1)] }, settings: full },
    ],
    [
      "store-unreadable",
      "the home store cannot be read: a new secret could not be kept",
      false,
      { ledger: wished, answers: { "read-store": ({ site }) => (site === "aws" ? fails() : storeAtTwo) } },
    ],
    [
      "registry-unreadable",
      "the registry cannot list robots: nothing is minted",
      false,
      { ledger: wished, answers: { "list-robots": () => fails() } },
    ],
    [
      "issuer-refused",
      "the issuer cannot log in: scripted",
      true,
      { ledger: wished, answers: { whoami: () => fails("denied") } },
    ],
    [
      "issuer-refused",
      "the issuer cannot log in: scripted",
      false,
      { ledger: wished, answers: { whoami: () => fails("unreachable") } },
    ],
    [
      "registry-read-only",
      "the registry is in read-only mode",
      false,
      { ledger: wished, answers: { whoami: () => ({ readOnly: true }) } },
    ],
  ])("%s: %s (blocks: %s)", (code, text, blocks, scene) => {
    expect(problemsOf(scene)).toContainEqual({ code, text, blocks });
    expect(playHome(scene).changed).toEqual([]);
  });

  const due = { scheduleMs: null, expiryMs: t0 };
  const two = [record(1), record(4, { epoch: 0 })];

  test.each<[string, Scene, boolean]>([
    ["one that may wait, at the limit", { ledger: { ...wished, replaced: [record(1)] }, settings: full }, false],
    [
      "one for the schedule, at the limit",
      { ledger: ledgerWith({ replaced: [record(1)] }), due: { scheduleMs: t0, expiryMs: null }, settings: full },
      false,
    ],
    [
      "one that cannot wait, at the limit",
      { ledger: ledgerWith({ replaced: [record(1)] }), due, settings: full },
      true,
    ],
    [
      "one that cannot wait, at twice the limit",
      { ledger: ledgerWith({ replaced: two, promotedMax: 4, generationMax: 4 }), due, settings: full },
      false,
    ],
    [
      "one with nothing current, at any number",
      {
        ledger: ledgerWith({
          current: null,
          epoch: 9,
          rebuiltAtMs: t0,
          replaced: two,
          promotedMax: 4,
          generationMax: 4,
        }),
        settings: full,
      },
      true,
    ],
  ])("%s begins: %s", (_what, scene, begins) => {
    const holding: Answers = { "load-site": () => ({ ledger: null }) };
    expect(playHome({ ...scene, answers: holding }).saves.some((why) => why.includes("begun"))).toBe(begins);
  });

  test("a robot of another registry is no reason before there is one", () => {
    expect(problemsOf({ ledger: ledgerWith({ current: null, epoch: 0, promotedMax: 0 }) })).toEqual([]);
  });
});

const storeAtTwo = { versionId: "v2", trace: traceOf(2) };
const staged = ledgerWith({ next: nextOf("staged") });
const proven = ledgerWith({ next: nextOf("proven") });
const backNext = (changes: Partial<Extract<NextGeneration, { state: "minting" }>> = {}) =>
  mintingNext({ generation: 1, attempt: "beef", reason: "roll-back", rollBack: true, ...changes });
const goingBack = ledgerWith({ replaced: [record(1, { state: "draining" })], next: backNext() });

/** Why each attempt was given up, as an operator reads it, and what the ledger keeps of it. */
describe("given up", () => {
  const only = (purpose: string, verdict: "refused" | "no-right"): Answers => ({
    prove: (effect) => ({ verdict: effect.purpose === purpose && effect.versionId !== "v2" ? verdict : "accepted" }),
  });
  const versionGone: Answers = {
    "read-version": ({ versionId }) => (versionId === "v2" ? { trace: traceOf(2) } : fails("not-found")),
  };
  const gives = (changes: Parameters<typeof traceOf>[1]): Answers => ({
    "read-version": ({ versionId }) => ({ trace: versionId === "v2" ? traceOf(2) : traceOf(3, changes) }),
  });
  const short = (leftMs: number) =>
    ledgerWith({ next: nextOf("proven", { robot: { ...generation(3).robot, expiresAtMs: t0 + leftMs } }) });
  const differs = "attempt 0003 of generation 3 given up: the store does not give back what was put in";

  test.each<[string, string, Scene]>([
    [
      "attempt-lost",
      "attempt 0003 of generation 3 given up: the tick that began it is gone",
      { ledger: ledgerWith({ next: mintingNext() }) },
    ],
    [
      "mint-failed",
      "attempt dada of generation 3 given up: scripted",
      { ledger: wished, answers: { mint: () => fails() } },
    ],
    [
      "stage-failed",
      "attempt dada of generation 3 given up: scripted",
      { ledger: wished, answers: { stage: () => fails() } },
    ],
    [
      "configuration-changed",
      "attempt 0003 of generation 3 given up: the configuration says otherwise now",
      { ledger: staged, settings: { madeOf: { ...madeOf, durationDays: 31 } } },
    ],
    [
      "epoch-passed",
      "attempt 0003 of generation 3 given up: staged for epoch 4, the ledger is at 2",
      { ledger: ledgerWith({ next: nextOf("staged", { epoch: 4 }) }) },
    ],
    [
      "epoch-passed",
      "attempt 0003 of generation 3 given up: staged for epoch 2, the ledger is at 2",
      { ledger: ledgerWith({ next: nextOf("proven", { epoch: 2 }) }) },
    ],
    ["read-back-differs", differs, { ledger: staged, answers: versionGone }],
    ["read-back-differs", differs, { ledger: staged, answers: gives({ hash: "00" }) }],
    ["read-back-differs", differs, { ledger: staged, answers: gives({ epoch: 2 }) }],
    ["read-back-differs", differs, { ledger: staged, answers: gives({ generation: 2 }) }],
    ["read-back-differs", differs, { ledger: staged, answers: gives({ username: "robot$x" }) }],
    [
      "read-back-differs",
      differs,
      {
        ledger: staged,
        answers: { "read-version": ({ versionId }) => ({ trace: versionId === "v2" ? traceOf(2) : null }) },
      },
    ],
    [
      "read-back-differs",
      "attempt 0003 of generation 3 given up: its value is gone from the store",
      { ledger: proven, answers: versionGone },
    ],
    [
      "too-old",
      "attempt 0003 of generation 3 given up: too little of its life is left",
      { ledger: short(limits.lifeLeftMinMs - 1) },
    ],
    [
      "proof-failed",
      "attempt 0003 of generation 3 given up: the registry says refused",
      { ledger: proven, answers: only("next", "refused") },
    ],
    [
      "proof-failed",
      "attempt 0003 of generation 3 given up: the registry says no-right",
      { ledger: proven, answers: only("last", "no-right") },
    ],
    [
      "roll-back-refused",
      "roll back beef of generation 1 given up: its value is gone from the store",
      { ledger: goingBack, answers: versionGone },
    ],
    [
      "roll-back-refused",
      "roll back beef of generation 1 given up: the registry says refused to it",
      { ledger: goingBack, answers: only("next", "refused") },
    ],
    [
      "roll-back-refused",
      "roll back beef of generation 1 given up: the registry says no-right to it",
      { ledger: goingBack, answers: only("next", "no-right") },
    ],
    ...[record(1, { state: "retiring" }), record(1, { revoked: true })].map((gone): [string, string, Scene] => [
      "roll-back-refused",
      "roll back beef of generation 1 given up: that generation is no longer to be had",
      { ledger: { ...goingBack, replaced: [gone] }, answers: { "read-robot": () => fails() } },
    ]),
    [
      "stage-failed",
      "roll back beef of generation 1 given up: scripted",
      { ledger: goingBack, answers: { stage: () => fails() } },
    ],
  ])("%s: %s", (code, text, scene) => {
    const { outcome, ledger, saves } = playHome(scene);
    expect(outcome.problems.filter((problem) => problem.code === code)).toEqual([{ code, text, blocks: false }]);
    expect(saves).toContain(text);
    const next = scene.ledger?.next;
    const attempt = { generation: 3, attempt: next?.attempt ?? "dada", atMs: t0 };
    expect(ledger).toMatchObject({ next: null, epoch: 2, abandoned: next?.rollBack ? [] : [attempt] });
  });

  test("the last hundred are kept", () => {
    const abandoned = Array.from({ length: 100 }, (_, n) => ({ generation: 3, attempt: `a${n}`, atMs: t0 - dayMs }));
    const { ledger } = playHome({ ledger: ledgerWith({ abandoned, next: mintingNext() }) });
    expect(ledger.abandoned).toHaveLength(100);
    expect(ledger.abandoned.at(-1)).toEqual({ generation: 3, attempt: "0003", atMs: t0 });
  });

  test("what was asked for stays wished for, and is not written down twice", () => {
    const failing: Scene = { ledger: ledgerWith(), answers: { mint: () => fails() } };
    const asked = playHome({ ...failing, settings: rotate });
    expect(asked.ledger.askedSinceMs).toBe(t0);
    expect(asked.saves.filter((why) => why === "a rotation was asked for")).toHaveLength(1);
    const revoke = { act: { type: "revoke", generation: 2, now: false } } as const;
    expect(playHome({ ...failing, settings: revoke }).saves.filter((why) => why.includes("revoked:"))).toHaveLength(1);
  });
});

describe("not given up, but left as it is", () => {
  const notNow: Answers = {
    "read-version": ({ versionId }) => (versionId === "v2" ? { trace: traceOf(2) } : fails("throttled")),
  };
  const undecided: Answers = {
    prove: ({ versionId }) => ({ verdict: versionId === "v2" ? "accepted" : "unreachable" }),
  };
  const unanswered: Answers = { prove: ({ versionId }) => (versionId === "v2" ? { verdict: "accepted" } : fails()) };

  test.each<[string, HomeLedger, Answers]>([
    ["staged, and the store cannot be read just now", staged, notNow],
    ["proven, and the store cannot be read just now", proven, notNow],
    ["proven, and the registry cannot be reached", proven, undecided],
    ["proven, and the login comes to nothing", proven, unanswered],
    ["a roll back, and the store cannot be read just now", goingBack, notNow],
    ["a roll back, and the registry cannot be reached", goingBack, undecided],
    ["a roll back, and the login comes to nothing", goingBack, unanswered],
  ])("%s", (_what, ledger, answers) => {
    const played = playHome({ ledger, answers });
    expect(played).toMatchObject({ saves: [], changed: [], outcome: { end: "waiting", problems: [] } });
    expect(played.ledger.next).toEqual(ledger.next);
  });
});

describe("what is promoted", () => {
  test.each([
    ["has just enough of its life left", t0 + limits.lifeLeftMinMs],
    ["never expires", null],
  ])("may be one that %s", (_what, expiresAtMs) => {
    const next = nextOf("proven", { robot: { ...generation(3).robot, expiresAtMs } });
    expect(playHome({ ledger: ledgerWith({ next }) }).ledger.epoch).toBe(3);
  });

  test("has logged in twice since it was staged, with the value as it is read back", () => {
    const { asked } = playHome({ ledger: proven });
    const promotion = asked.findIndex((effect) => effect.type === "save");
    const before = asked.slice(0, promotion);
    expect(before).toContainEqual({ type: "read-version", versionId: versionIdOf(3) });
    const purposes = before.flatMap((effect) =>
      effect.type === "prove" && effect.versionId === "v3" ? effect.purpose : [],
    );
    expect(purposes).toEqual(["next", "last"]);
  });

  test("for a roll back is the older value under the next epoch, whatever the file says of new ones", () => {
    const { asked, ledger, saves } = playHome({
      ledger: goingBack,
      settings: { madeOf: { ...madeOf, rights: "push" } },
    });
    expect(asked.find(({ type }) => type === "stage")).toEqual({
      type: "stage",
      attempt: "beef",
      ledgerId: goingBack.ledgerId,
      epoch: 3,
      generation: 1,
      robot: generation(1).robot,
      fromVersionId: "v1",
    });
    expect(saves).toEqual(["staged", "read back alike", "generation 1 promoted, epoch 3", "lease given back"]);
    expect(ledger.current).toMatchObject({ generation: 1, attempt: attemptOf(1), versionIds: ["staged", "v1"] });
  });
});

describe("a limit of two replaced generations", () => {
  const settings = { limits: { ...limits, replacedMax: 2 } };
  const revoked = generation(2, { revoked: true });
  const heap = (count: number, changes: Partial<HomeLedger> = {}) =>
    ledgerWith({
      generationMax: 6,
      promotedMax: 6,
      replaced: Array.from({ length: count }, (_, i) => record(3 + i, { epoch: 1 })),
      ...changes,
    });
  const begun = (scene: Scene) => savesOf({ settings, ...scene }).find(({ why }) => why.includes("begun"))?.why;

  test.each<[string, string | undefined, HomeLedger]>([
    ["a wish waits", undefined, heap(2, { askedSinceMs: t0 })],
    ["and need not with one less", "generation 7 begun (manual)", heap(1, { askedSinceMs: t0 })],
    ["a revoked current one does not wait", "generation 7 begun (revoked)", heap(3, { current: revoked })],
    ["but has twice the limit, too", undefined, heap(4, { current: revoked })],
  ])("%s", (_what, why, ledger) => {
    expect(begun({ ledger })).toBe(why);
  });

  test("an expiry that comes near does not wait either", () => {
    const ledger = heap(3);
    const due = { scheduleMs: null, expiryMs: t0 - 1 };
    expect(begun({ ledger, answers: { "load-ledger": () => ({ ledger, revision: "r1", due }) } })).toBe(
      "generation 7 begun (expiry)",
    );
  });
});
