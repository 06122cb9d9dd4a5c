import { describe, expect, test } from "vitest";
import { renewedLife } from "../../../core/protocol/fixed.ts";
import type { HomeLedger, Replaced } from "../../../core/protocol/state.ts";
import {
  idleLedger,
  living,
  madeOf,
  old,
  play,
  robotOf,
  seen,
  trace,
  typesOf,
  usernameIn,
  writes,
} from "./fixed-robots.ts";
import { type Answers, fails, type Scene } from "./home-tick.ts";
import { dayMs, hourMs, instant, nextOf, reportWith, siteLedgerWith, t0 } from "./ledgers.ts";

describe("a rotation", () => {
  test("writes the secret to the store, then the ledger, then PUT, then PATCH, to the idle robot alone", () => {
    const played = play();
    expect(played.changed).toEqual(["stage", "renew 1", "refresh 1"]);
    expect(played.ledger.next).toMatchObject({ state: "proven", generation: 3, refreshedAt: instant(t0) });
    const types = typesOf(played);
    expect(types.lastIndexOf("save", types.indexOf("renew"))).toBeGreaterThan(types.indexOf("stage"));
    expect(played.asked.find(({ type }) => type === "refresh")).toEqual({
      type: "refresh",
      id: 1,
      versionId: "staged",
    });
  });

  test("counts the robot's life from its creation, so that all days asked for are left", () => {
    const renew = play().asked.find((effect) => effect.type === "renew");
    expect(renew).toMatchObject({ lifeDays: 31, generation: 3, attempt: "dada", username: usernameIn("a") });
    expect(renewedLife(t0 - 400 * dayMs - 1, 30, instant(t0))).toEqual({
      lifeDays: 431,
      expiresAtMs: Math.floor((t0 - 400 * dayMs - 1) / 1000) * 1000 + 431 * dayMs,
    });
  });

  test("is promoted only when the secret is accepted once more ten seconds later", () => {
    const next = nextOf("proven", {
      madeOf,
      robot: robotOf(1),
      refreshedAt: instant(t0),
      versionId: "staged",
      hash: "5e",
    });
    const at = (ms: number) => play({ ledger: idleLedger({ next }), settings: { madeOf }, nowMs: t0 + ms });
    expect(at(9_999).ledger.epoch).toBe(2);
    expect(at(9_999).outcome.nextAtMs).toBe(t0 + 10_000);
    expect(at(10_000).ledger).toMatchObject({ epoch: 3, current: { generation: 3, robot: { id: 1 } } });
    expect(at(10_000).ledger.replaced).toMatchObject([{ generation: 2, state: "held" }]);
    // Noted by a clock that was an hour ahead: the ten seconds begin again.
    const ahead = at(-60 * 60_000);
    expect(ahead.ledger).toMatchObject({ epoch: 2, next: { refreshedAt: instant(t0 - 60 * 60_000) } });
    expect(ahead.outcome.nextAtMs).toBe(t0 - 60 * 60_000 + 10_000);
    // A little back, as offsets always are: it is waited for.
    expect(at(-1_000).ledger).toMatchObject({ epoch: 2, next: { refreshedAt: instant(t0) } });
  });

  test("makes the robot where it is missing, and never uses the secret that it is born with", () => {
    const played = play({
      answers: {
        "list-robots": () => ({ robots: [seen(2, 2)] }),
        mint: () => ({ ...robotOf(1), id: 7 }),
      },
    });
    expect(writes(played)).toEqual(["mint", "renew 7", "refresh 7"]);
    expect(played.asked.find(({ type }) => type === "mint")).toMatchObject({ slot: "a" });
    expect(played.asked.find(({ type }) => type === "stage")).toMatchObject({ drawn: true, robot: { id: 7 } });
  });

  test.each([
    ["held", "schedule"],
    ["draining", "manual"],
  ] as const)("does not begin while the idle robot's generation is %s (%s)", (state, why) => {
    const ledger = idleLedger({ replaced: [old(1, { state, drainFrom: state === "held" ? null : instant(t0) })] });
    const due = why === "schedule" ? { scheduleMs: t0 - 1, expiryMs: null } : null;
    const played = play({ ledger, due, ...(why === "schedule" ? { settings: { madeOf } } : {}) });
    expect(played.codes).toContain("robot-in-use");
    expect(writes(played)).toEqual([]);
  });

  test("a robot of that name without our mark stops it", () => {
    const strange = seen(1, 1, { description: "somebody else's" });
    const played = play({ answers: { "list-robots": () => ({ robots: [strange, seen(2, 2)] }) } });
    expect(played.codes).toContain("robot-name-taken");
    expect([writes(played), played.outcome.end]).toEqual([[], "blocked"]);
  });

  test.each([
    ["renew", ["stage", "renew 1"]],
    ["refresh", ["stage", "renew 1", "refresh 1"]],
  ] as const)("writes nothing more to the robot in the tick in which the answer to %s was lost", (type, expected) => {
    const played = play({ answers: { [type]: () => fails() } });
    expect(played.changed).toEqual(expected);
    expect(played.ledger.next).toMatchObject({ state: "staged" });
    expect(played.ledger.next).not.toHaveProperty("windowFrom");
  });

  test("what the issuer may not do ends the attempt", () => {
    const played = play({ answers: { renew: () => fails("denied") } });
    expect(played.ledger.next).toBeNull();
    expect(played.codes).toContain("refresh-failed");
  });

  test("another tick goes on with a staged secret, after a save that confirms the ledger and a last look", () => {
    const next = nextOf("staged", { madeOf, robot: robotOf(1), attempt: "dada", versionId: "staged", hash: "5e" });
    const played = play({ ledger: idleLedger({ next }), settings: { madeOf } });
    expect(played.saves[0]).toBe("the ledger is confirmed before a robot is written");
    const types = typesOf(played);
    expect(types.slice(types.indexOf("save"), types.indexOf("renew"))).toContain("load-ledger");
    expect(writes(played)).toEqual(["renew 1", "refresh 1"]);
  });

  test("nothing is written where the last look finds the ledger written by somebody else, or a later epoch", () => {
    const next = nextOf("staged", { madeOf, robot: robotOf(1), attempt: "dada", versionId: "staged", hash: "5e" });
    const scene = { ledger: idleLedger({ next }), settings: { madeOf } };
    const other = play({
      ...scene,
      answers: {
        "load-ledger": ({ before }) => ({
          ledger: scene.ledger,
          revision: before === undefined ? "r0" : "other",
          due: null,
        }),
      },
    });
    const later = play({
      ...scene,
      answers: {
        "read-store": ({ before }) => ({
          versionId: "v9",
          trace: { ...trace(2), epoch: before === undefined ? 2 : 9 },
        }),
      },
    });
    expect([writes(other), writes(later)]).toEqual([[], []]);
  });

  test("a robot that is another one by now, or that somebody's PUT changed in between, is not proved", () => {
    const another = play({ answers: { "read-robot": ({ id }) => ({ robot: seen(id, id, { createdAtMs: t0 }) }) } });
    expect([writes(another), another.codes.includes("refresh-failed")]).toEqual([[], true]);
    const undone = play({ answers: { "read-robot": ({ id }) => ({ robot: seen(id, 1) }) } });
    expect(undone.ledger.next).toMatchObject({ state: "staged" });
  });
});

describe("what cannot wait takes the robot that is not gone yet", () => {
  const held = old(1, { state: "held" });

  test.each([
    ["the second due date", { due: { scheduleMs: null, expiryMs: t0 - 1 } }, {}],
    ["a revoke of the current one", {}, { current: living(2, { revoked: true }) }],
    [
      "a refused current one",
      { answers: { prove: ({ purpose }) => ({ verdict: purpose === "watch" ? "refused" : "accepted" }) } as Answers },
      { refusals: { count: 3, firstMs: t0 - hourMs, lastMs: t0 - 1 } },
    ],
  ] as const)("at %s, and names who is cut off", (_what, scene, changes) => {
    const answers = {
      "read-robot": ({ id, renewed }) => ({ robot: renewed ? seen(id, 3) : seen(id, id, { disabled: id === 2 }) }),
      "load-site": ({ site }) => ({
        ledger: siteLedgerWith(site, { ...reportWith(), usernames: [usernameIn("a"), usernameIn("b")], served: 2 }),
      }),
      ...("answers" in scene ? scene.answers : {}),
    } satisfies Answers;
    const played = play({
      ...scene,
      ledger: idleLedger({ replaced: [held], ...changes }),
      settings: { madeOf },
      answers,
    });
    expect(writes(played)).toEqual(["renew 1", "refresh 1"]);
    expect(played.ledger.replaced).toEqual([]);
    const taken = played.outcome.problems.find(({ code }) => code === "robot-taken");
    expect(taken?.text).toContain("is taken from generation 1");
    expect(taken?.text).toContain("pulls fail at a target of aws");
  });

  test("its generation stays until the secret is staged: an attempt that fails before has ended nothing", () => {
    const played = play({
      ledger: idleLedger({ replaced: [held] }),
      settings: { madeOf },
      due: { scheduleMs: null, expiryMs: t0 - 1 },
      answers: { stage: () => fails() },
    });
    expect(played.ledger.replaced).toMatchObject([{ generation: 1, state: "draining" }]);
    expect(writes(played)).toEqual([]);
  });
});

describe("a retiring generation", () => {
  const retiring = (changes: Partial<Replaced> = {}) =>
    idleLedger({ replaced: [old(1, { state: "retiring", ...changes })] });
  const out: Answers = { prove: ({ purpose }) => ({ verdict: purpose === "out" ? "refused" : "accepted" }) };
  const retire = (ledger: HomeLedger, scene: Partial<Scene> = {}) =>
    play({ ledger, settings: { madeOf }, ...scene, answers: { ...out, ...scene.answers } });

  test("gets a secret that nobody keeps; its robot is not deleted", () => {
    const played = retire(retiring());
    expect(writes(played)).toEqual(["refresh 1"]);
    expect(played.asked.find(({ type }) => type === "refresh")).toMatchObject({ versionId: null });
    expect(played.ledger.replaced).toMatchObject([{ thrownAwayAt: instant(t0) }]);
    expect(played.outcome.nextAtMs).toBe(t0 + 10_000);
  });

  test("is gone when the old secret is refused at once and ten seconds later", () => {
    const thrown = retiring({ thrownAwayAt: instant(t0 - 10_000) });
    expect(retire(thrown).ledger.replaced).toEqual([]);
    expect(retire(retiring({ thrownAwayAt: instant(t0 - 9_999) })).ledger.replaced).toHaveLength(1);
    const ahead = retire(retiring({ thrownAwayAt: instant(t0 + 60 * 60_000) }));
    expect(ahead.ledger.replaced).toMatchObject([{ thrownAwayAt: instant(t0) }]);
    expect(ahead.outcome.nextAtMs).toBe(t0 + 10_000);
    const unheard: Answers = { prove: ({ purpose }) => ({ verdict: purpose === "out" ? "unreachable" : "accepted" }) };
    expect(retire(thrown, { answers: unheard }).ledger.replaced).toHaveLength(1);
  });

  test("whose old secret somebody wrote back is thrown away once more", () => {
    const back: Answers = { prove: () => ({ verdict: "accepted" }) };
    const played = retire(retiring({ thrownAwayAt: instant(t0 - 10_000) }), { answers: back });
    expect(played.saves.some((why) => why.includes("was written back by somebody else"))).toBe(true);
    expect(writes(played)).toEqual(["refresh 1"]);
  });

  test.each([
    ["a store that still holds it", { "read-store": () => ({ versionId: "v1", trace: trace(1) }) }],
    [
      "a target that still holds it",
      { "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { usernames: [usernameIn("a")] }) }) },
    ],
    ["a current one that does not log in", { prove: () => ({ verdict: "unreachable" }) }],
    ["a mark of a later generation", { "read-robot": ({ id }) => ({ robot: seen(id, 3) }) }],
  ] as readonly (readonly [string, Answers])[])("keeps its secret because of %s", (_what, answers) => {
    expect(writes(retire(retiring(), { answers }))).toEqual([]);
  });

  test("a fixed robot that the ledger does not name is never swept", () => {
    const played = play({
      settings: { madeOf },
      answers: { "list-robots": () => ({ robots: [seen(1, 1), seen(2, 2)] }) },
    });
    expect(writes(played)).toEqual([]);
  });
});

describe("the current secret was written over", () => {
  const repaired: Answers = {
    prove: ({ purpose }) => ({ verdict: purpose === "watch" ? "refused" : "accepted" }),
  };

  test("is put in again from the home store, and the refusal is not counted", () => {
    const played = play({ settings: { madeOf }, answers: repaired });
    expect(played.asked.find(({ type }) => type === "refresh")).toEqual({ type: "refresh", id: 2, versionId: "v2" });
    expect(played.ledger.refusals).toBeNull();
    expect(played.codes).toContain("secret-repaired");
  });

  test.each([
    ["disabled", { disabled: true }],
    ["another robot under its id", { createdAtMs: t0 }],
  ])("a robot that is %s is not written to", (_what, changes) => {
    const answers: Answers = { ...repaired, "read-robot": ({ id }) => ({ robot: seen(id, id, changes) }) };
    const played = play({ settings: { madeOf }, answers });
    expect(writes(played)).toEqual([]);
    expect(played.ledger.refusals).toMatchObject({ count: 1 });
  });

  test("where the issuer may not, it is counted as a refusal", () => {
    const played = play({ settings: { madeOf }, answers: { ...repaired, refresh: () => fails("denied") } });
    expect(played.ledger.refusals).toMatchObject({ count: 1 });
  });
});

describe("the ledger follows a fixed robot's end as the registry lists it", () => {
  const listed = (...robots: readonly ReturnType<typeof seen>[]): Answers => ({ "list-robots": () => ({ robots }) });

  test("and decides by it in the next tick", () => {
    const answers = listed(seen(1, 1), seen(2, 2, { expiresAtMs: t0 + dayMs }));
    const played = play({ settings: { madeOf }, answers, due: { scheduleMs: null, expiryMs: t0 - 1 } });
    expect(played.ledger.current?.robot.expiresAtMs).toBe(t0 + dayMs);
    expect(writes(played)).toEqual([]);
  });

  test("of a replaced generation too, by a save that takes no lease", () => {
    const ledger = idleLedger({ replaced: [old(1)] });
    const answers = listed(seen(1, 1, { expiresAtMs: t0 + 2 * dayMs }), seen(2, 2));
    const [save] = play({ ledger, settings: { madeOf }, answers }).asked.filter(({ type }) => type === "save");
    expect(save).toMatchObject({
      why: "the life of a fixed robot is another one now",
      ledger: { lease: null, replaced: [{ robot: { expiresAtMs: t0 + 2 * dayMs } }] },
    });
  });
});
