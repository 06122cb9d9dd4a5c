import { describe, expect, test } from "vitest";
import { problemsOf, waitingFor } from "../../../core/protocol/home-end.ts";
import { startHome } from "../../../core/protocol/home-state.ts";
import { type Answers, fails, marked, playHome, type Scene, traceOf } from "./home-tick.ts";
import {
  dayMs,
  generation,
  instant,
  ledgerWith,
  limits,
  minuteMs,
  nextOf,
  record,
  settingsWith,
  siteLedgerWith,
  t0,
  usernameOf,
} from "./ledgers.ts";

const due = { scheduleMs: t0 + 5 * dayMs, expiryMs: t0 + 9 * dayMs };
const draining = (leftMs: number) => record(1, { state: "draining", drainFrom: instant(t0 + leftMs - limits.drainMs) });

describe("when to come back", () => {
  test.each<[string, Scene, number]>([
    ["idle: at the due date", { ledger: ledgerWith(), due }, 5 * dayMs],
    ["by the fastest clock", { ledger: ledgerWith(), due, serverMs: t0 + dayMs / 2 }, 4.5 * dayMs],
    ["held: at the second date only", { ledger: ledgerWith({ holdSinceMs: t0 }), due }, 9 * dayMs],
    ["never due: after a poll", { ledger: ledgerWith(), due: { scheduleMs: null, expiryMs: null } }, minuteMs],
    ["a drain alone: at its end", { ledger: ledgerWith({ replaced: [draining(20 * minuteMs)] }), due }, 20 * minuteMs],
    ["of several drains the first", { ledger: twoDrains(), due }, 7 * minuteMs],
    [
      "a drain by the slowest clock",
      { ledger: ledgerWith({ replaced: [draining(20 * minuteMs)] }), due, serverMs: t0 - 10 * minuteMs },
      30 * minuteMs,
    ],
    [
      "a drain and a store that waits: after a poll",
      { ledger: ledgerWith({ replaced: [draining(20 * minuteMs)] }), due, answers: { "read-store": dark } },
      minuteMs,
    ],
    ["attempts pause: after a poll", { ledger: paused(), due }, minuteMs],
  ])("%s", (_what, scene, inMs) => {
    expect(playHome(scene).outcome.nextAtMs - t0).toBe(inMs);
  });

  test("no new effect is begun after the deadline; what was saved stands", () => {
    const late = playHome({ ledger: ledgerWith({ askedSinceMs: t0 }), settings: { deadlineMs: t0 } });
    expect(late).toMatchObject({ changed: [], saves: [], outcome: { end: "deadline", nextAtMs: t0 + 1 } });
  });
});

describe("when to come back, to the moment", () => {
  const inMs = (scene: Scene) => playHome(scene).outcome.nextAtMs - t0;
  const oneDrain = (leftMs: number, more: Parameters<typeof ledgerWith>[0] = {}) =>
    ledgerWith({ replaced: [draining(leftMs)], ...more });
  const usage: Answers = { "ask-usage": () => fails() };

  test("never at once: a moment that has passed is the next one", () => {
    const late = { scheduleMs: t0 - dayMs, expiryMs: null };
    expect(inMs({ ledger: ledgerWith({ holdSinceMs: t0 }), due: { scheduleMs: null, expiryMs: t0 + 1 } })).toBe(1);
    expect(inMs({ ledger: ledgerWith(), due: late, answers: { whoami: () => fails() } })).toBe(1);
  });

  test.each<[string, Scene, number]>([
    ["the earlier of both dates", { ledger: ledgerWith(), due: { scheduleMs: t0 + 9, expiryMs: t0 + 5 } }, 5],
    ["the schedule's alone", { ledger: ledgerWith(), due: { scheduleMs: t0 + 9, expiryMs: null } }, 9],
    [
      "one date, held, of the schedule: a poll",
      { ledger: ledgerWith({ holdSinceMs: t0 }), due: { scheduleMs: t0 + 9, expiryMs: null } },
      minuteMs,
    ],
    ["no dates were read: a poll", { ledger: ledgerWith(), due: null }, minuteMs],
    ["a drain that ends in a moment", { ledger: oneDrain(1), due }, 1],
    ["a drain that has ended and waits for the log", { ledger: oneDrain(0), due, answers: usage }, minuteMs],
    [
      "one that drains beside one that is held",
      { ledger: drainAndHeld(), due, answers: { "load-site": holdsSecond } },
      minuteMs,
    ],
    [
      "a drain beside a line that waits",
      { ledger: oneDrain(20 * minuteMs, { next: nextOf("proven") }), due, answers: lineWaits },
      minuteMs,
    ],
    [
      "a drain beside a rotation that cannot begin",
      { ledger: oneDrain(20 * minuteMs, { askedSinceMs: t0 }), due, answers: { whoami: () => fails() } },
      minuteMs,
    ],
    [
      "a drain and one site of several that is not served",
      { ledger: oneDrain(20 * minuteMs), due, answers: { "load-site": unserved } },
      minuteMs,
    ],
  ])("%s", (_what, scene, expected) => {
    expect(inMs(scene)).toBe(expected);
  });
});

function expiredWhileDraining() {
  const drains = draining(20 * minuteMs);
  return { ...drains, state: "retiring" as const, robot: { ...drains.robot, expiresAtMs: t0 } };
}

const justPromoted = ledgerWith({ current: generation(2, { promotedAtMs: t0 }) });

test.each<[string, Scene, number]>([
  [
    "one whose drain began anew while it retires",
    { ledger: ledgerWith({ replaced: [{ ...draining(20 * minuteMs), state: "retiring" }] }), due },
    20 * minuteMs,
  ],
  [
    "one that expired in the middle of its drain, and could not be deleted yet",
    { ledger: ledgerWith({ replaced: [expiredWhileDraining()] }), due, answers: { "read-robot": () => fails() } },
    minuteMs,
  ],
  ["a store alone", { ledger: ledgerWith(), due, answers: { "read-store": dark } }, minuteMs],
  [
    "a drain, and a site that is past it and not served yet",
    {
      ledger: ledgerWith({ replaced: [{ ...draining(20 * minuteMs), epoch: 0 }] }),
      due,
      answers: { "load-site": azureAtOne },
    },
    minuteMs,
  ],
])("when to come back: %s", (_what, scene, inMs) => {
  expect(playHome(scene).outcome.nextAtMs - t0).toBe(inMs);
});

describe("what is waited for, in words", () => {
  test.each<[string, Scene]>([
    ["generation 3 is proven", { ledger: ledgerWith({ next: nextOf("proven") }), answers: lineWaits }],
    ["a rotation (manual)", { ledger: ledgerWith({ askedSinceMs: t0 }), answers: { whoami: () => fails() } }],
    ["the store of azure (unreadable)", { ledger: ledgerWith(), answers: { "read-store": dark } }],
    [
      "the store of azure (unreadable)",
      { ledger: ledgerWith(), answers: { "read-store": behind, flip: () => fails() } },
    ],
    [
      "the store of azure (epoch 1)",
      { ledger: justPromoted, answers: { "read-store": behind, "load-site": canaryWaits } },
    ],
    [
      "the store of azure (epoch 0)",
      { ledger: justPromoted, answers: { "read-store": empty, "load-site": canaryWaits } },
    ],
    ["the report of azure", { ledger: ledgerWith(), answers: { "load-site": unserved } }],
    ["generation 1 draining", { ledger: ledgerWith({ replaced: [draining(minuteMs)] }) }],
    [
      "generation 1 retiring",
      { ledger: ledgerWith({ replaced: [record(1, { state: "retiring" })] }), answers: { "load-site": holdsFirst } },
    ],
    [
      "1 robots to sweep",
      {
        ledger: ledgerWith(),
        answers: { "list-robots": () => ({ robots: [marked(3, { id: 33 }, "dead")] }), "read-robot": () => fails() },
      },
    ],
  ])("%s", (text, scene) => {
    expect(playHome(scene).outcome.waits).toContain(text);
  });

  test("without a current generation no store and no report is", () => {
    const ledger = ledgerWith({ current: null, epoch: 9, rebuiltAtMs: t0 });
    const { outcome } = playHome({ ledger, answers: { whoami: () => fails(), "read-store": dark } });
    expect(outcome).toMatchObject({ end: "waiting", waits: ["a rotation (rebuilt)"], nextAtMs: t0 + minuteMs });
  });

  test.each<[string, Answers]>([
    ["was swept in this tick", {}],
    ["is gone already", { "read-robot": () => ({ robot: null }) }],
  ])("a robot that %s is not", (_what, answers) => {
    const stray = marked(3, { id: 33 }, "dead");
    const world: Answers = {
      "list-robots": () => ({ robots: [marked(2), stray] }),
      "read-robot": () => ({ robot: stray }),
      ...answers,
    };
    expect(playHome({ ledger: ledgerWith(), answers: world }).outcome).toMatchObject({ end: "idle", waits: [] });
  });

  test("the lease of an earlier tick of this runner, which saved nothing now, is left to its end", () => {
    const lease = { owner: "runner-1", untilMs: t0 + minuteMs };
    expect(playHome({ ledger: ledgerWith({ lease }), due }).saves).toEqual([]);
  });

  test("the lease that another runner left and that is over is taken and given back", () => {
    const lease = { owner: "runner-2", untilMs: t0 };
    const played = playHome({
      ledger: ledgerWith({ lease, holdSinceMs: t0 }),
      settings: { act: { type: "revoke", generation: 2, now: false } },
      answers: { whoami: () => fails() },
    });
    expect(played.saves).toEqual(["generation 2 revoked: a next one is minted at once", "lease given back"]);
    expect(played.ledger.lease).toBeNull();
  });
});

/** Word by word, and whether only a human can mend it. */
describe("what an operator is told", () => {
  test("before the ledger was read: that it is waited for", () => {
    const state = startHome(settingsWith(), t0);
    expect([waitingFor(state, instant(t0)), problemsOf(state, instant(t0))]).toEqual([["a ledger"], []]);
  });

  test("of what would keep a rotation from beginning nothing while one is on its way", () => {
    const ledger = ledgerWith({ next: nextOf("proven"), askedSinceMs: t0, replaced: [record(1)] });
    const answers: Answers = { ...lineWaits, "load-site": holdsFirst };
    const { problems } = playHome({ ledger, answers, settings: { limits: { ...limits, replacedMax: 1 } } }).outcome;
    expect(problems).toEqual([]);
  });

  test("what retires is waited for by its generation, and is no robot to sweep", () => {
    const ledger = ledgerWith({ replaced: [record(1, { state: "retiring" })] });
    expect(playHome({ ledger, answers: { "load-site": holdsFirst } }).outcome.waits).toEqual(["generation 1 retiring"]);
  });

  test("of a robot that is not ours nothing", () => {
    const byHand = { ...marked(5), description: "by hand" };
    const answers: Answers = {
      "list-robots": () => ({ robots: [marked(2), byHand] }),
      "read-robot": () => ({ robot: byHand }),
    };
    expect(playHome({ ledger: ledgerWith(), answers, due }).outcome).toMatchObject({
      end: "idle",
      waits: [],
      problems: [],
    });
  });

  const said = (scene: Scene) => playHome({ due, ...scene }).outcome.problems;

  test.each<[string, string, boolean, Scene]>([
    [
      "registry-unreadable",
      "the registry cannot list robots: scripted",
      false,
      { ledger: ledgerWith(), answers: { "list-robots": () => fails() } },
    ],
    [
      "registry-unreadable",
      "the registry cannot list robots: scripted",
      true,
      { ledger: ledgerWith(), answers: { "list-robots": () => fails("denied") } },
    ],
    [
      "store-unreadable",
      "the store of azure cannot be read: it keeps what it has",
      false,
      { ledger: ledgerWith(), answers: { "read-store": dark } },
    ],
    [
      "site-unreadable",
      "the ledger of site azure cannot be read",
      false,
      { ledger: ledgerWith(), answers: { "load-site": siteDark } },
    ],
    [
      "target-foreign",
      "prod-1/x/pull is not ours: it is immutable",
      false,
      { ledger: ledgerWith(), answers: { "load-site": foreign } },
    ],
    [
      "site-unconfigured",
      "site gcp is in the ledger and no longer in the configuration: its copies are still ours",
      true,
      { ledger: ledgerWith({ sites: ["aws", "azure", "gcp"] }) },
    ],
    [
      "value-lost",
      "no store gives back the current value",
      false,
      { ledger: ledgerWith(), answers: { "read-version": () => fails("not-found"), whoami: () => fails() } },
    ],
    [
      "current-not-accepted",
      "the registry says no-right to the current generation 2",
      false,
      { ledger: ledgerWith(), answers: { prove: () => ({ verdict: "no-right" }) } },
    ],
    [
      "clocks-apart",
      "the clocks of this runner, the registry and the ledger are more than a day apart: nothing is deleted",
      true,
      { ledger: ledgerWith(), serverMs: t0 - dayMs - 1 },
    ],
  ])("%s: %s (blocks: %s)", (code, text, blocks, scene) => {
    expect(said(scene).filter((problem) => problem.code === code)).toEqual([{ code, text, blocks }]);
  });

  test("of a login that was not tried, or a rotation that is under way, nothing", () => {
    const unreadable: Answers = { "read-version": () => fails() };
    expect(said({ ledger: ledgerWith(), answers: unreadable })).toEqual([]);
    expect(
      said({
        ledger: ledgerWith({ next: nextOf("proven"), askedSinceMs: t0 }),
        answers: { ...lineWaits, whoami: () => fails() },
      }),
    ).toEqual([]);
    expect(said({ ledger: ledgerWith(), answers: { whoami: () => fails() } })).toEqual([]);
  });

  test("before there is a current generation nothing of it", () => {
    const ledger = ledgerWith({ current: null, epoch: 0, promotedMax: 0 });
    const codes = said({ ledger, answers: { whoami: () => fails() } }).map(({ code }) => code);
    expect(codes).toEqual(["issuer-refused"]);
  });

  test("what holds the first robots that are to go; not more of them than one tick may delete", () => {
    const robots = Array.from({ length: 12 }, (_, n) => marked(3, { id: 100 + n }, `ab${String(n).padStart(2, "0")}`));
    const held = said({
      ledger: ledgerWith(),
      answers: { "list-robots": () => ({ robots: [marked(2), ...robots] }), "load-site": siteDark },
    }).filter(({ code }) => code === "deletion-waits");
    expect(held).toHaveLength(limits.deletionsPerTickMax);
    expect(held[0]?.text).toBe(
      `robot ${robots[0]?.username} is not deleted yet: the ledger of site azure cannot be read`,
    );
  });

  test("at the deadline, and in a lost race, too", () => {
    const scene = { ledger: ledgerWith(), answers: { "read-store": dark } };
    const late = playHome({ ...scene, settings: { deadlineMs: t0 } }).outcome;
    const text = "the store of azure cannot be read: it keeps what it has";
    const unreadable = { code: "store-unreadable", text, blocks: false };
    expect(late).toEqual({ end: "deadline", nextAtMs: t0 + 1, waits: ["more time"], problems: [unreadable] });
    const act = { type: "rotate" } as const;
    const lost = playHome({
      ledger: ledgerWith(),
      settings: { act },
      answers: { save: () => fails("conflict"), "read-store": dark },
    });
    expect(lost.outcome.problems).toContainEqual(unreadable);
  });
});

describe("how it ended", () => {
  test("idle says nothing", () => {
    expect(playHome({ ledger: ledgerWith(), due }).outcome).toMatchObject({ end: "idle", waits: [], problems: [] });
  });

  test.each<[string, "waiting" | "blocked", string, Scene]>([
    [
      "registry-unreadable",
      "waiting",
      "nothing is swept",
      { ledger: ledgerWith(), answers: { "list-robots": () => fails() }, due },
    ],
    [
      "registry-unreadable",
      "blocked",
      "the issuer may not",
      { ledger: ledgerWith(), answers: { "list-robots": () => fails("denied") } },
    ],
    [
      "site-unreadable",
      "waiting",
      "a site's ledger",
      {
        ledger: ledgerWith(),
        answers: { "load-site": ({ site }) => (site === "azure" ? fails() : { ledger: siteLedgerWith(site) }) },
      },
    ],
    ["store-unreadable", "waiting", "a store", { ledger: ledgerWith(), answers: { "read-store": dark } }],
    [
      "site-unconfigured",
      "blocked",
      "a site that left the file",
      { ledger: ledgerWith({ sites: ["aws", "azure", "gcp"] }) },
    ],
    ["clocks-apart", "blocked", "over a day", { ledger: ledgerWith(), serverMs: t0 + dayMs + 1 }],
    [
      "current-not-accepted",
      "waiting",
      "an outage",
      { ledger: ledgerWith({ replaced: [record(1)] }), answers: { prove: () => ({ verdict: "unreachable" }) } },
    ],
    [
      "deletion-waits",
      "waiting",
      "what holds a robot is named",
      { ledger: ledgerWith({ replaced: [record(1, { state: "retiring" })] }), answers: { "load-site": holdsFirst } },
    ],
  ])("%s (%s): %s", (code, end, _what, scene) => {
    const played = playHome(scene);
    expect(played.codes).toContain(code);
    if (code !== "registry-unreadable" || end === "blocked") expect(played.outcome.end).toBe(end);
  });

  test("a site's report is handed on: the foreign, and the first five that are not served", () => {
    const unserved = Array.from({ length: 9 }, (_, n) => ({
      target: `prod-1/t${n}/pull`,
      reason: "denied" as const,
      text: "403",
    }));
    const foreign = [
      { target: "prod-1/x/pull", why: "it is immutable", username: null },
      { target: "prod-1/y/pull", why: "contested: taken back", username: null, untilMs: t0 + 90_000 },
      { target: "prod-1/z/pull", why: "contested: taken back", username: null, untilMs: t0 },
    ];
    const answers: Answers = {
      "load-site": ({ site }) => ({
        ledger: siteLedgerWith(site, site === "aws" ? { unserved, foreign, served: 0 } : {}),
      }),
    };
    const { outcome, codes } = playHome({ ledger: ledgerWith(), answers });
    expect(codes).toEqual([
      "target-foreign",
      "target-contested",
      "target-contested",
      ...Array.from({ length: 5 }, () => "target-unserved"),
    ]);
    expect(outcome).toMatchObject({ end: "waiting", waits: ["the report of aws"] });
    const texts = outcome.problems.map((problem) => problem.text);
    expect(texts).toEqual(
      expect.arrayContaining([
        "prod-1/y/pull: contested: taken back; written again in 2 minutes",
        "prod-1/z/pull: contested: taken back; written again by the next tick",
        "prod-1/t0/pull: denied: 403",
      ]),
    );
  });

  test("what holds a replaced generation stands in the waits", () => {
    const { waits } = playHome({
      ledger: ledgerWith({ replaced: [record(1)] }),
      answers: { "load-site": holdsFirst },
    }).outcome;
    expect(waits).toEqual([`generation 1 held: a target of azure still holds ${usernameOf(1)}`]);
  });
});

function dark({ site }: { readonly site: string }) {
  return site === "azure"
    ? fails()
    : {
        versionId: "v2",
        trace: { ledgerId: ledgerWith().ledgerId, epoch: 2, generation: 2, username: usernameOf(2), hash: "ff2" },
      };
}

const lineWaits: Answers = {
  "read-version": ({ versionId }) => (versionId === "v2" ? { trace: traceOf(2) } : fails()),
};

function drainAndHeld() {
  const other = { ...record(3), epoch: 1, robot: { ...record(3).robot, id: 3 } };
  return ledgerWith({ promotedMax: 3, replaced: [draining(20 * minuteMs), other] });
}

function holdsSecond({ site }: { readonly site: string }) {
  return { ledger: siteLedgerWith(site, { usernames: [usernameOf(3)] }) };
}

function unserved({ site }: { readonly site: string }) {
  return { ledger: siteLedgerWith(site, site === "azure" ? { round: null, epoch: 2, served: 2 } : {}) };
}

function siteDark({ site }: { readonly site: string }) {
  return site === "azure" ? fails() : { ledger: siteLedgerWith(site) };
}

function foreign({ site }: { readonly site: string }) {
  const targets = [{ target: "prod-1/x/pull", why: "it is immutable", username: null }];
  return { ledger: siteLedgerWith(site, site === "aws" ? { foreign: targets } : {}) };
}

/** Nobody was handed the current generation yet: azure waits for the canaries. */
function canaryWaits({ site }: { readonly site: string }) {
  return { ledger: siteLedgerWith(site, { epoch: 1 }, { epoch: 1 }) };
}

function azureAtOne({ site }: { readonly site: string }) {
  return { ledger: siteLedgerWith(site, site === "azure" ? { epoch: 1 } : {}) };
}

function behind({ site }: { readonly site: string }) {
  return { versionId: "x", trace: traceOf(site === "azure" ? 1 : 2) };
}

function empty({ site }: { readonly site: string }) {
  return site === "azure" ? { versionId: null, trace: null } : { versionId: "v2", trace: traceOf(2) };
}

function holdsFirst({ site }: { readonly site: string }) {
  return { ledger: siteLedgerWith(site, site === "azure" ? { usernames: [usernameOf(1)] } : {}) };
}

function twoDrains() {
  const other = { ...draining(7 * minuteMs), generation: 3, epoch: 1, robot: { ...record(3).robot, id: marked(3).id } };
  return ledgerWith({ promotedMax: 3, replaced: [draining(20 * minuteMs), other] });
}

function paused() {
  const abandoned = [9, 5, 0].map((minutes, n) => ({ generation: 3, attempt: `a${n}`, atMs: t0 - minutes * minuteMs }));
  return ledgerWith({ abandoned, askedSinceMs: t0 });
}
