import { describe, expect, test } from "vitest";
import type { HomeLedger } from "../../../core/protocol/state.ts";
import { type Answers, fails, marked, playHome, type Scene, traceOf } from "./home-tick.ts";
import {
  credential,
  dayMs,
  generation,
  hourMs,
  ledgerWith,
  limits,
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

  test("is made after the save that proves the ledger and the look at the robot, sites' ledgers last", () => {
    const { asked, changed } = playHome({ ledger: givenUp, answers: listed });
    expect(changed).toEqual(["remove-robot 33"]);
    expect(asked.slice(asked.findIndex((effect) => effect.type === "remove-robot") - 5).slice(0, 6)).toEqual([
      { type: "read-robot", id: 33 },
      { type: "read-store", site: "aws", before: 33 },
      { type: "read-store", site: "azure", before: 33 },
      { type: "load-site", site: "aws", before: 33 },
      { type: "load-site", site: "azure", before: 33 },
      { type: "remove-robot", id: 33 },
    ]);
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
