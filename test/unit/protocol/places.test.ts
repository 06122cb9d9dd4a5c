import { describe, expect, test } from "vitest";
import { inSlot, isRefreshedOver, mayTake, verifyLeftMs } from "../../../core/protocol/fixed.ts";
import { type Place, placeFor } from "../../../core/protocol/home-slots.ts";
import { startHome } from "../../../core/protocol/home-state.ts";
import type { HomeLedger, MadeOf, Replaced, RotationReason } from "../../../core/protocol/state.ts";
import { idleLedger, living, madeOf, old, play, robotOf, seen, trace, usernameIn, writes } from "./fixed-robots.ts";
import { type Answers, fails, playHome, type Scene } from "./home-tick.ts";
import {
  credential,
  generation,
  hourMs,
  instant,
  ledgerWith,
  madeOf as madeOfGenerations,
  mintingNext,
  nextOf,
  record,
  settingsWith,
  siteLedgerWith,
  t0,
} from "./ledgers.ts";

const inPlace = { ...madeOf, strategy: "in-place" } as const;

test.each<[RotationReason | "roll-back", boolean]>([
  ["first", true],
  ["rebuilt", true],
  ["expiry", true],
  ["refused", true],
  ["value-lost", true],
  ["revoked", true],
  ["schedule", false],
  ["manual", false],
  ["changed", false],
  ["roll-back", false],
])("may %s take a robot whose generation is not gone: %s", (reason, expected) => {
  expect(mayTake(reason)).toBe(expected);
});

test("only what was refreshed in place is over while its robot lives on", () => {
  const at = { thrownAwayAt: instant(t0) };
  expect(isRefreshedOver(record(1, { madeOf: inPlace, ...at }))).toBe(true);
  expect(isRefreshedOver(record(1, { madeOf: inPlace }))).toBe(false);
  expect(isRefreshedOver(record(1, { madeOf, ...at }))).toBe(false);
});

test("a fixed robot is known by its name", () => {
  expect([inSlot(credential, living(1)), inSlot(credential, generation(1))]).toEqual([true, false]);
});

test("a moment ten seconds ahead is still waited for, one further ahead begins again", () => {
  expect(verifyLeftMs(instant(t0 + 10_000), instant(t0))).toBe(20_000);
  expect(verifyLeftMs(instant(t0 + 10_001), instant(t0))).toBe(10_000);
});

/** Which robot the next generation is made of. */
describe("the place of the next generation", () => {
  const place = (ledger: HomeLedger, made: MadeOf, reason: RotationReason = "rebuilt"): Place | string =>
    placeFor({ ...startHome(settingsWith({ madeOf: made }), t0), ledger }, reason, instant(t0));
  const bothHeld = (...replaced: readonly Replaced[]) => ledgerWith({ current: null, rebuiltAtMs: t0, replaced });
  const eitherWay = (one: Replaced, other: Replaced) => [bothHeld(one, other), bothHeld(other, one)];

  test("alternating, both held: the one handed out under the lower epoch is taken", () => {
    const [lower, higher] = [old(4, { epoch: 1 }), old(3, { epoch: 2 })];
    for (const ledger of eitherWay(lower, higher)) expect(place(ledger, madeOf)).toEqual({ slot: "b", taken: lower });
  });

  test("alternating, both held under one epoch: the older generation's is taken", () => {
    const [older, younger] = [old(2, { epoch: 5 }), old(3, { epoch: 5 })];
    for (const ledger of eitherWay(older, younger)) expect(place(ledger, madeOf)).toEqual({ slot: "b", taken: older });
  });

  test("alternating: a robot that was made for one generation alone is never it", () => {
    const own = record(4, { epoch: 0 });
    const ledger = idleLedger({ replaced: [own, old(1)] });
    expect(place(ledger, madeOf)).toEqual({ slot: "a", taken: old(1) });
  });

  test("in place: the robot in use, whichever it is", () => {
    expect(place(ledgerWith({ current: living(2) }), inPlace)).toEqual({ slot: "b", taken: null });
    expect(place(ledgerWith({ current: living(1), replaced: [old(2)] }), inPlace)).toEqual({ slot: "a", taken: null });
  });

  test("in place, none in use: the youngest that is alive, else the first of the two", () => {
    const [older, younger] = [old(1, { madeOf: inPlace }), old(2, { madeOf: inPlace })];
    for (const ledger of eitherWay(older, younger))
      expect(place(ledger, inPlace)).toEqual({ slot: "b", taken: younger });
    const over = old(4, { madeOf: inPlace, thrownAwayAt: instant(t0) });
    expect(place(bothHeld(over, older, record(6)), inPlace)).toEqual({ slot: "a", taken: older });
    expect(place(bothHeld(over, record(6)), inPlace)).toEqual({ slot: "a", taken: null });
    expect(place(ledgerWith({ current: generation(2) }), inPlace)).toEqual({ slot: "a", taken: null });
  });
});

describe("a robot that is taken", () => {
  const expiry = { due: { scheduleMs: null, expiryMs: t0 - 1 }, settings: { madeOf } } as const;
  const told = (scene: Partial<Scene>) =>
    play({ ...expiry, ...scene }).outcome.problems.find(({ code }) => code === "robot-taken");
  const held = idleLedger({ replaced: [old(1)] });

  test("is told once it is done, with all who are cut off, and stops nothing", () => {
    const text = `robot ${usernameIn("a")} is taken from generation 1, which is not gone yet:`;
    expect(told({ ledger: held })).toEqual({
      code: "robot-taken",
      text: `${text} nobody is known to hold it until the next one is served`,
      blocks: false,
    });
    const holding: Answers = {
      "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { usernames: [usernameIn("a"), usernameIn("b")] }) }),
    };
    expect(told({ ledger: held, answers: holding })?.text).toBe(
      `${text} pulls fail at a target of aws, a target of azure until the next one is served`,
    );
  });

  test("ends its own generation and no other, by the save of what was staged", () => {
    const played = play({
      ...expiry,
      ledger: idleLedger({ replaced: [record(3, { epoch: 1 }), old(1)], promotedMax: 3, generationMax: 4 }),
    });
    expect(played.ledger.replaced.map((one) => one.generation)).toEqual([3]);
    expect(played.saves).toContain(`staged, robot ${usernameIn("a")} taken from generation 1`);
  });
});

describe("a rotation with fixed robots", () => {
  test("waits for the idle robot's generation, and says for which: nothing is begun or given up meanwhile", () => {
    const played = play({ ledger: idleLedger({ replaced: [old(1)] }) });
    expect(played.outcome.problems.find(({ code }) => code === "robot-in-use")?.text).toBe(
      `the idle robot ${usernameIn("a")} still is generation 1, draining: the next one begins when it is gone`,
    );
    expect(played.ledger).toMatchObject({ next: null, abandoned: [], generationMax: 3 });
  });

  test("is given up where the clock goes back before the expired robot is written: it lives again", () => {
    let begun = false;
    const save: NonNullable<Answers["save"]> = ({ why }) => {
      begun ||= why.includes("begun");
      return { revision: why };
    };
    const expired = old(1, { robot: { ...robotOf(1), expiresAtMs: t0 } });
    const listed = { ...seen(1, 1), expiresAtMs: t0 };
    const played = play({
      ledger: idleLedger({ replaced: [expired] }),
      answers: { save, "list-robots": () => ({ robots: [listed, seen(2, 2)] }) },
      clock: () => (begun ? t0 - hourMs : t0),
    });
    expect(played.ledger.abandoned).toMatchObject([{ generation: 3, attempt: "dada" }]);
    expect(played.codes).toContain("robot-in-use");
    expect(writes(played)).toEqual([]);
  });

  test("is given up where the missing robot cannot be made", () => {
    const played = play({ answers: { "list-robots": () => ({ robots: [seen(2, 2)] }), mint: () => fails("denied") } });
    expect(played.codes).toContain("mint-failed");
    expect(played.ledger).toMatchObject({ next: null, abandoned: [{ attempt: "dada" }] });
  });

  test("goes on beside robots that are not ours", () => {
    const strange = { ...seen(9, 1), username: "robot$ci", description: "by hand" };
    const played = play({ answers: { "list-robots": () => ({ robots: [strange, seen(1, 1), seen(2, 2)] }) } });
    expect(writes(played)).toEqual(["renew 1", "refresh 1"]);
  });

  test("a robot of its fixed name without our mark is told by its place; who makes robots of his own does not mind", () => {
    const answers: Answers = {
      "list-robots": () => ({ robots: [seen(1, 1, { description: "somebody else's" }), seen(2, 2)] }),
    };
    const told = play({ answers }).outcome.problems.find(({ code }) => code === "robot-name-taken");
    expect(told?.text).toBe("a robot named like ours without our mark stands in slot a");
    const own = playHome({ ledger: ledgerWith(), settings: { act: { type: "rotate" } }, answers });
    expect([own.codes.includes("robot-name-taken"), own.ledger.epoch]).toEqual([false, 3]);
  });

  test("proves at once, and once more ten seconds later only", () => {
    const next = nextOf("proven", {
      madeOf,
      robot: robotOf(1),
      refreshedAt: instant(t0 - 9_999),
      versionId: "staged",
      hash: "5e",
    });
    const purposes = (refreshedAt = next.refreshedAt) =>
      play({ ledger: idleLedger({ next: { ...next, refreshedAt } }), settings: { madeOf } });
    const tried = purposes().asked.flatMap((effect) => (effect.type === "prove" ? effect.purpose : []));
    expect(tried).toEqual(["watch", "next"]);
    expect(purposes(instant(t0 + hourMs)).saves).toContain("the clock that noted the refresh was ahead");
  });
});

/** After a rebuild both fixed robots may be held, and home's store may hold the value of one. */
describe("what a rebuild brings back", () => {
  const ledgerOf = (...replaced: readonly Replaced[]) =>
    ledgerWith({ current: null, epoch: 1_002, generationMax: 12, promotedMax: 12, rebuiltAtMs: t0 - hourMs, replaced });
  const unknown = { versionIds: [], hash: "" };
  const goOn = (ledger: HomeLedger, answers: Answers = {}) => play({ ledger, settings: { madeOf }, answers });
  const begun = (ledger: HomeLedger, answers: Answers = {}) =>
    goOn(ledger, answers).saves.filter((why) => why.includes("begun"));

  test("comes back under an epoch above all seen, and a rotation of its own is asked for", () => {
    const staged = { ...trace(2), epoch: 1_003, hash: "5e" };
    const answers: Answers = { "read-version": ({ versionId }) => ({ trace: versionId === "v2" ? trace(2) : staged }) };
    const { ledger, saves } = goOn(ledgerOf(old(1, unknown), old(2)), answers);
    expect(saves).toContain("generation 2 begun (rebuilt)");
    expect(ledger).toMatchObject({
      epoch: 1_003,
      current: { generation: 2, epoch: 1_003, robot: robotOf(2) },
      askedSinceMs: t0,
      holdSinceMs: null,
    });
    expect(ledger.replaced.map((one) => one.generation)).toEqual([1]);
  });

  test("is the youngest whose value is known, of a fixed robot", () => {
    const more = [old(3, { ...unknown }), record(4)];
    for (const held of [
      [old(1), old(2)],
      [old(2), old(1)],
    ]) {
      expect(begun(ledgerOf(...held))).toEqual(["generation 2 begun (rebuilt)"]);
      expect(begun(ledgerOf(...held, ...more))).toEqual(["generation 2 begun (rebuilt)"]);
    }
  });

  test("is nothing where no value is known, or where a robot is idle: a new one is made", () => {
    expect(begun(ledgerOf(old(1, unknown), old(2, unknown)))).toEqual(["generation 13 begun (rebuilt)"]);
    expect(begun(ledgerOf(old(2)))).toEqual(["generation 13 begun (rebuilt)"]);
    const lateWish = { ...ledgerOf(), current: living(2, { epoch: 1_002 }), replaced: [old(1)], askedSinceMs: t0 };
    expect(begun(lateWish)).toEqual([]);
  });

  test("comes back even where the other robot has lost our mark", () => {
    const answers: Answers = {
      "list-robots": () => ({ robots: [seen(1, 1, { description: "somebody else's" }), seen(2, 2)] }),
    };
    expect(begun(ledgerOf(old(1, unknown), old(2)), answers)).toEqual(["generation 2 begun (rebuilt)"]);
  });

  const valuesOf = ({ replaced }: HomeLedger) => replaced.map((one) => [one.generation, one.versionIds]);
  const refused: Answers = { prove: ({ purpose }) => ({ verdict: purpose === "next" ? "refused" : "accepted" }) };
  const backTo2 = mintingNext({ generation: 2, attempt: "0002", madeOf, rollBack: true, reason: "rebuilt" });

  test("is not tried again where the registry refuses it: its value is none", () => {
    const played = goOn({ ...ledgerOf(record(4), old(2)), next: backTo2 }, refused);
    expect(played.codes).toContain("roll-back-refused");
    expect(valuesOf(played.ledger)).toEqual([
      [4, ["v4"]],
      [2, []],
    ]);
  });

  test.each<[string, HomeLedger["next"]]>([
    ["stage-failed", backTo2],
    ["epoch-passed", nextOf("staged", { ...backTo2, state: "staged", robot: robotOf(2), epoch: 7 })],
  ])("is tried again after %s: that says nothing of its value", (code, next) => {
    const played = goOn({ ...ledgerOf(old(1), old(2)), next }, { stage: () => fails() });
    expect(played.codes).toContain(code);
    expect(valuesOf(played.ledger)).toContainEqual([2, ["v2"]]);
  });

  test("is not what an operator goes back to: a roll back that is refused costs its generation nothing", () => {
    const next = mintingNext({ generation: 1, madeOf: madeOfGenerations, rollBack: true, reason: "roll-back" });
    const played = playHome({ ledger: ledgerWith({ replaced: [record(1)], next }), answers: refused });
    expect(played.codes).toContain("roll-back-refused");
    expect(valuesOf(played.ledger)).toEqual([[1, ["v1"]]]);
  });
});
