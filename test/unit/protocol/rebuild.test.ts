import { describe, expect, test } from "vitest";
import { type HomeLedger, newLedger, type Replaced } from "../../../core/protocol/state.ts";
import { type Answers, fails, marked, playHome, traceOf } from "./home-tick.ts";
import {
  attemptOf,
  credential,
  dayMs,
  generation,
  hourMs,
  instant,
  ledgerId,
  ledgerWith,
  limits,
  madeOf,
  minuteMs,
  nextOf,
  otherId,
  record,
  roundId,
  siteLedgerWith,
  t0,
  usernameOf,
} from "./ledgers.ts";

type Robot = ReturnType<typeof marked>;
const lease = { owner: "runner-1", untilMs: t0 + limits.leaseMs };
const listed = (...robots: readonly Robot[]): Answers => ({ "list-robots": () => ({ robots }) });
/** azure's store is at this epoch, home's at 2. */
const storeAt = (epoch: number, changes: Parameters<typeof traceOf>[1] = {}): Answers => ({
  "read-store": ({ site }) =>
    site === "azure"
      ? { versionId: "x", trace: traceOf(2, { epoch, ...changes }) }
      : { versionId: "v2", trace: traceOf(2) },
});
const azureSite = (...of: [Parameters<typeof siteLedgerWith>[1]?, Parameters<typeof siteLedgerWith>[2]?]): Answers => ({
  "load-site": ({ site }) => ({ ledger: site === "azure" ? siteLedgerWith(site, ...of) : siteLedgerWith(site) }),
});

/** The ledger that a tick saves as rebuilt, its lease apart; undefined: it is not rebuilt. */
function rebuilt(ledger: HomeLedger | null, answers: Answers, nowMs = t0): HomeLedger | undefined {
  const { asked } = playHome({ ledger, answers, nowMs });
  const save = asked.find((effect) => effect.type === "save");
  return save?.why === "rebuilt" ? save.ledger : undefined;
}
const blank = { versionIds: [], hash: "", madeOf, promotedAtMs: t0, revoked: false, endNow: false } as const;
/** A robot that was found, held under the highest epoch seen. */
const found = (n: number, epoch: number, changes: Partial<Replaced> = {}): Replaced => {
  const { id, username, createdAtMs, expiresAtMs } = marked(n);
  const robot = { id, username, createdAtMs, expiresAtMs };
  const held = { state: "held", replacedAtMs: t0, drainFrom: null } as const;
  return { ...blank, generation: n, attempt: attemptOf(n), epoch, robot, ...held, ...changes };
};

describe("a ledger that is behind", () => {
  const full = ledgerWith({
    replaced: [record(1, { state: "draining" })],
    next: nextOf("staged"),
    round: { id: roundId, drawnAtMs: t0, generations: [1] },
    askedSinceMs: t0,
    holdSinceMs: t0,
    refusals: { count: 1, firstMs: t0, lastMs: t0 },
    abandoned: [{ generation: 3, attempt: "dead", atMs: t0 - hourMs }],
    takenEvents: ["event-1"],
    emergencies: { count: 2, lastMs: t0 - hourMs },
    sites: ["gcp", "aws"],
  });

  test("keeps what it was told and loses what it was about; every robot of ours is held, nothing is current", () => {
    const answers = { ...listed(marked(1), marked(2), marked(3)), ...storeAt(7) };
    expect(rebuilt(full, answers)).toEqual({
      ...full,
      epoch: 1_007,
      generationMax: 13,
      promotedMax: 13,
      current: null,
      next: null,
      replaced: [
        { ...record(1), epoch: 7, replacedAtMs: t0 },
        { ...generation(2), epoch: 7, state: "held", replacedAtMs: t0, drainFrom: null },
        found(3, 7),
      ],
      sites: ["gcp", "aws", "azure"],
      round: null,
      askedSinceMs: null,
      holdSinceMs: null,
      refusals: null,
      rebuiltAtMs: t0,
      lease,
    });
  });

  test("what the ledger knew and the registry has no more is forgotten", () => {
    expect(rebuilt(full, { ...listed(marked(2)), ...storeAt(7) })?.replaced.map((one) => one.generation)).toEqual([2]);
  });

  test.each<[string, number, Answers]>([
    ["a store", 8, storeAt(8)],
    ["a site", 9, azureSite({}, { epoch: 9 })],
    [
      "a target",
      10,
      { ...azureSite({ higher: { epoch: 10, username: usernameOf(4) } }), ...listed(marked(2), marked(4)) },
    ],
    ["no other ledger's store", 9, { ...azureSite({}, { epoch: 9 }), ...storeAt(50, { ledgerId: otherId }) }],
    [
      "the highest of all",
      12,
      { ...azureSite({ higher: { epoch: 11, username: null } }, { epoch: 12 }), ...storeAt(8) },
    ],
  ])("its epoch is lifted by a thousand above what was seen: %s at %i", (_what, epoch, answers) => {
    expect(rebuilt(ledgerWith(), { ...listed(marked(2)), ...answers })?.epoch).toBe(epoch + 1_000);
  });

  test("an epoch of its own that is the highest counts, and another ledger's site does not", () => {
    const behind = { ...listed(marked(2), marked(9)), ...azureSite({}, { epoch: 500, ledgerId: otherId }) };
    expect(rebuilt(ledgerWith(), behind)?.epoch).toBe(1_002);
    const ahead = ledgerWith({ epoch: 5, current: generation(2, { epoch: 5 }) });
    expect(rebuilt(ahead, behind)?.epoch).toBe(1_005);
  });

  test("a site that has never reported tells its epoch alone", () => {
    const silent = { ...listed(marked(2)), ...azureSite(null, { epoch: 6 }) };
    expect(rebuilt(ledgerWith(), silent)).toMatchObject({ epoch: 1_006, generationMax: 13 });
  });

  test.each<[string, number, Answers]>([
    ["its own", 5, storeAt(7)],
    ["a robot's", 8, { ...storeAt(7), ...listed(marked(2), marked(8)) }],
    ["a store's", 7, storeAt(7, { generation: 7 })],
    ["a report's", 6, { ...storeAt(7), ...azureSite({ generation: 6 }) }],
    [
      "no other ledger's value",
      5,
      { ...azureSite({}, { epoch: 7 }), ...storeAt(1, { ledgerId: otherId, generation: 9 }) },
    ],
    ["no other ledger's report", 5, { ...storeAt(7), ...azureSite({ generation: 9, ledgerId: otherId }) }],
  ])("its generation is lifted by ten above the highest: %s", (_what, generationMax, answers) => {
    const ledger = rebuilt(ledgerWith({ generationMax: 5 }), { ...listed(marked(2)), ...answers });
    expect(ledger).toMatchObject({ generationMax: generationMax + 10, promotedMax: generationMax + 10 });
  });

  test("robots of another ledger, of another credential or without a mark are nobody's of ours", () => {
    const foreign = [
      { ...marked(4), description: marked(4).description.replace(ledgerId, otherId) },
      { ...marked(5), username: "robot$ci-g5-0005", description: `capstan:${ledgerId}:ci:g5:0005` },
      { ...marked(6), description: "by hand" },
    ];
    const ledger = rebuilt(ledgerWith(), { ...listed(marked(2), ...foreign), ...storeAt(7) });
    expect(ledger?.replaced.map((one) => one.generation)).toEqual([2]);
    expect(ledger?.generationMax).toBe(13);
  });
});

/** At most one attempt of a generation was ever handed out. */
describe("of several attempts at one generation is held", () => {
  const [first, second, third] = [
    marked(3, { id: 31 }, "aaaa"),
    marked(3, { id: 32 }, "bbbb"),
    marked(3, { id: 33 }, "cccc"),
  ] as const;
  const known = ledgerWith({
    promotedMax: 3,
    replaced: [record(3, { epoch: 1, robot: { ...record(3).robot, id: 31 } })],
  });

  test.each<[string, HomeLedger, Answers, string]>([
    ["the one that the ledger knows", known, storeAt(7, { username: third.username }), "aaaa"],
    ["the one that a store was seen with", ledgerWith(), storeAt(7, { username: second.username }), "bbbb"],
    [
      "the one that a target was seen with",
      ledgerWith(),
      { ...storeAt(7), ...azureSite({ usernames: [first.username] }) },
      "aaaa",
    ],
    ["the youngest", ledgerWith(), storeAt(7), "cccc"],
  ])("%s, in whichever order the registry lists them", (_what, ledger, answers, attempt) => {
    for (const robots of [
      [first, second, third],
      [third, second, first],
      [second, third, first],
    ]) {
      const held = rebuilt(ledger, { ...answers, ...listed(marked(2), ...robots) })?.replaced ?? [];
      expect(held.filter((one) => one.generation === 3).map((one) => one.attempt)).toEqual([attempt]);
    }
  });
});

describe("a second rebuild", () => {
  const behind = { ...listed(marked(2)), ...storeAt(7) };
  const again = (ledger: HomeLedger, answers: Answers = behind) => playHome({ ledger, answers });
  const evidence = (epoch: number) => `the store of azure is at epoch ${epoch}, the ledger at 2`;
  const blocked = (epoch = 7) => ({
    end: "blocked",
    problems: [
      {
        code: "ledger-behind-again",
        text: `the ledger is older than the world (${evidence(epoch)}): restored from a backup? It was rebuilt less than a day ago: find out what restores it. Nothing is deleted or promoted; sites go on handing out what their stores hold`,
        blocks: true,
      },
    ],
  });

  test("is not done within a day, and done when a day has passed", () => {
    expect(again(ledgerWith({ rebuiltAtMs: t0 - dayMs + 1 })).outcome).toMatchObject(blocked());
    expect(rebuilt(ledgerWith({ rebuiltAtMs: t0 - dayMs }), behind)).toBeDefined();
  });

  test("a restored copy does not know of the first: the lifted epoch and the youngest robot tell of it", () => {
    const at = (epoch: number, ...robots: readonly Robot[]): Answers => ({ ...storeAt(epoch), ...listed(...robots) });
    const old = marked(2, { createdAtMs: t0 - dayMs });
    const young = marked(2, { createdAtMs: t0 - dayMs + 1 });
    expect(again(ledgerWith(), at(1_002, old, young)).outcome).toMatchObject(blocked(1_002));
    expect(rebuilt(ledgerWith(), at(1_002, old))).toBeDefined();
    expect(rebuilt(ledgerWith(), at(1_001, young))).toBeDefined();
    expect(rebuilt(ledgerWith(), at(1_002))).toBeDefined();
  });
});

test("a ledger that was lost begins anew under its old id, above all that is seen of it", () => {
  const lost: Answers = {
    "read-store": ({ site }) => ({ versionId: "x", trace: site === "aws" ? traceOf(2) : null }),
    ...listed(marked(2)),
  };
  expect(rebuilt(null, lost)).toEqual({
    ...newLedger(credential, ledgerId, ["aws", "azure"]),
    epoch: 1_002,
    generationMax: 12,
    promotedMax: 12,
    replaced: [found(2, 2)],
    rebuiltAtMs: t0,
    lease,
  });
});

/** What is said, evidence by evidence; and what is no evidence. */
describe("the ledger is behind", () => {
  const higher = (epoch: number, username: string | null) => azureSite({ higher: { epoch, username } });

  test.each<[string, Answers]>([
    [`robot ${usernameOf(4)} is of generation 4, the ledger knows 3`, listed(marked(2), marked(4))],
    ["the store of azure is at epoch 3, the ledger at 2", storeAt(3)],
    ["site azure has seen epoch 3, the ledger is at 2", azureSite({}, { epoch: 3 })],
    [
      `a target of azure is at epoch 3 with ${usernameOf(3)}, the ledger is at 2`,
      { ...higher(3, usernameOf(3)), ...listed(marked(2), marked(3)) },
    ],
  ])("%s", (evidence, answers) => {
    const { outcome } = playHome({ ledger: ledgerWith(), answers });
    expect(outcome.problems).toContainEqual({
      code: "ledger-rebuilt",
      text: `the ledger is older than the world (${evidence}): restored from a backup? It was rebuilt, and a new generation is minted at once`,
      blocks: false,
    });
  });

  test("it waits for the registry's list, since robots would be missing from it", () => {
    const { outcome, saves } = playHome({
      ledger: ledgerWith(),
      answers: { ...storeAt(3), "list-robots": () => fails() },
    });
    const text =
      "the ledger is older than the world (the store of azure is at epoch 3, the ledger at 2): restored from a backup? It is rebuilt once the registry can list robots";
    expect([outcome, saves]).toEqual([
      {
        end: "waiting",
        nextAtMs: t0 + minuteMs,
        waits: [text],
        problems: [{ code: "ledger-behind", text, blocks: false }],
      },
      [],
    ]);
  });

  test.each<[string, Answers]>([
    ["a target at the ledger's epoch", { ...higher(2, usernameOf(3)), ...listed(marked(2), marked(3)) }],
    [
      "a target with a name of ours that belongs to another ledger",
      {
        ...higher(3, usernameOf(3)),
        ...listed(marked(2), { ...marked(3), description: marked(3).description.replace(ledgerId, otherId) }),
      },
    ],
    ["a target with a name that is replaced", { ...higher(3, usernameOf(1)), ...listed(marked(1), marked(2)) }],
    [
      "a site that serves another ledger, whatever its report says",
      azureSite({ higher: { epoch: 9, username: usernameOf(3) } }, { ledgerId: otherId }),
    ],
    [
      "a site that was never served",
      { "load-site": ({ site }) => ({ ledger: site === "azure" ? null : siteLedgerWith(site) }) },
    ],
    ["a site that has never reported", azureSite(null)],
  ])("not by %s", (_what, answers) => {
    expect(rebuilt(ledgerWith({ replaced: [record(1, { drainFrom: null })] }), answers)).toBeUndefined();
  });

  test("of a site that left the configuration too", () => {
    const ledger = ledgerWith({ sites: ["aws", "azure", "gcp"] });
    const { asked } = playHome({ ledger });
    expect(asked.filter((effect) => "site" in effect && effect.site === "gcp")).toEqual([]);
    expect(rebuilt(ledger, { ...storeAt(3), ...listed(marked(2)) })?.sites).toEqual(["aws", "azure", "gcp"]);
  });

  test("a drain of before is not gone on with", () => {
    const draining = record(1, { state: "draining", drainFrom: instant(t0 - 5 * hourMs) });
    const ledger = rebuilt(ledgerWith({ replaced: [draining] }), { ...storeAt(3), ...listed(marked(1), marked(2)) });
    expect(ledger?.replaced[0]).toMatchObject({ generation: 1, state: "held", drainFrom: null, versionIds: ["v1"] });
  });
});
