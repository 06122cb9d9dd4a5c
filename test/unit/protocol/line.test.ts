import { describe, expect, test } from "vitest";
import type { HomeLedger } from "../../../core/protocol/state.ts";
import { type Answers, fails, type Played, playHome, type Scene, traceOf } from "./home-tick.ts";
import {
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
  t0,
} from "./ledgers.ts";

const rotate = { act: { type: "rotate" } } as const;
const typesOf = (played: Played) => played.asked.map((effect) => effect.type);

describe("the whole line", () => {
  const play = () => playHome({ ledger: ledgerWith(), settings: rotate });

  test("one tick mints, stages, reads back, proves twice, promotes and flips home's store", () => {
    const played = play();
    expect(played.ledger).toMatchObject({
      epoch: 3,
      current: { generation: 3, attempt: "dada", versionIds: ["staged"] },
    });
    expect(played.changed).toEqual(["mint", "stage", "flip aws"]);
    expect(played.saves.map((why) => why.split(" ").slice(0, 3).join(" "))).toEqual([
      "a rotation was",
      "generation 3 begun",
      "staged",
      "read back alike",
      "generation 3 promoted,",
      "lease given back",
    ]);
  });

  test("every effect comes after the save that names it, the flip after all logins", () => {
    const played = play();
    const types = typesOf(played);
    const first = (type: string) => types.indexOf(type as (typeof types)[number]);
    expect(first("save")).toBeLessThan(first("mint"));
    expect(first("mint")).toBeLessThan(first("stage"));
    const beforeFlip = played.asked.slice(0, first("flip"));
    const purposes = beforeFlip.flatMap((effect) => (effect.type === "prove" ? effect.purpose : []));
    expect(purposes).toEqual(expect.arrayContaining(["watch", "next", "last"]));
  });

  test("traces are read before the ledger, the ledger before anything is done", () => {
    const played = play();
    const types = typesOf(played);
    expect(types.slice(0, 6)).toEqual([
      "list-robots",
      "read-store",
      "read-store",
      "load-site",
      "load-site",
      "load-ledger",
    ]);
  });
});

/** Every way in which an attempt is given up, and what it is called. */
describe("an attempt is given up", () => {
  const staged = ledgerWith({ next: nextOf("staged") });
  const proven = ledgerWith({ next: nextOf("proven") });
  const beginning = { ledger: ledgerWith(), settings: rotate };
  const only = (answers: Answers) => answers;

  test.each<[string, string, Scene]>([
    ["attempt-lost", "the tick that minted it is gone", { ledger: ledgerWith({ next: mintingNext() }) }],
    ["mint-failed", "the reply to POST is lost", { ...beginning, answers: only({ mint: () => fails() }) }],
    ["stage-failed", "the store does not take it", { ...beginning, answers: only({ stage: () => fails() }) }],
    [
      "configuration-changed",
      "the file says otherwise now",
      { ledger: staged, settings: { madeOf: { ...madeOf, rights: "push" } } },
    ],
    ["epoch-passed", "a roll back came first", { ledger: ledgerWith({ next: nextOf("staged", { epoch: 2 }) }) }],
    ["read-back-differs", "its value is gone", { ledger: staged, answers: only({ "read-version": goneUnless("v2") }) }],
    ["read-back-differs", "its value is another", { ledger: staged, answers: only({ "read-version": lies }) }],
    [
      "read-back-differs",
      "gone after it was proven",
      { ledger: proven, answers: only({ "read-version": goneUnless("v2") }) },
    ],
    [
      "too-old",
      "too little of its life is left",
      {
        ledger: ledgerWith({
          next: nextOf("proven", { robot: { ...generation(3).robot, expiresAtMs: t0 + limits.lifeLeftMinMs - 1 } }),
        }),
      },
    ],
    ["proof-failed", "the registry refuses it", { ledger: proven, answers: only({ prove: says("refused", "next") }) }],
    ["proof-failed", "it may not pull", { ledger: proven, answers: only({ prove: says("no-right", "next") }) }],
    [
      "proof-failed",
      "refused right before the promotion",
      { ledger: proven, answers: only({ prove: says("refused", "last") }) },
    ],
  ])("%s: %s", (code, _what, scene) => {
    const played = playHome(scene);
    expect(played.codes).toContain(code);
    expect(played.ledger.next).toBeNull();
    expect(played.ledger.epoch).toBe(2);
    const attempt = scene.ledger?.next?.attempt ?? "dada";
    expect(played.ledger.abandoned).toEqual([{ generation: 3, attempt, atMs: t0 }]);
  });

  test.each<[string, HomeLedger, Answers]>([
    ["its value cannot be read back just now", staged, { "read-version": unreadableUnless("v2") }],
    ["the registry cannot be reached", proven, { prove: says("unreachable", "next") }],
    ["the registry cannot be reached right before the promotion", proven, { prove: says("unreachable", "last") }],
  ])("but not when %s", (_what, ledger, answers) => {
    const played = playHome({ ledger, answers });
    expect(played.ledger).toMatchObject({ next: { attempt: "0003" }, abandoned: [], epoch: 2 });
    expect(played.outcome.end).toBe("waiting");
  });

  test("its robot is never used again, and one attempt is made a tick", () => {
    const played = playHome({ ...beginning, answers: { mint: () => fails() } });
    expect(typesOf(played).filter((type) => type === "mint")).toHaveLength(1);
    expect(played.ledger.generationMax).toBe(3);
  });
});

describe("a rotation begins", () => {
  const due = (scheduleMs: number | null, expiryMs: number | null) => ({ due: { scheduleMs, expiryMs } });
  const reasonOf = (scene: Scene) => /begun \((.*)\)/.exec(playHome(scene).saves.join())?.[1] ?? null;
  const held = ledgerWith({ holdSinceMs: t0 - hourMs });

  test.each<[string, Scene, string | null]>([
    ["nothing is due", { ledger: ledgerWith(), ...due(t0 + 1, t0 + dayMs) }, null],
    ["no rule asks for one", { ledger: ledgerWith(), ...due(null, t0 + dayMs) }, null],
    ["the robot never expires", { ledger: ledgerWith(), ...due(t0 + 1, null) }, null],
    ["it was rebuilt", { ledger: ledgerWith({ current: null, epoch: 9, rebuiltAtMs: t0 }) }, "rebuilt"],
    ["the schedule says so", { ledger: ledgerWith(), ...due(t0, t0 + dayMs) }, "schedule"],
    ["by the fastest clock", { ledger: ledgerWith(), ...due(t0 + hourMs, null), serverMs: t0 + hourMs }, "schedule"],
    ["the robot's expiry is near", { ledger: ledgerWith(), ...due(t0 + dayMs, t0) }, "expiry"],
    ["a hold keeps schedules waiting", { ledger: held, ...due(t0, t0 + 1) }, null],
    ["a hold does not move the second date", { ledger: held, ...due(t0, t0) }, "expiry"],
    ["nor does it stop an operator", { ledger: held, settings: rotate }, "manual"],
    ["the current one is revoked", { ledger: ledgerWith({ current: generation(2, { revoked: true }) }) }, "revoked"],
    ["there is none yet", { ledger: ledgerWith({ current: null, epoch: 0, promotedMax: 0 }) }, "first"],
  ])("%s", (_what, scene, expected) => {
    expect(reasonOf(scene)).toBe(expected);
  });

  const gaveUp = (...agoMs: readonly number[]) =>
    ledgerWith({ abandoned: agoMs.map((ms, n) => ({ generation: 3, attempt: `a${n}`, atMs: t0 - ms })) });
  const alsoRotate = (scene: Scene): Scene => ({ settings: rotate, ...scene });

  test.each<[string, Scene]>([
    ["attempts-paused", { ledger: gaveUp(30_000) }],
    ["attempts-paused", { ledger: gaveUp(10 * minuteMs, 3 * minuteMs, minuteMs) }],
    ["attempts-paused", { ledger: gaveUp(...[59, 50, 40, 30, 25, 20].map((m) => m * minuteMs)) }],
    ["store-unreadable", { ledger: ledgerWith(), answers: { "read-store": () => fails() } }],
    ["registry-unreadable", { ledger: ledgerWith(), answers: { "list-robots": () => fails() } }],
    ["issuer-refused", { ledger: ledgerWith(), answers: { whoami: () => fails("denied") } }],
    ["registry-read-only", { ledger: ledgerWith(), answers: { whoami: () => ({ readOnly: true }) } }],
    [
      "registry-changed",
      { ledger: ledgerWith({ current: generation(2, { madeOf: { ...madeOf, registry: "old" } }) }) },
    ],
    [
      "no-strategy",
      {
        ledger: ledgerWith(),
        settings: { ...rotate, startRefused: { code: "no-strategy", text: "none", blocks: true } },
      },
    ],
    [
      "too-many-replaced",
      { ledger: ledgerWith({ replaced: [record(1)] }), settings: { ...rotate, limits: { ...limits, replacedMax: 1 } } },
    ],
  ])("not while: %s", (code, scene) => {
    const played = playHome(alsoRotate(scene));
    expect(played.codes).toContain(code);
    expect(played.changed).toEqual([]);
    expect(played.ledger).toMatchObject({ next: null, askedSinceMs: t0 });
  });

  test.each([
    ["the pause is over", [61_000]],
    ["an hour has passed", [61, 62, 63, 64, 65, 66].map((m) => m * minuteMs)],
    ["attempts were noted by a clock days ahead", [-3 * dayMs, -3 * dayMs, -3 * dayMs]],
  ])("again when %s", (_what, agoMs) => {
    expect(playHome(alsoRotate({ ledger: gaveUp(...agoMs) })).ledger.epoch).toBe(3);
  });
});

function goneUnless(kept: string): NonNullable<Answers["read-version"]> {
  return ({ versionId }) => (versionId === kept ? { trace: traceOf(2) } : fails("not-found"));
}

function unreadableUnless(kept: string): NonNullable<Answers["read-version"]> {
  return ({ versionId }) => (versionId === kept ? { trace: traceOf(2) } : fails());
}

const lies: NonNullable<Answers["read-version"]> = ({ versionId }) => ({
  trace: versionId === "v2" ? traceOf(2) : traceOf(3, { hash: "00" }),
});

function says(verdict: "refused" | "no-right" | "unreachable", purpose: string): NonNullable<Answers["prove"]> {
  return (effect) => ({ verdict: effect.purpose === purpose ? verdict : "accepted" });
}
