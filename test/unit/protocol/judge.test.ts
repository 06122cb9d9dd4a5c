import { describe, expect, test } from "vitest";
import type { HomeLedger } from "../../../core/protocol/state.ts";
import { type Answers, fails, marked, playHome, traceOf } from "./home-tick.ts";
import { ledgerId, ledgerWith, limits, minuteMs, otherId, siteLedgerWith, t0, usernameOf } from "./ledgers.ts";

const store = (trace: ReturnType<typeof traceOf>): Answers => ({
  "read-store": ({ site }) => (site === "azure" ? { versionId: "x", trace } : { versionId: "v2", trace: traceOf(2) }),
});
const azureSite = (ledger: ReturnType<typeof siteLedgerWith>): Answers => ({
  "load-site": ({ site }) => ({ ledger: site === "azure" ? ledger : siteLedgerWith(site) }),
});
const higher = (username: string | null, id = ledgerId): Answers =>
  azureSite(siteLedgerWith("azure", { higher: { epoch: 7, username } }, { ledgerId: id }));
const robots = (...all: readonly ReturnType<typeof marked>[]): Answers => ({
  "list-robots": () => ({ robots: [marked(2), ...all] }),
});

/** A ledger that is behind: each trace, and what is none. */
describe("a ledger is behind", () => {
  const evidence: readonly (readonly [string, Answers])[] = [
    ["a marked robot of a higher generation", robots(marked(4))],
    ["a store's value of a higher epoch", store(traceOf(2, { epoch: 3 }))],
    ["a site that has seen a higher epoch", azureSite(siteLedgerWith("azure", {}, { epoch: 3 }))],
    [
      "a target of a higher epoch with a robot that the ledger does not know",
      { ...higher(usernameOf(3, "beef")), ...robots(marked(3, {}, "beef")) },
    ],
  ];

  test.each(evidence)("by %s: it is rebuilt, and a new generation is minted at once", (_what, answers) => {
    const played = playHome({ ledger: ledgerWith({ askedSinceMs: t0 }), answers });
    expect(played.saves[0]).toBe("rebuilt");
    expect(played.codes).toContain("ledger-rebuilt");
    expect(played.ledger.epoch).toBeGreaterThan(1_000);
    expect(played.ledger).toMatchObject({ ledgerId, rebuiltAtMs: t0, askedSinceMs: null });
    // What was found is held; only what was minted since is current.
    expect(played.ledger.current?.generation).toBeGreaterThan(2);
    expect(played.ledger.replaced.every(({ state }) => state === "held")).toBe(true);
    expect(played.changed.filter((change) => change.startsWith("remove-robot"))).toEqual([]);
  });

  test.each(evidence)("by %s, a second time within a day: a person is asked", (_what, answers) => {
    const rebuiltAtMs = t0 - 23 * 60 * minuteMs;
    const played = playHome({ ledger: ledgerWith({ rebuiltAtMs }), answers });
    expect(played.codes).toEqual(["ledger-behind-again"]);
    expect(played.outcome).toMatchObject({ end: "blocked", nextAtMs: t0 + minuteMs });
    expect([...played.changed, ...played.saves]).toEqual([]);
  });

  test("and the registry cannot list: nothing is written before it can", () => {
    const answers = { ...store(traceOf(2, { epoch: 3 })), "list-robots": () => fails() };
    const played = playHome({ ledger: ledgerWith(), answers });
    expect(played.codes).toEqual(["ledger-behind"]);
    expect(played.outcome.end).toBe("waiting");
    expect([...played.changed, ...played.saves]).toEqual([]);
  });

  test("of several attempts at a generation the one that a store was seen with is held; the others are the sweep's", () => {
    const seen = marked(3, {}, "beef");
    const answers = {
      ...robots(seen, { ...marked(3, {}, "dead"), id: 99 }),
      ...store(traceOf(3, { epoch: 3, username: seen.username })),
    };
    const { ledger } = playHome({ ledger: ledgerWith(), answers });
    const [held] = ledger.replaced.filter(({ generation }) => generation === 3);
    expect(held?.attempt).toBe("beef");
  });

  test.each<[string, Answers]>([
    ["a robot of a generation that was named", robots(marked(3))],
    [
      "a robot of another ledger",
      robots({ ...marked(9), description: marked(9).description.replace(ledgerId, otherId) }),
    ],
    [
      "a robot of another credential",
      robots({ ...marked(9), username: "robot$ci-g9-0009", description: `capstan:${ledgerId}:ci:g9:0009` }),
    ],
    ["a robot whose name and mark disagree", robots({ ...marked(9), username: usernameOf(8) })],
    ["a value of another ledger", store(traceOf(2, { epoch: 9, ledgerId: otherId }))],
    ["a site that serves another ledger", azureSite(siteLedgerWith("azure", {}, { epoch: 9, ledgerId: otherId }))],
    ["a target's higher mark with a username that is known: drift", higher(usernameOf(2))],
    ["a target's higher mark without a username: drift", higher(null)],
    ["a target's higher mark with a username that the registry does not have: drift", higher(usernameOf(9))],
  ])("not by %s", (_what, answers) => {
    expect(playHome({ ledger: ledgerWith(), answers }).codes).not.toContain("ledger-rebuilt");
  });
});

/** A runner may sleep between its look at the traces and the ledger. */
describe("before a ledger is begun or rebuilt the traces are looked at once more", () => {
  const others = ["read-store", "read-store", "load-site", "load-site"];
  /** The first look sees the one world, all later ones the other. */
  const then = (sees: Answers["read-store"], later: Answers["read-store"]): Answers => {
    let looks = 0;
    return { "read-store": (effect) => (++looks <= 2 ? sees : later)?.(effect) ?? fails() };
  };
  const at = (epoch: number): Answers["read-store"] => store(traceOf(2, { epoch }))["read-store"];
  const nothing: Answers["read-store"] = () => ({ versionId: null, trace: null });

  test.each<[string, HomeLedger | null, Answers]>([
    ["begun", null, {}],
    ["rebuilt", ledgerWith(), store(traceOf(2, { epoch: 3 }))],
  ])("the robots last, and the ledger, which is %s, is read once", (why, ledger, answers) => {
    const { asked, saves } = playHome({ ledger, answers });
    const before = asked.slice(
      0,
      asked.findIndex((effect) => effect.type === "save"),
    );
    expect(before.map((effect) => effect.type)).toEqual([
      "list-robots",
      ...others,
      "load-ledger",
      ...others,
      "list-robots",
    ]);
    expect(saves[0]).toBe(why);
  });

  test("a ledger that was behind at the first look alone is left as it is: the next tick looks", () => {
    const { outcome, saves, changed } = playHome({ ledger: ledgerWith(), answers: then(at(3), at(2)) });
    const text = "stores or ledgers were changed while this runner looked at them";
    expect(outcome).toEqual({
      end: "lost-race",
      nextAtMs: t0 + minuteMs,
      waits: [text],
      problems: [{ code: "lost-race", text, blocks: false }],
    });
    expect([...saves, ...changed]).toEqual([]);
  });

  test("what the second look shows is what counts", () => {
    const { ledger } = playHome({ ledger: ledgerWith(), answers: then(at(3), at(9)) });
    expect(ledger.epoch).toBe(1_010);
    expect(playHome({ ledger: null, answers: then(nothing, at(3)) }).saves[0]).toBe("rebuilt");
  });

  test("a ledger that was begun in this tick is gone on with, as one that is found is", () => {
    const begun = playHome({ ledger: null });
    expect([begun.outcome.end, begun.ledger.epoch]).toEqual(["waiting", 1]);
    expect(playHome({ ledger: ledgerWith() }).asked.filter((effect) => effect.type === "list-robots")).toHaveLength(1);
  });
});

test("each site is named in the ledger before its store is first written", () => {
  const sites = ["aws", "azure", "gcp"];
  const { asked, saves } = playHome({
    ledger: ledgerWith({ sites: ["old", "azure"] }),
    settings: { sites },
    answers: {
      "read-store": ({ site }) =>
        site === "azure" ? { versionId: "v2", trace: traceOf(2) } : { versionId: null, trace: null },
    },
  });
  expect(saves[0]).toBe("site aws, gcp named");
  const first = asked.find((effect) => effect.type === "save");
  expect(first?.ledger.sites).toEqual(["old", "azure", "aws", "gcp"]);
  expect(asked.findIndex((effect) => effect.type === "flip")).toBeGreaterThan(asked.indexOf(first as never));
});

describe("the lease", () => {
  const leased = (owner: string, untilMs: number) => ledgerWith({ lease: { owner, untilMs }, askedSinceMs: t0 });

  test.each<[string, HomeLedger, string]>([
    ["another's, and not over", leased("runner-2", t0 + minuteMs), "busy"],
    ["another's, and over", leased("runner-2", t0), "waiting"],
    ["ours", leased("runner-1", t0 + minuteMs), "waiting"],
    ["from a clock far ahead", leased("runner-2", t0 + 2 * limits.leaseMs + 1), "waiting"],
    ["as long as a clock ahead may make it", leased("runner-2", t0 + 2 * limits.leaseMs), "busy"],
  ])("%s", (_what, ledger, end) => {
    const played = playHome({ ledger });
    expect(played.outcome.end).toBe(end);
    expect(played.ledger.epoch).toBe(end === "busy" ? 2 : 3);
    if (end === "busy")
      expect([played.saves, played.outcome]).toEqual([
        [],
        {
          end,
          nextAtMs: ledger.lease?.untilMs,
          waits: ["another runner"],
          problems: [{ code: "lease-held", text: "another runner (runner-2) is at work", blocks: false }],
        },
      ]);
  });

  test("is taken with every save, one tick long, and given back at the end", () => {
    const played = playHome({ ledger: ledgerWith({ askedSinceMs: t0 }) });
    const leases = played.asked.flatMap((effect) => (effect.type === "save" ? [effect.ledger.lease] : []));
    expect(leases.slice(0, -1)).toEqual(
      leases.slice(0, -1).map(() => ({ owner: "runner-1", untilMs: t0 + limits.leaseMs })),
    );
    expect(leases.at(-1)).toBeNull();
  });

  test("saves nothing when there is nothing to save", () => {
    expect(playHome({ ledger: ledgerWith() })).toMatchObject({ saves: [], changed: [], outcome: { end: "idle" } });
  });
});

describe("a race that is lost", () => {
  const act = { type: "revoke", generation: 2, now: false } as const;

  test("ends the tick; what an operator asked for is still to be asked", () => {
    const played = playHome({ ledger: ledgerWith(), settings: { act }, answers: { save: () => fails("conflict") } });
    expect(played.outcome.end).toBe("lost-race");
    expect(played.changed).toEqual([]);
    expect(played.state.actDone).toBe(false);
  });

  test("after the act was taken it is not asked for twice", () => {
    let saves = 0;
    const save: NonNullable<Answers["save"]> = () => (++saves === 1 ? { revision: "r1" } : fails("conflict"));
    const played = playHome({ ledger: ledgerWith(), settings: { act }, answers: { save } });
    expect(played.outcome.end).toBe("lost-race");
    expect(played.state.actDone).toBe(true);
  });

  test.each([
    ["unreachable", "waiting"],
    ["denied", "blocked"],
  ] as const)("a save that fails otherwise (%s) ends it too: %s", (kind, end) => {
    const played = playHome({ ledger: ledgerWith(), settings: { act }, answers: { save: () => fails(kind) } });
    expect(played.codes).toContain("ledger-unwritable");
    expect(played.outcome.end).toBe(end);
  });
});
