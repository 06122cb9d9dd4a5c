import { describe, expect, test } from "vitest";
import type { HomeLedger } from "../../../core/protocol/state.ts";
import { type Answers, fails, marked, playHome, type Scene, traceOf } from "./home-tick.ts";
import {
  credential,
  dayMs,
  generation,
  hourMs,
  instant,
  ledgerWith,
  limits,
  mintingNext,
  nextOf,
  otherId,
  record,
  siteLedgerWith,
  t0,
  usernameOf,
} from "./ledgers.ts";

const retiring = ledgerWith({ replaced: [record(1, { state: "retiring" })] });
const storeOf = (site: string, n: number): Answers => ({
  "read-store": (effect) => {
    const held = effect.site === site ? n : 2;
    return { versionId: `v${held}`, trace: traceOf(held) };
  },
  flip: () => fails(),
});
const storeAtTwo = { versionId: "v2", trace: traceOf(2) };
const robotNow = (changes: Partial<ReturnType<typeof marked>>): Answers => ({
  "read-robot": () => ({ robot: { ...marked(1), ...changes } }),
});
const deleted = (scene: Scene) => playHome(scene).changed.filter((name) => name.startsWith("remove-robot"));

describe("what retires is deleted", () => {
  test("after a save that proves the ledger, one more login of the one that stays, and a look at the robot", () => {
    const played = playHome({ ledger: retiring });
    expect(played.changed).toEqual(["remove-robot 1"]);
    expect(played.ledger.replaced).toEqual([]);
    const types = played.asked.map((effect) => effect.type);
    const last = types.indexOf("remove-robot");
    for (const before of ["save", "prove", "read-robot"] as const) expect(types.indexOf(before)).toBeLessThan(last);
    expect(played.asked).toContainEqual({ type: "prove", versionId: "v2", purpose: "guard" });
  });

  test("clocks that are a day apart and no more stop nothing", () => {
    expect(deleted({ ledger: retiring, serverMs: t0 + dayMs })).toEqual(["remove-robot 1"]);
    expect(playHome({ ledger: retiring, serverMs: t0 + dayMs }).codes).not.toContain("clocks-apart");
  });

  test("each save says why", () => {
    expect(playHome({ ledger: retiring }).saves).toEqual([
      "the ledger is confirmed before a deletion",
      "generation 1 gone",
    ]);
  });

  test("404 is success", () => {
    const gone = playHome({ ledger: retiring, answers: { "read-robot": () => ({ robot: null }) } });
    expect(gone.changed).toEqual([]);
    expect(gone.ledger.replaced).toEqual([]);
  });

  test("its versions go with it: older ones, not the current, not one that is kept for another", () => {
    const versions = [
      { versionId: "v1", epoch: 1, current: false },
      { versionId: "v2", epoch: 2, current: true },
      { versionId: "hand-made", epoch: null, current: false },
      { versionId: "old-current", epoch: 1, current: true },
    ];
    const asked = playHome({ ledger: retiring, answers: { "list-versions": () => ({ versions }) } }).asked;
    expect(asked.filter((effect) => effect.type === "discard")).toEqual([
      { type: "discard", site: "aws", versionIds: ["v1"] },
      { type: "discard", site: "azure", versionIds: ["v1"] },
    ]);
  });
});

describe("which versions go with a generation", () => {
  const versions = [
    { versionId: "v1", epoch: 1, current: false },
    { versionId: "v2", epoch: 2, current: false },
    { versionId: "v3", epoch: 3, current: false },
  ];
  const expired = { ...generation(2).robot, expiresAtMs: t0 - 1 };
  const gone = record(2, { state: "retiring", robot: expired });
  const discards = (ledger: HomeLedger, answers: Answers = {}) => {
    const played = playHome({
      ledger,
      answers: { "list-versions": () => ({ versions }), whoami: () => fails(), ...answers },
    });
    expect(played.ledger.replaced.map((one) => one.generation)).not.toContain(2);
    return Object.fromEntries(
      played.asked.flatMap((effect) => (effect.type === "discard" ? [[effect.site, effect.versionIds]] : [])),
    );
  };
  const at9 = { epoch: 9, generationMax: 3, promotedMax: 3, current: generation(3, { epoch: 9 }) };

  test("all below the lowest epoch of what lives; home keeps the one version of each that lives", () => {
    expect(discards(ledgerWith({ ...at9, replaced: [gone] }))).toEqual({
      aws: ["v1", "v2"],
      azure: ["v1", "v2", "v3"],
    });
  });

  test("none of the epoch of another replaced one, or above it; that one stays", () => {
    const ledger = ledgerWith({ ...at9, replaced: [record(1, { epoch: 2 }), gone] });
    expect(discards(ledger)).toEqual({ azure: ["v1"] });
    expect(playHome({ ledger, answers: { whoami: () => fails() } }).ledger.replaced).toMatchObject([{ generation: 1 }]);
  });

  test("of one that came back only the version it was last promoted with is kept", () => {
    const back = generation(3, { epoch: 9, versionIds: ["v2", "v1"] });
    expect(discards(ledgerWith({ ...at9, current: back, replaced: [gone] }))).toMatchObject({ aws: ["v1", "v3"] });
  });

  test("what is staged for next is kept, with no current one beside it, too", () => {
    const rebuilt = { epoch: 2, generationMax: 3, promotedMax: 2, current: null, rebuiltAtMs: t0 };
    const ledger = ledgerWith({ ...rebuilt, replaced: [{ ...gone, epoch: 1 }], next: nextOf("staged") });
    const unread: Answers = { "read-version": () => fails(), "read-store": () => ({ versionId: null, trace: null }) };
    expect(discards(ledger, unread)).toEqual({ aws: ["v1", "v2"], azure: ["v1", "v2"] });
    expect(discards({ ...ledger, next: null }, unread)).toEqual({ aws: ["v1", "v2", "v3"], azure: ["v1", "v2", "v3"] });
  });

  test("as far as they can be reached: a store that cannot list or discard them keeps no record alive", () => {
    expect(discards(ledgerWith({ ...at9, replaced: [gone] }), { "list-versions": () => fails() })).toEqual({});
    expect(discards(ledgerWith({ ...at9, replaced: [gone] }), { discard: () => fails() })).toHaveProperty("aws");
  });
});

describe("what stays in the ledger, and what is said of it", () => {
  const waiting = (answers: Answers, ledger: HomeLedger = retiring) => {
    const { outcome, ledger: after } = playHome({ ledger, answers });
    expect(after.replaced.map((one) => one.generation)).toEqual([1]);
    return outcome.problems.flatMap(({ code, text, blocks }) => (code === "deletion-waits" && !blocks ? text : []));
  };
  const because = (why: string) => `robot ${usernameOf(1)} is not deleted yet: ${why}`;

  test.each<[string, Answers]>([
    ["the store of azure cannot be read", { "read-store": ({ site }) => (site === "azure" ? fails() : storeAtTwo) }],
    [`a store held ${usernameOf(1)} again: its drain began anew`, storeOf("azure", 1)],
    [
      `the store of azure holds ${usernameOf(1)}`,
      {
        "read-store": ({ site }) =>
          site === "azure" ? { versionId: "x", trace: traceOf(1, { epoch: 2 }) } : storeAtTwo,
        flip: () => fails(),
      },
    ],
    [
      "the ledger of site azure cannot be read",
      { "load-site": ({ site }) => (site === "azure" ? fails() : { ledger: siteLedgerWith(site) }) },
    ],
    [
      `a target of azure holds ${usernameOf(1)}`,
      {
        "load-site": ({ site }) => ({
          ledger: siteLedgerWith(site, site === "azure" ? { usernames: [usernameOf(1)] } : {}),
        }),
      },
    ],
  ])("%s", (why, answers) => {
    expect(waiting(answers)).toContain(because(why));
  });

  test("a robot that cannot be removed: its record stays, and it is tried again by the next tick", () => {
    expect(waiting({ "remove-robot": () => fails("denied") })).toEqual([]);
  });

  test("another robot under its id: ours is gone, and the other one is not touched", () => {
    const { ledger, changed } = playHome({ ledger: retiring, answers: robotNow({ createdAtMs: t0 }) });
    expect([ledger.replaced, changed]).toEqual([[], []]);
  });

  test("a registry that shows another robot than the one asked for is not believed", () => {
    expect(waiting(robotNow({ id: 7 }))).toEqual([]);
    expect(deleted({ ledger: retiring, answers: robotNow({ id: 7 }) })).toEqual([]);
  });

  test("no report and no ledger of a site that never served hold nothing back", () => {
    const fresh = { sites: ["aws", "azure"], replaced: retiring.replaced };
    for (const ledger of [null, siteLedgerWith("azure", null)])
      expect(
        deleted({
          ledger: ledgerWith(fresh),
          answers: { "load-site": ({ site }) => ({ ledger: site === "azure" ? ledger : siteLedgerWith(site) }) },
        }),
      ).toEqual(["remove-robot 1"]);
  });
});

describe("what decides by itself", () => {
  const stray = marked(3, { id: 33 }, "dead");
  const givenUp = [{ generation: 3, attempt: "dead", atMs: t0 - hourMs }];
  const listed: Answers = {
    "list-robots": () => ({ robots: [marked(2), stray] }),
    "read-robot": ({ id }) => ({ robot: id === 33 ? stray : marked(2) }),
  };
  const known = ledgerWith({ abandoned: givenUp });

  test("clocks that are more than a day apart stop the sweep, too", () => {
    expect(deleted({ ledger: known, answers: listed, serverMs: t0 + dayMs })).toEqual(["remove-robot 33"]);
    expect(deleted({ ledger: known, answers: listed, serverMs: t0 + dayMs + 1 })).toEqual([]);
  });

  test("of an attempt that was never promoted no other store is asked for", () => {
    const azureDark: Answers = { "read-store": ({ site }) => (site === "azure" ? fails() : storeAtTwo) };
    expect(deleted({ ledger: known, answers: { ...listed, ...azureDark } })).toEqual(["remove-robot 33"]);
  });

  test("nothing current: home's store may hold it all the same", () => {
    const ledger = ledgerWith({ current: null, epoch: 9, rebuiltAtMs: t0, abandoned: givenUp });
    const answers: Answers = {
      ...listed,
      whoami: () => fails(),
      "load-site": () => ({ ledger: null }),
      "read-store": () => ({ versionId: "x", trace: traceOf(3, { username: stray.username }) }),
    };
    expect(deleted({ ledger, answers })).toEqual([]);
  });

  test("a drain that began anew is waited for to its very end, but not by what was revoked --now", () => {
    const retires = (agoMs: number, endNow = false) =>
      deleted({
        ledger: ledgerWith({ replaced: [record(1, { state: "retiring", drainFrom: instant(t0 - agoMs), endNow })] }),
      });
    expect([retires(hourMs), retires(hourMs - 1), retires(0, true)]).toEqual([
      ["remove-robot 1"],
      [],
      ["remove-robot 1"],
    ]);
  });

  test("past its expiry no last look is made", () => {
    const robot = { ...generation(1).robot, expiresAtMs: t0 - 1 };
    const { asked, changed } = playHome({
      ledger: ledgerWith({ replaced: [record(1, { robot })] }),
      answers: { "list-robots": () => ({ robots: [marked(1, { expiresAtMs: t0 - 1 }), marked(2)] }) },
    });
    expect(changed).toEqual(["remove-robot 1"]);
    expect(asked.filter((effect) => "before" in effect && effect.before !== undefined)).toEqual([]);
  });

  test.each<[string, Answers]>([
    [
      "home's ledger cannot be read once more: scripted",
      {
        "load-ledger": ({ before }) => (before === undefined ? { ledger: known, revision: "r0", due: null } : fails()),
      },
    ],
    [
      "home's ledger was written meanwhile",
      {
        "load-ledger": ({ before }) => ({ ledger: known, revision: before === undefined ? "r0" : "other", due: null }),
      },
    ],
    [
      `the store of azure holds ${stray.username}`,
      {
        "read-store": ({ site }) =>
          site === "azure" ? { versionId: "x", trace: traceOf(1, { username: stray.username }) } : storeAtTwo,
      },
    ],
  ])("the last look: %s", (why, answers) => {
    const ledger = why.startsWith("the store") ? ledgerWith() : known;
    const { changed, outcome } = playHome({ ledger, answers: { ...listed, ...answers } });
    expect(changed.filter((name) => name.startsWith("remove"))).toEqual([]);
    expect(outcome.problems.map(({ text }) => text)).toContain(`robot ${stray.username} is not deleted yet: ${why}`);
  });
});

describe("while the current generation is refused", () => {
  const refusals = { count: 1, firstMs: t0, lastMs: t0 };
  const refusedWatch: Answers = { prove: ({ purpose }) => ({ verdict: purpose === "watch" ? "refused" : "accepted" }) };
  const stray = marked(3, { id: 33 }, "dead");

  test("what was revoked --now waits like any other", () => {
    const ledger = ledgerWith({ refusals, replaced: [record(1, { state: "retiring", endNow: true })] });
    expect(deleted({ ledger, answers: refusedWatch })).toEqual([]);
  });

  test("what is expired is deleted, and so is what was never handed out, by the whole guard", () => {
    const robot = { ...generation(1).robot, expiresAtMs: t0 - 1 };
    const ledger = ledgerWith({ refusals, replaced: [record(1, { state: "retiring", robot })] });
    expect(deleted({ ledger, answers: refusedWatch })).toEqual(["remove-robot 1"]);
    const answers: Answers = {
      ...refusedWatch,
      "list-robots": () => ({ robots: [marked(2), stray] }),
      "read-robot": ({ id }) => ({ robot: id === 33 ? stray : marked(2) }),
    };
    expect(deleted({ ledger: ledgerWith({ refusals }), answers })).toEqual(["remove-robot 33"]);
  });
});

describe("what was revoked --now", () => {
  const ledger = ledgerWith({ replaced: [record(1, { state: "retiring", endNow: true })] });
  const holding: Answers = {
    "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { usernames: [usernameOf(1)] }) }),
  };

  test("waits for no target, but for the stores and the login of the one that stays", () => {
    expect(deleted({ ledger, answers: holding })).toEqual(["remove-robot 1"]);
    expect(deleted({ ledger, answers: storeOf("azure", 1) })).toEqual([]);
    for (const guard of [() => ({ verdict: "refused" }) as const, () => fails()]) {
      const prove: Answers["prove"] = (effect) => (effect.purpose === "guard" ? guard() : { verdict: "accepted" });
      expect(deleted({ ledger, answers: { prove } })).toEqual([]);
    }
  });
});

/** Every condition that stops it. */
test.each<[string, Scene]>([
  ["home's store still gives it out", { ledger: retiring, answers: storeOf("aws", 1) }],
  ["another store still gives it out", { ledger: retiring, answers: storeOf("azure", 1) }],
  [
    "a store cannot be read",
    {
      ledger: retiring,
      answers: { "read-store": ({ site }) => (site === "azure" ? fails() : { versionId: "v2", trace: traceOf(2) }) },
    },
  ],
  [
    "a site's ledger cannot be read",
    {
      ledger: retiring,
      answers: { "load-site": ({ site }) => (site === "azure" ? fails() : { ledger: siteLedgerWith(site) }) },
    },
  ],
  [
    "a latest report has its username",
    {
      ledger: retiring,
      answers: { "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { usernames: [usernameOf(1)] }) }) },
    },
  ],
  ["a site left the file without release", { ledger: { ...retiring, sites: ["aws", "azure", "gcp"] } }],
  [
    "the current one does not log in",
    {
      ledger: retiring,
      answers: { prove: ({ purpose }) => ({ verdict: purpose === "guard" ? "refused" : "accepted" }) },
    },
  ],
  [
    "nobody can say whether the current one logs in",
    { ledger: retiring, answers: { prove: () => ({ verdict: "unreachable" }) } },
  ],
  ["the current value cannot be read back", { ledger: retiring, answers: { "read-version": () => fails() } }],
  [
    "the current one was refused of late",
    {
      ledger: { ...retiring, refusals: { count: 1, firstMs: t0, lastMs: t0 } },
      answers: { prove: ({ purpose }) => ({ verdict: purpose === "watch" ? "refused" : "accepted" }) },
    },
  ],
  ["the robot cannot be looked at", { ledger: retiring, answers: { "read-robot": () => fails() } }],
  ["under its id is a robot made at another time", { ledger: retiring, answers: robotNow({ createdAtMs: t0 }) }],
  [
    "under its id is a robot of another description",
    { ledger: retiring, answers: robotNow({ description: "by hand" }) },
  ],
  ["under its id is a robot of another name", { ledger: retiring, answers: robotNow({ username: "robot$other" }) }],
  ["under its id is a robot of another attempt", { ledger: retiring, answers: robotNow(marked(1, { id: 1 }, "beef")) }],
  ["clocks are more than a day apart", { ledger: retiring, serverMs: t0 - dayMs - 1 }],
  ["the login of the current one comes to nothing", { ledger: retiring, answers: { prove: () => fails() } }],
  [
    "the ledger cannot be saved, so that it may be old",
    { ledger: retiring, answers: { save: () => fails("conflict") } },
  ],
  ["it is not retiring", { ledger: ledgerWith({ replaced: [record(1, { state: "draining" })] }) }],
])("nothing is deleted when %s", (_what, scene) => {
  expect(deleted(scene)).toEqual([]);
});

describe("two exceptions, so that nothing waits for ever", () => {
  const expired = { ...generation(1).robot, expiresAtMs: t0 - 1 };
  const dark: Answers = {
    "read-store": () => fails(),
    "load-site": () => fails(),
    prove: () => ({ verdict: "unreachable" }),
  };

  test("past its expiry only GET and DELETE are asked for", () => {
    const ledger = ledgerWith({ replaced: [record(1, { robot: expired })] });
    expect(deleted({ ledger, answers: dark })).toEqual(["remove-robot 1"]);
    expect(deleted({ ledger, answers: { ...dark, ...robotNow({ createdAtMs: t0 }) } })).toEqual([]);
  });

  const stray = marked(3, { id: 33 }, "dead");
  const gaveUp = { generation: 3, attempt: "dead", atMs: t0 - hourMs };
  const listed: Answers = {
    "list-robots": () => ({ robots: [marked(2), stray] }),
    "read-robot": ({ id }) => ({ robot: id === 33 ? stray : marked(2) }),
  };

  test("an attempt that was never promoted needs the ledger and home's store alone", () => {
    const known = ledgerWith({ abandoned: [gaveUp] });
    const siteDark: Answers = { ...listed, "load-site": () => fails(), prove: () => ({ verdict: "unreachable" }) };
    expect(deleted({ ledger: known, answers: siteDark })).toEqual(["remove-robot 33"]);
    expect(deleted({ ledger: known, answers: { ...siteDark, "read-store": () => fails() } })).toEqual([]);
    // Of an attempt that the ledger does not know, nothing is known: the whole guard.
    expect(deleted({ ledger: ledgerWith(), answers: siteDark })).toEqual([]);
    expect(deleted({ ledger: ledgerWith(), answers: listed })).toEqual(["remove-robot 33"]);
  });
});

/** Found by the simulation: the store that held the one was dark while the ledger was rebuilt with the other. */
test("of two robots of one generation the one that the ledger does not know has the drain of the other", () => {
  const swept = (state: "held" | "draining" | "retiring", generation = 1) => {
    const stray = marked(generation, { id: 11 }, "dead");
    const drainFrom = state === "held" ? null : instant(t0 - hourMs / 2);
    const ledger = ledgerWith({ generationMax: 9, replaced: [record(1, { state, drainFrom })] });
    const answers: Answers = {
      "list-robots": () => ({ robots: [marked(2), marked(1), stray] }),
      "read-robot": ({ id }) => ({ robot: id === 11 ? stray : marked(1) }),
    };
    return deleted({ ledger, answers }).includes("remove-robot 11");
  };
  expect([swept("held"), swept("draining"), swept("retiring")]).toEqual([false, false, true]);
  expect([swept("held", 3), swept("draining", 3)]).toEqual([true, true]);
});

/** Found by the search: a ledger restored between the first look and the load does not know what was handed out. */
describe("the last look, right before a deletion", () => {
  const stray = marked(3, { id: 33 }, "dead");
  const givenUp = ledgerWith({ abandoned: [{ generation: 3, attempt: "dead", atMs: t0 - hourMs }] });
  const listed: Answers = {
    "list-robots": () => ({ robots: [marked(2), stray] }),
    "read-robot": ({ id }) => ({ robot: id === 33 ? stray : marked(2) }),
  };
  const storeThen = (then: Partial<ReturnType<typeof traceOf>>): Answers => ({
    ...listed,
    "read-store": ({ before }) => ({ versionId: "v", trace: before === undefined ? traceOf(2) : traceOf(3, then) }),
  });
  const siteThen = (epoch: number): Answers => ({
    ...listed,
    "load-site": ({ site, before }) => ({ ledger: siteLedgerWith(site, {}, before === undefined ? {} : { epoch }) }),
  });

  const loaded = (revision: string) => ({ ledger: retiring, revision, due: null });
  const homeThen = ({ revision }: { readonly revision: string }): Answers => ({
    "load-ledger": ({ before }) => loaded(before === undefined ? "r0" : revision),
  });

  test("is made after the save that proves the ledger and the look at the robot, sites' ledgers last", () => {
    const { asked, changed } = playHome({ ledger: givenUp, answers: listed });
    expect(changed).toEqual(["remove-robot 33"]);
    expect(asked.slice(asked.findIndex((effect) => effect.type === "remove-robot") - 6).slice(0, 7)).toEqual([
      { type: "read-robot", id: 33 },
      { type: "read-store", site: "aws", before: 33 },
      { type: "read-store", site: "azure", before: 33 },
      { type: "load-site", site: "aws", before: 33 },
      { type: "load-site", site: "azure", before: 33 },
      { type: "load-ledger", before: 33 },
      { type: "remove-robot", id: 33 },
    ]);
  });

  test.each<[string, Scene]>([
    ["an attempt given up", { ledger: givenUp, answers: listed }],
    ["what retires", { ledger: retiring }],
  ])("a deadline in the middle of it, over %s: nothing is said of what was not looked at", (_what, scene) => {
    const { asked } = playHome(scene);
    const [first, last] = [asked.findIndex((effect) => "before" in effect), asked.length - 1];
    const removal = asked.findIndex((effect) => effect.type === "remove-robot");
    expect(first).toBeLessThan(removal);
    for (const answersNext of [() => 0, (underWay: number) => underWay - 1])
      for (let replies = first; replies <= last; replies += 1) {
        const settings = { deadlineMs: t0 + hourMs };
        const clock = (n: number) => (n > replies ? t0 + hourMs : t0);
        const { changed, codes, outcome } = playHome({ ...scene, settings, clock, answersNext });
        expect({ replies, codes, deleted: changed.length > 0 }).toEqual({
          replies,
          codes: [],
          deleted: replies >= removal,
        });
        expect(outcome.end).toBe("deadline");
      }
  });

  test("what this tick saves after it is not taken for somebody else's", () => {
    const failing = playHome({ ledger: givenUp, answers: { ...listed, "remove-robot": () => fails() } });
    expect(failing.saves).toContain("lease given back");
    expect(failing.codes).not.toContain("deletion-waits");
  });

  test.each<[string, Scene]>([
    ["a store is at a later epoch than the ledger", { ledger: givenUp, answers: storeThen({ epoch: 4 }) }],
    ["a store gives out the robot", { ledger: givenUp, answers: storeThen({ epoch: 2, username: stray.username }) }],
    ["a site has seen a later epoch than the ledger", { ledger: givenUp, answers: siteThen(3) }],
    ["a site has seen a later epoch, and what retires is alive there", { ledger: retiring, answers: siteThen(3) }],
    [
      "home's store cannot be read any more",
      { ledger: givenUp, answers: { ...listed, "read-store": ({ before }) => (before ? fails() : storeAtTwo) } },
    ],
    ["home's ledger is another one", { ledger: retiring, answers: homeThen({ revision: "restored" }) }],
    [
      "home's ledger cannot be read any more",
      { ledger: retiring, answers: { "load-ledger": ({ before }) => (before ? fails() : loaded("r0")) } },
    ],
  ])("nothing is deleted when it shows that %s", (_what, scene) => {
    const { changed, codes } = playHome(scene);
    expect(changed).toEqual([]);
    expect(codes).toContain("deletion-waits");
  });
});

describe("the sweep", () => {
  const sweep = (robot: ReturnType<typeof marked>, ledger: HomeLedger = ledgerWith()) =>
    deleted({
      ledger,
      answers: { "list-robots": () => ({ robots: [marked(2), robot] }), "read-robot": () => ({ robot }) },
    });

  test.each<[string, ReturnType<typeof marked>, HomeLedger?]>([
    ["current", marked(2)],
    ["next, staged", marked(3), ledgerWith({ next: nextOf("staged") })],
    ["replaced and not yet due", marked(1), ledgerWith({ replaced: [record(1)] })],
    ["of another ledger", { ...marked(3), description: marked(3).description.replace(/[0-9a-f]{32}/, otherId) }],
    ["of another credential", { ...marked(3), description: marked(3).description.replace(credential, "ci") }],
    ["without our mark", { ...marked(3), description: "" }],
  ])("leaves a robot that is %s", (_what, robot, ledger) => {
    expect(sweep(robot, ledger)).toEqual([]);
  });

  test.each<[string, ReturnType<typeof marked>, HomeLedger]>([
    [
      "of the attempt that is being minted, whatever its id",
      marked(3, { id: 77 }, "feed"),
      ledgerWith({ next: mintingNext({ attempt: "feed" }) }),
    ],
    [
      "staged for next under another attempt's name: its id is enough",
      marked(3, { id: 3 }, "feed"),
      ledgerWith({ next: nextOf("staged") }),
    ],
  ])("leaves a robot that is %s", (_what, robot, ledger) => {
    const answers: Answers = {
      "list-robots": () => ({ robots: [marked(2), robot] }),
      "read-robot": () => ({ robot }),
      "read-version": ({ versionId }) => (versionId === "v2" ? { trace: traceOf(2) } : fails()),
      save: () => fails("unreachable"),
    };
    expect(playHome({ ledger, answers }).outcome.waits.join()).not.toContain("to sweep");
    const { save: _fails, ...others } = answers;
    expect(deleted({ ledger, answers: { ...others, mint: () => fails() } })).toEqual(
      ledger.next?.state === "minting" ? ["remove-robot 77"] : [],
    );
  });

  test("takes one that is neither, next or not", () => {
    const stray = marked(3, { id: 33 }, "dead");
    const answers: Answers = {
      "read-version": ({ versionId }) => (versionId === "v2" ? { trace: traceOf(2) } : fails()),
    };
    const sweeps = (ledger: HomeLedger) =>
      deleted({
        ledger,
        answers: {
          ...answers,
          "list-robots": () => ({ robots: [marked(2), stray] }),
          "read-robot": () => ({ robot: stray }),
        },
      });
    expect(sweeps(ledgerWith({ next: nextOf("staged") }))).toEqual(["remove-robot 33"]);
    expect(sweeps(ledgerWith({ abandoned: [{ generation: 3, attempt: "beef", atMs: t0 }] }))).toEqual([
      "remove-robot 33",
    ]);
  });

  test("of one that is expired asks nobody but the registry; one that never expires has the whole guard", () => {
    const dark: Answers = { "read-store": () => fails(), "load-site": () => fails() };
    const sweeps = (expiresAtMs: number | null) => {
      const robot = marked(3, { id: 33, expiresAtMs }, "dead");
      return deleted({
        ledger: ledgerWith(),
        answers: { ...dark, "list-robots": () => ({ robots: [robot] }), "read-robot": () => ({ robot }) },
      });
    };
    expect([t0 - 1, t0, t0 + 1, null].map(sweeps)).toEqual([["remove-robot 33"], ["remove-robot 33"], [], []]);
  });

  test.each<[string, Parameters<typeof siteLedgerWith>[1], number, boolean]>([
    ["has not read back everything", { complete: false }, 2, false],
    ["has a target that is not served", { served: 2 }, 2, false],
    ["reports an older epoch", { epoch: 1 }, 2, false],
    ["never served anything", null, 0, true],
    ["serves, and never reported", null, 1, false],
    ["is served", {}, 2, true],
  ])("of an orphan waits for each site that serves: one that %s", (_what, report, epoch, goes) => {
    const stray = marked(3, { id: 33 }, "dead");
    const played = playHome({
      ledger: ledgerWith(),
      answers: {
        "list-robots": () => ({ robots: [marked(2), stray] }),
        "read-robot": () => ({ robot: stray }),
        "load-site": ({ site }) => ({
          ledger: site === "azure" ? siteLedgerWith(site, report, { epoch }) : siteLedgerWith(site),
        }),
      },
    });
    expect(played.changed).toEqual(goes ? ["remove-robot 33"] : []);
    const text = `robot ${stray.username} is not deleted yet: site azure has not read back the current generation from all its targets`;
    expect(played.outcome.problems.filter(({ code }) => code === "deletion-waits")).toEqual(
      goes ? [] : [{ code: "deletion-waits", text, blocks: false }],
    );
  });

  test("without a current generation nobody can show that what stays logs in: nothing is swept", () => {
    const stray = marked(3, { id: 33 }, "dead");
    const ledger = ledgerWith({ current: null, epoch: 9, rebuiltAtMs: t0 });
    const answers: Answers = {
      whoami: () => fails(),
      "list-robots": () => ({ robots: [stray] }),
      "read-robot": () => ({ robot: stray }),
      "read-store": () => ({ versionId: null, trace: null }),
      "load-site": () => ({ ledger: null }),
    };
    expect(deleted({ ledger, answers })).toEqual([]);
  });

  test("a store that this tick put right holds a robot no more", () => {
    const stray = marked(3, { id: 33 }, "dead");
    const answers: Answers = {
      "list-robots": () => ({ robots: [marked(2), stray] }),
      "read-robot": () => ({ robot: stray }),
      "read-store": ({ site, before }) =>
        site === "azure" && before === undefined
          ? { versionId: "x", trace: traceOf(1, { username: stray.username }) }
          : storeAtTwo,
    };
    const ledger = ledgerWith({ abandoned: [{ generation: 3, attempt: "beef", atMs: t0 }] });
    expect(deleted({ ledger, answers })).toEqual(["remove-robot 33"]);
    expect(deleted({ ledger, answers: { ...answers, flip: () => fails() } })).toEqual([]);
  });

  test("takes what nobody knows, some in one tick", () => {
    const robots = Array.from({ length: 25 }, (_, n) => marked(3, { id: 100 + n }, `ab${String(n).padStart(2, "0")}`));
    const answers: Answers = {
      "list-robots": () => ({ robots: [marked(2), ...robots] }),
      "read-robot": ({ id }) => ({ robot: robots.find((robot) => robot.id === id) ?? marked(2) }),
    };
    const played = playHome({ ledger: ledgerWith(), answers });
    expect(played.changed).toHaveLength(limits.deletionsPerTickMax);
    expect(played.outcome).toMatchObject({ end: "waiting", waits: ["15 robots to sweep"] });
  });
});
