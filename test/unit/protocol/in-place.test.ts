import { describe, expect, test } from "vitest";
import type { RobotSeen } from "../../../core/protocol/effects.ts";
import { robotDescription, slotName } from "../../../core/protocol/mark.ts";
import type { Generation, Replaced } from "../../../core/protocol/state.ts";
import { type Answers, playHome, type Scene } from "./home-tick.ts";
import {
  attemptOf,
  credential,
  dayMs,
  generation,
  instant,
  ledgerId,
  ledgerWith,
  madeOf as madeOfGenerations,
  nextOf,
  record,
  siteLedgerWith,
  t0,
  versionIdOf,
} from "./ledgers.ts";

/** One robot of a fixed name, whose secret is refreshed while it is in use. */
const madeOf = { ...madeOfGenerations, strategy: "in-place" } as const;
const username = `robot$${slotName(credential, "a")}`;
const robot = { id: 1, username, createdAtMs: t0 - dayMs, expiresAtMs: t0 + 29 * dayMs };
const living = (n: number, changes: Partial<Generation> = {}) => ({ ...generation(n), robot, madeOf, ...changes });
const over = (n: number, changes: Partial<Replaced> = {}): Replaced => ({
  ...record(n),
  robot,
  madeOf,
  thrownAwayAt: instant(t0 - 30_000),
  ...changes,
});

function seen(n: number): RobotSeen {
  const attempt = n === 3 ? "dada" : attemptOf(n);
  const description = robotDescription({ ledgerId, credential, generation: n, attempt });
  return { ...robot, description, disabled: false };
}

const trace = (n: number) => ({ ledgerId, epoch: n, generation: n, username, hash: n === 3 ? "5e" : `ff${n}` });
const world: Answers = {
  "list-robots": () => ({ robots: [seen(2)] }),
  "read-store": () => ({ versionId: versionIdOf(2), trace: trace(2) }),
  "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { usernames: [username] }) }),
  "read-robot": ({ renewed }) => ({ robot: seen(renewed ? 3 : 2) }),
  "read-version": ({ versionId }) => ({ trace: versionId === "staged" ? trace(3) : trace(Number(versionId.slice(1))) }),
};
const current = living(2);
const play = (scene: Partial<Scene>) =>
  playHome({
    ledger: ledgerWith({ current }),
    settings: { madeOf },
    ...scene,
    answers: { ...world, ...scene.answers },
  });

test("one tick stores the secret, puts it into the robot in use, proves, promotes and hands out", () => {
  const played = play({ settings: { madeOf, act: { type: "rotate" } } });
  expect(played.changed).toEqual(["stage", "renew 1", "refresh 1", "flip aws"]);
  expect(played.ledger).toMatchObject({ epoch: 3, current: { generation: 3, robot: { id: 1 } } });
  expect(played.ledger.replaced).toMatchObject([
    { generation: 2, state: "held", thrownAwayAt: instant(t0), windowFrom: instant(t0) },
  ]);
});

test("the ledger keeps the robot's new end, though the list of this tick still has the old one", () => {
  const expiresAtMs = t0 + 60 * dayMs;
  const answers: Answers = {
    "read-robot": ({ renewed }) => ({ robot: renewed ? { ...seen(3), expiresAtMs } : seen(2) }),
  };
  const played = play({ settings: { madeOf, act: { type: "rotate" } }, answers });
  expect(played.ledger.current).toMatchObject({ generation: 3, robot: { expiresAtMs } });
});

test("of none yet, the first robot is made in the first place", () => {
  const first = ledgerWith({ epoch: 0, generationMax: 0, promotedMax: 0, current: null });
  const played = play({
    ledger: first,
    answers: {
      "list-robots": () => ({ robots: [] }),
      "read-store": () => ({ versionId: null, trace: null }),
      "load-site": () => ({ ledger: null }),
      mint: () => robot,
    },
  });
  expect(played.asked.find(({ type }) => type === "mint")).toMatchObject({ generation: 1, slot: "a" });
});

test("a tick that died after the refresh is gone on with, and the current secret is not put in again", () => {
  const next = nextOf("staged", { madeOf, robot, attempt: "dada", versionId: "staged", hash: "5e" });
  const played = play({ ledger: ledgerWith({ current, next }) });
  const watched = played.asked.filter((effect) => effect.type === "prove" && effect.purpose === "watch");
  expect(watched).toEqual([{ type: "prove", purpose: "watch", versionId: "staged" }]);
  expect(played.ledger).toMatchObject({ epoch: 3, refusals: null });
});

describe("the one before", () => {
  const held = ledgerWith({ current, replaced: [over(1)] });
  const out: Answers = { prove: ({ purpose }) => ({ verdict: purpose === "out" ? "refused" : "accepted" }) };

  test("is over when all are past it, its window is told and kept, and nothing is written to the robot", () => {
    const played = play({ ledger: held, answers: out });
    expect(played.ledger).toMatchObject({ replaced: [], windowMs: 30_000 });
    expect(played.outcome.problems.find(({ code }) => code === "in-place-window")).toEqual({
      code: "in-place-window",
      text: "pulls with the old secret failed for 30 s at most, from the refresh until all were served",
      blocks: false,
    });
    expect(played.changed).toEqual([]);
    const [save] = played.asked.flatMap((effect) => (effect.type === "save" ? [effect] : []));
    expect(save).toMatchObject({ why: "generation 1 retiring", ledger: { lease: null } });
  });

  test("has failed pulls from before the first write on, not from the one that was answered", () => {
    const replaced = [over(1, { windowFrom: instant(t0 - 300_000) })];
    const played = play({ ledger: ledgerWith({ current, replaced }), answers: out });
    expect(played.ledger).toMatchObject({ replaced: [], windowMs: 300_000 });
  });

  test("is held while a site is not, and no drain, round or expiry warning comes of it", () => {
    const near = { ...robot, expiresAtMs: t0 + 1 };
    const answers: Answers = {
      "load-site": ({ site }) => ({
        ledger: siteLedgerWith(site, { usernames: [username], ...(site === "azure" ? { served: 1 } : {}) }),
      }),
      "list-robots": () => ({ robots: [{ ...seen(2), expiresAtMs: t0 + 1 }] }),
    };
    const ledger = ledgerWith({ current: living(2, { robot: near }), replaced: [over(1, { robot: near })] });
    const played = play({ ledger, answers });
    expect(played.ledger.replaced).toMatchObject([{ state: "held" }]);
    const [soon, ...more] = played.outcome.problems.filter(({ code }) => code !== "target-unserved");
    expect([soon?.code, soon?.text, more]).toEqual(["expiry-near", expect.stringContaining("generation 2"), []]);
  });

  test("is not to be had back", () => {
    const told = (generation: number | null) =>
      play({ ledger: held, settings: { madeOf, act: { type: "roll-back", generation } }, answers: out }).outcome
        .problems;
    const refused = (text: string) => ({ code: "act-refused", text: `roll back refused: ${text}`, blocks: true });
    expect(told(null)).toContainEqual(refused("there is no older generation to go back to"));
    expect(told(1)).toContainEqual(refused("the secret of generation 1 ended when its robot was refreshed"));
  });

  test("whose secret was written back leaves the robot to the watch: it is in use", () => {
    const played = play({ ledger: held, answers: { prove: () => ({ verdict: "accepted" }) } });
    expect(played.changed).toEqual([]);
    expect(played.ledger.replaced).toHaveLength(1);
  });
});

describe("beside two robots that take turns", () => {
  const alternating = { ...madeOfGenerations, strategy: "alternating" } as const;

  test("the one in use is refreshed, and its record is judged by how it ended, not by how it was made", () => {
    const before = living(2, { madeOf: { ...alternating, rights: "as it was made" } });
    const played = play({ ledger: ledgerWith({ current: before }), settings: { madeOf, act: { type: "rotate" } } });
    expect(played.ledger).toMatchObject({ epoch: 3, current: { generation: 3, robot: { id: 1 } } });
    expect(played.ledger.replaced).toMatchObject([
      { generation: 2, state: "held", thrownAwayAt: instant(t0), madeOf: { ...before.madeOf, strategy: "in-place" } },
    ]);
  });

  const other = { ...robot, id: 7, username: `robot$${slotName(credential, "b")}` };
  const writtenBack = (...replaced: readonly Replaced[]) =>
    play({
      ledger: ledgerWith({
        current: living(3, { robot: other, madeOf: alternating, hash: "5e" }),
        epoch: 3,
        promotedMax: 3,
        replaced,
      }),
      settings: { madeOf: alternating },
      answers: {
        "list-robots": () => ({ robots: [{ ...seen(2), ...other }] }),
        prove: () => ({ verdict: "accepted" }),
      },
    });

  test("a secret of the idle one that was written back is left to the generation that its robot went on as", () => {
    const after = over(2, { state: "held", thrownAwayAt: undefined, drainFrom: null });
    expect(writtenBack(over(1, { state: "retiring" }), after).ledger.replaced).toMatchObject([
      { generation: 1, thrownAwayAt: instant(t0 - 30_000) },
      { generation: 2 },
    ]);
  });

  test("a secret of the idle one that was written back is thrown away once more", () => {
    const played = writtenBack(over(1, { state: "retiring" }));
    expect(played.saves.at(0)).toBe("the old secret of generation 1 was written back by somebody else");
    expect(played.ledger.replaced).toMatchObject([{ generation: 1, state: "retiring", thrownAwayAt: undefined }]);
  });
});
