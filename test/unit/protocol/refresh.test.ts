import { describe, expect, test } from "vitest";
import type { RobotSeen } from "../../../core/protocol/effects.ts";
import type { HomeLedger, Replaced } from "../../../core/protocol/state.ts";
import { idleLedger, madeOf, old, play, robotOf, seen, trace, typesOf, usernameIn, writes } from "./fixed-robots.ts";
import { type Answers, fails, type Scene } from "./home-tick.ts";
import { dayMs, generation, hourMs, instant, minuteMs, nextOf, record, siteLedgerWith, t0 } from "./ledgers.ts";

const staged = nextOf("staged", { madeOf, robot: robotOf(1), attempt: "dada", versionId: "staged", hash: "5e" });
const somebodyElses = "somebody else's";

describe("before a staged secret goes into its robot", () => {
  const goOn = (answers: Answers) => play({ ledger: idleLedger({ next: staged }), settings: { madeOf }, answers });

  test.each<[string, Partial<RobotSeen> | null]>([
    ["is gone", null],
    ["is another one under its id", { createdAtMs: t0 }],
    ["has another name", { username: usernameIn("b") }],
  ])("a robot that %s ends the attempt, and nothing is written", (_what, changes) => {
    const played = goOn({ "read-robot": ({ id }) => ({ robot: changes && seen(id, id, changes) }) });
    expect([writes(played), played.codes]).toEqual([[], expect.arrayContaining(["refresh-failed"])]);
    const told = played.outcome.problems.find(({ code }) => code === "refresh-failed");
    expect(told?.text).toContain(`robot ${usernameIn("a")} is gone`);
    expect(played.ledger.next).toBeNull();
  });

  test("a robot that cannot be looked at is waited for", () => {
    const played = goOn({ "read-robot": () => fails() });
    expect([writes(played), played.ledger.next, played.ledger.abandoned]).toEqual([[], staged, []]);
  });
});

describe("after it was written", () => {
  const lookedAt = (renewed: NonNullable<Answers["read-robot"]>) =>
    play({ answers: { "read-robot": (effect) => (effect.renewed ? renewed(effect) : { robot: seen(1, 1) }) } });

  test("the ledger has the robot's end as the registry says it now", () => {
    const played = lookedAt(() => ({ robot: seen(1, 3, { expiresAtMs: t0 + 7 * dayMs }) }));
    expect(played.ledger.next).toMatchObject({
      state: "proven",
      robot: { ...robotOf(1), expiresAtMs: t0 + 7 * dayMs },
    });
    expect(played.saves).toContain(`robot ${usernameIn("a")} has the secret of generation 3`);
  });

  test.each<[string, NonNullable<Answers["read-robot"]>]>([
    ["cannot be looked at", () => fails()],
    ["bears an older mark", () => ({ robot: seen(1, 1) })],
    ["is disabled", () => ({ robot: seen(1, 3, { disabled: true }) })],
  ])("a robot that %s is not proved: the next tick does it again", (_what, answer) => {
    const { ledger } = lookedAt(answer);
    expect([ledger.next?.state, ledger.abandoned]).toEqual(["staged", []]);
  });

  test.each<[string, NonNullable<Answers["read-robot"]>]>([
    ["gone", () => ({ robot: null })],
    ["another one under its id", () => ({ robot: seen(1, 3, { createdAtMs: t0 }) })],
  ])("a robot that is %s ends the attempt", (_what, answer) => {
    const played = lookedAt(answer);
    expect(played.codes).toContain("refresh-failed");
    expect(played.ledger.next).toBeNull();
  });

  test("a write that was throttled may still arrive: it is done again by the next tick, and not given up", () => {
    const played = play({ answers: { renew: () => fails("throttled") } });
    expect([writes(played), played.ledger.next?.state]).toEqual([["renew 1"], "staged"]);
  });
});

/** Generation 1 retires; its robot, in `a`, is to get a secret that nobody keeps. */
describe("throwing a secret away", () => {
  const outSays = (verdict: "accepted" | "refused"): Answers => ({
    prove: ({ purpose }) => ({ verdict: purpose === "out" ? verdict : "accepted" }),
  });
  const retiring = (changes: Partial<Replaced> = {}) => old(1, { state: "retiring", ...changes });
  const retire = (ledger: Partial<HomeLedger>, scene: Partial<Scene> = {}) =>
    play({ ledger: idleLedger(ledger), settings: { madeOf }, ...scene });
  const thrown = (agoMs: number, changes: Partial<Replaced> = {}) => ({
    replaced: [retiring({ thrownAwayAt: instant(t0 - agoMs), ...changes })],
  });
  /** What the home store answers when the old secret is to be tried. */
  const stored = (answer: ReturnType<NonNullable<Answers["read-version"]>>, verdict: "accepted" | "refused") =>
    ({
      ...outSays(verdict),
      "read-version": ({ versionId }) => (versionId === "v1" ? answer : { trace: trace(2) }),
    }) satisfies Answers;

  test("is written down for that generation alone", () => {
    const other = record(3, { epoch: 1 });
    const played = retire({ replaced: [other, retiring()], promotedMax: 3 }, { answers: outSays("refused") });
    expect(played.ledger.replaced.map(({ generation: n, thrownAwayAt }) => [n, thrownAwayAt])).toEqual([
      [3, undefined],
      [1, instant(t0)],
    ]);
    expect(played.saves).toContain("the secret of generation 1 is thrown away");
  });

  test("is not written down where the registry does not take it, and nobody is told of a robot that waits", () => {
    const played = retire({ replaced: [retiring()] }, { answers: { refresh: () => fails("denied") } });
    expect(played.ledger.replaced[0]?.thrownAwayAt).toBeUndefined();
    expect(played.codes).not.toContain("deletion-waits");
  });

  test("begins again, and says so, where it was noted by a clock that was ahead", () => {
    const played = retire(thrown(-hourMs), { answers: outSays("refused") });
    expect(played.saves).toContain("the clock that noted the end of generation 1's secret was ahead");
  });

  test.each<[string, Partial<Replaced>, Answers]>([
    ["nobody knows what it was since a rebuild", { versionIds: [] }, outSays("accepted")],
    ["the store holds nothing under its version", {}, stored({ trace: null }, "accepted")],
    ["the store has no such version any more", {}, stored(fails("not-found"), "accepted")],
  ])("where %s, nobody can try it: ten seconds are enough", (_what, changes, answers) => {
    expect(retire(thrown(10_000, changes), { answers }).ledger.replaced).toEqual([]);
    expect(retire(thrown(9_999, changes), { answers }).ledger.replaced).toHaveLength(1);
  });

  test.each<[string, Answers]>([
    ["the store cannot be read", stored(fails(), "refused")],
    ["the login has no answer", { prove: ({ purpose }) => (purpose === "out" ? fails() : { verdict: "accepted" }) }],
  ])("is not over while %s", (_what, answers) => {
    const played = retire(thrown(10_000), { answers });
    expect(played.ledger.replaced).toHaveLength(1);
    expect(played.outcome.nextAtMs).toBe(t0 + minuteMs);
  });

  test("a tick that is slow enough sees its end itself; one in which it is still accepted leaves it to the next", () => {
    const slow = (verdict: "accepted" | "refused") => {
      let thrownAway = false;
      let nowMs = t0;
      const refresh = () => {
        thrownAway = true;
        return null;
      };
      const clock = () => {
        nowMs += thrownAway ? 6_000 : 0;
        return nowMs;
      };
      return retire({ replaced: [retiring()] }, { answers: { ...outSays(verdict), refresh }, clock });
    };
    expect(slow("refused").ledger.replaced).toEqual([]);
    expect(slow("accepted").ledger.replaced).toMatchObject([{ state: "retiring", thrownAwayAt: instant(t0 + 6_000) }]);
  });

  test("waits for the next look as long as the first of two has to", () => {
    const other = old(4, { state: "retiring", thrownAwayAt: instant(t0 - 2_000), epoch: 1 });
    const wakesIn = (agoMs: number) => {
      const replaced = [...thrown(agoMs).replaced, other];
      const ledger = { current: generation(2), promotedMax: 4, generationMax: 4, replaced };
      return retire(ledger, { settings: {}, answers: outSays("refused") }).outcome.nextAtMs - t0;
    };
    expect([wakesIn(4_000), wakesIn(1_000)]).toEqual([6_000, 8_000]);
  });

  test("does not keep others from being ended: an orphan is swept in the same tick", () => {
    const orphan = { ...robotOf(7), id: 7, username: "robot$platform-pull-g3-beef", disabled: false };
    const description = seen(1, 1).description.replace(/:g1:.*/, ":g3:beef");
    const played = retire(
      { ...thrown(3_000), abandoned: [{ generation: 3, attempt: "beef", atMs: t0 - hourMs }] },
      {
        answers: {
          ...outSays("refused"),
          "list-robots": () => ({ robots: [seen(1, 1), seen(2, 2), { ...orphan, description }] }),
          "read-robot": ({ id }) => ({ robot: id === 7 ? { ...orphan, description } : seen(id, id) }),
        },
      },
    );
    expect(writes(played)).toEqual(["remove-robot 7"]);
  });

  test("is done under an older mark of ours too, which a late write may have put there", () => {
    const later = old(3, { state: "retiring", epoch: 1 });
    const played = retire(
      { replaced: [later], promotedMax: 3 },
      {
        answers: {
          "list-robots": () => ({ robots: [seen(3, 1), seen(2, 2)] }),
          "read-robot": ({ id }) => ({ robot: seen(id, 1) }),
        },
      },
    );
    expect(writes(played)).toEqual(["refresh 3"]);
  });

  test("once done, what still holds it is not told as a deletion that waits", () => {
    const holding: Answers = {
      "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { usernames: [usernameIn("a"), usernameIn("b")] }) }),
    };
    expect(retire(thrown(3_000), { answers: { ...outSays("refused"), ...holding } }).codes).not.toContain(
      "deletion-waits",
    );
    expect(retire({ replaced: [retiring()] }, { answers: holding }).codes).toContain("deletion-waits");
  });

  test("is no window in which pulls failed, even where its drain begins again", () => {
    const again = retire(thrown(3_000), {
      answers: {
        ...outSays("refused"),
        "read-store": ({ site }) => ({ versionId: "v1", trace: trace(site === "azure" ? 1 : 2) }),
      },
    });
    expect(again.ledger.replaced).toMatchObject([{ drainFrom: instant(t0) }]);
    expect(again.codes).not.toContain("in-place-window");
  });
});

describe("putting the current secret in again", () => {
  const refused: Answers = { prove: ({ purpose }) => ({ verdict: purpose === "watch" ? "refused" : "accepted" }) };
  const watch = (scene: Partial<Scene>) =>
    play({ settings: { madeOf }, ...scene, answers: { ...refused, ...scene.answers } });

  test("comes after a save that confirms the ledger and a last look, and is told", () => {
    const played = watch({});
    const types = typesOf(played);
    expect(played.saves[0]).toBe("the ledger is confirmed before a robot is written");
    expect(types.slice(types.indexOf("save"), types.indexOf("refresh"))).toContain("load-ledger");
    const told = played.outcome.problems.find(({ code }) => code === "secret-repaired");
    expect(told?.text).toMatch(/undid the current secret: it was put in again$/);
  });

  test("is not done where the last look finds the ledger written by somebody else", () => {
    const other: Answers = {
      "load-ledger": ({ before }) => ({
        ledger: idleLedger(),
        revision: before === undefined ? "r0" : "other",
        due: null,
      }),
    };
    expect(writes(watch({ answers: other }))).toEqual([]);
  });

  test("is not done to a robot that somebody else has claimed: it is counted as a refusal", () => {
    const played = watch({
      answers: { "read-robot": ({ id }) => ({ robot: seen(id, id, { description: somebodyElses }) }) },
    });
    expect([writes(played), played.ledger.refusals]).toMatchObject([[], { count: 1 }]);
  });

  test("comes after a staged secret that is on its way into the other robot", () => {
    expect(writes(watch({ ledger: idleLedger({ next: staged }) }))).toEqual(["renew 1", "refresh 1", "refresh 2"]);
  });
});
