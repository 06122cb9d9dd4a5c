import { describe, expect, test } from "vitest";
import type { Report } from "../../../core/protocol/site-state.ts";
import type { HomeLedger, Replaced } from "../../../core/protocol/state.ts";
import { type Answers, fails, playHome, type Scene, traceOf } from "./home-tick.ts";
import {
  generation,
  hourMs,
  instant,
  ledgerId,
  ledgerWith,
  minuteMs,
  nextOf,
  otherId,
  record,
  roundId,
  siteLedgerWith,
  t0,
  usernameOf,
} from "./ledgers.ts";

const stateOf = (scene: Scene) => playHome(scene).ledger.replaced[0]?.state ?? "gone";
const withRecord = (changes: Partial<Replaced>, more: Partial<HomeLedger> = {}) =>
  ledgerWith({ replaced: [record(1, changes)], ...more });
/** What azure's site says; aws is served. */
const azure = (report: Partial<Report> | null): Answers => ({
  "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, site === "azure" ? report : {}) }),
});

describe("held, until every store and every target is past it", () => {
  test("then it drains from that moment, as all clocks have it", () => {
    const { ledger } = playHome({ ledger: withRecord({}), serverMs: t0 - 2_000 });
    const drainFrom = { localMs: t0, registryMs: t0 - 2_000, ledgerMs: t0 - 2_000 };
    expect(ledger.replaced[0]).toMatchObject({ state: "draining", drainFrom });
  });

  test("no window is told in which pulls failed: nobody's did", () => {
    const played = playHome({ ledger: withRecord({}) });
    expect([played.codes, played.ledger.windowMs]).toEqual([[], undefined]);
  });

  test.each<[string, Answers]>([
    ["a store cannot be read", { "read-store": ({ site }) => (site === "azure" ? fails() : storeAt(2)) }],
    [
      "a store gives an old value and cannot be flipped, whatever its site reports",
      { "read-store": ({ site }) => storeAt(site === "azure" ? 1 : 2), flip: () => fails() },
    ],
    [
      "a site's ledger cannot be read",
      { "load-site": ({ site }) => (site === "azure" ? fails() : { ledger: siteLedgerWith(site) }) },
    ],
    ["a site has never reported", azure(null)],
    ["a site reports an older epoch", azure({ epoch: 1 })],
    ["a site reports of another ledger", azure({ ledgerId: otherId })],
    ["a look was incomplete", azure({ complete: false })],
    ["a target is not served", azure({ served: 2 })],
    ["a foreign target has its username", azure({ usernames: [usernameOf(1), usernameOf(2)] })],
  ])("held while %s", (_what, answers) => {
    expect(stateOf({ ledger: withRecord({}), answers })).toBe("held");
  });

  test("a value taken back starts the drain again, and the round forgets it", () => {
    const round = { id: roundId, drawnAtMs: t0 - minuteMs, generations: [1] };
    const { ledger } = playHome({
      ledger: withRecord({ state: "draining" }, { round }),
      answers: azure({ served: 2 }),
    });
    expect(ledger).toMatchObject({ replaced: [{ state: "held", drainFrom: null }], round: null });
  });
});

/** As an operator reads it. */
describe("what holds a generation is said", () => {
  const unserved = [{ target: "prod-1/a/pull", reason: "denied", text: "403" }] as const;
  const foreign = [
    { target: "prod-1/x/pull", why: "it is immutable", username: usernameOf(2) },
    { target: "prod-1/y/pull", why: "it is immutable", username: usernameOf(1) },
  ];

  test.each<[string, Answers]>([
    ["the store of azure cannot be read", { "read-store": ({ site }) => (site === "azure" ? fails() : storeAt(2)) }],
    [
      "the store of azure is at epoch 0",
      {
        "read-store": ({ site }) =>
          site === "azure" ? { versionId: "x", trace: traceOf(9, { ledgerId: otherId }) } : storeAt(2),
      },
    ],
    [
      "the ledger of site azure cannot be read",
      { "load-site": ({ site }) => (site === "azure" ? fails() : { ledger: siteLedgerWith(site) }) },
    ],
    ["site azure has not reported", azure(null)],
    [
      "site azure has not reported",
      { "load-site": ({ site }) => ({ ledger: site === "azure" ? null : siteLedgerWith(site) }) },
    ],
    ["site azure has not reported", azure({ ledgerId: otherId })],
    ["site azure reports epoch 1", azure({ epoch: 1 })],
    ["site azure could not read all its targets (prod-1/a/pull)", azure({ complete: false, unserved })],
    ["site azure could not read all its targets (?)", azure({ complete: false })],
    ["1 of 3 targets of azure are not served (prod-1/a/pull: denied)", azure({ served: 2, unserved })],
    ["2 of 3 targets of azure are not served (?: ?)", azure({ served: 1 })],
    [`prod-1/y/pull still holds ${usernameOf(1)}`, azure({ usernames: [usernameOf(1), usernameOf(2)], foreign })],
    [
      `a target of azure still holds ${usernameOf(1)}`,
      azure({ usernames: [usernameOf(1)], foreign: foreign.slice(0, 1) }),
    ],
  ])("%s", (why, answers) => {
    expect(playHome({ ledger: withRecord({}), answers }).outcome.waits).toContain(`generation 1 held: ${why}`);
  });

  test("a store that the canaries keep waiting is at the epoch that is being replaced", () => {
    const ledger = withRecord({}, { current: generation(2, { promotedAtMs: t0 }) });
    const answers: Answers = {
      "read-store": ({ site }) => storeAt(site === "azure" ? 1 : 2),
      "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { epoch: site === "aws" ? 1 : 2 }) }),
    };
    const homeServed = { ...answers, "load-site": () => ({ ledger: siteLedgerWith("aws", { served: 2 }) }) };
    expect(playHome({ ledger, answers }).outcome.waits).toContain("generation 1 held: site aws reports epoch 1");
    expect(playHome({ ledger: { ...ledger, sites: ["azure", "aws"] }, answers: homeServed }).outcome.waits).toContain(
      "generation 1 held: the store of azure is at epoch 1",
    );
  });
});

describe("each change is saved with what it is", () => {
  const other = (changes: Partial<Replaced>) =>
    record(3, { epoch: 1, robot: { ...generation(3).robot, id: 3 }, ...changes });

  test("all of one tick at once", () => {
    const ledger = ledgerWith({ promotedMax: 3, replaced: [record(1), other({})] });
    expect(playHome({ ledger }).saves).toContain("generation 1 draining, generation 3 draining");
  });

  test("the log is asked since the drain began, by the registry's clock, else by this runner's", () => {
    const asked = (drainFrom: Replaced["drainFrom"]) =>
      playHome({ ledger: withRecord({ state: "draining", drainFrom }), serverMs: t0 }).asked.filter(
        (effect) => effect.type === "ask-usage",
      );
    const username = usernameOf(1);
    const begun = { localMs: t0 - 3 * hourMs, registryMs: t0 - 2 * hourMs, ledgerMs: null };
    expect(asked(begun)).toEqual([{ type: "ask-usage", username, sinceMs: t0 - 2 * hourMs }]);
    expect(asked({ ...begun, registryMs: null })).toEqual([{ type: "ask-usage", username, sinceMs: t0 - 3 * hourMs }]);
  });

  test("the log is asked when the time is up, not a moment before, and not of what is held", () => {
    const asks = (changes: Partial<Replaced>, answers: Answers = {}) =>
      playHome({ ledger: withRecord(changes), answers }).asked.some((effect) => effect.type === "ask-usage");
    expect(asks({ state: "draining", drainFrom: instant(t0 - hourMs) })).toBe(true);
    expect(asks({ state: "draining", drainFrom: instant(t0 - hourMs + 1) })).toBe(false);
    expect(asks({ state: "held" }, azure({ served: 2 }))).toBe(false);
    expect(asks({ state: "retiring", drainFrom: instant(t0 - 2 * hourMs) }, { "read-robot": () => fails() })).toBe(
      false,
    );
  });

  test("a round keeps the generations that still drain", () => {
    const round = { id: roundId, drawnAtMs: t0 - minuteMs, generations: [1, 3, 4] };
    const fourth = other({ generation: 4, state: "retiring", robot: { ...generation(4).robot, id: 4 } });
    const replaced = [record(1, { state: "draining" }), other({ state: "draining" }), fourth];
    const answers: Answers = {
      "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { usernames: [usernameOf(3)] }) }),
      "read-robot": () => fails(),
    };
    const { ledger } = playHome({ ledger: ledgerWith({ promotedMax: 4, generationMax: 4, round, replaced }), answers });
    expect(ledger.round).toEqual({ ...round, generations: [1] });
    const unheld = playHome({
      ledger: ledgerWith({
        promotedMax: 3,
        round: { ...round, generations: [1] },
        replaced: [record(1, { state: "draining" }), other({})],
      }),
    });
    expect(unheld.ledger.round).toEqual({ ...round, generations: [1] });
  });
});

/** A store that gave an old value again has had readers, whoever put it right since. */
describe("a value that was taken back", () => {
  const drains = (agoMs: number, changes: Partial<Replaced> = {}) =>
    withRecord({ state: "draining", drainFrom: instant(t0 - agoMs), ...changes });
  const storeOf = (trace: Partial<ReturnType<typeof traceOf>>): Answers => ({
    "read-store": ({ site }) => (site === "azure" ? { versionId: "x", trace: traceOf(1, trace) } : storeAt(2)),
  });

  test("is held again, though this tick put it right; then its drain begins anew", () => {
    const { saves, ledger } = playHome({ ledger: drains(30 * minuteMs), answers: storeOf({}) });
    expect(saves).toEqual(["generation 1 held", "generation 1 draining"]);
    expect(ledger.replaced[0]?.drainFrom).toEqual(instant(t0));
  });

  test("with another one that drains beside it: each by its own drain", () => {
    const other = record(3, { epoch: 0, state: "draining", drainFrom: instant(t0 - minuteMs) });
    const ledger = ledgerWith({
      promotedMax: 3,
      replaced: [other, record(1, { state: "draining", drainFrom: instant(t0 - 30 * minuteMs) })],
    });
    const after = playHome({ ledger, answers: storeOf({}) }).ledger;
    expect(after.replaced.map((one) => one.drainFrom)).toEqual([instant(t0 - minuteMs), instant(t0)]);
  });

  test("by a value of another ledger it is not", () => {
    const { ledger } = playHome({ ledger: drains(30 * minuteMs), answers: storeOf({ ledgerId: otherId }) });
    // Held because that store is not ours to put right; its drain is not begun anew by it.
    expect(ledger.replaced[0]).toMatchObject({ state: "held" });
    const retires = withRecord({ state: "retiring", drainFrom: instant(t0 - 30 * minuteMs) });
    const kept = playHome({ ledger: retires, answers: storeOf({ ledgerId: otherId }) }).ledger.replaced[0];
    expect(kept?.drainFrom).toEqual(instant(t0 - 30 * minuteMs));
  });

  test("and is retiring: its readers have their drain, unless it is expired or was revoked --now", () => {
    const retires = (changes: Partial<Replaced>) =>
      playHome({
        ledger: withRecord({ state: "retiring", drainFrom: instant(t0 - 5 * hourMs), ...changes }),
        answers: { ...storeOf({}), "read-robot": () => fails() },
      }).ledger.replaced[0]?.drainFrom?.localMs;
    expect(retires({})).toBe(t0);
    expect(retires({ endNow: true })).toBe(t0 - 5 * hourMs);
    expect(retires({ robot: { ...generation(1).robot, expiresAtMs: t0 } })).toBe(t0 - 5 * hourMs);
    expect(retires({ drainFrom: null })).toBeUndefined();
  });
});

describe("clocks that jump", () => {
  const begunAhead = (aheadMs: number, state: Replaced["state"]) =>
    playHome({
      ledger: withRecord({ state, drainFrom: instant(t0 + aheadMs) }),
      answers: { "read-robot": () => fails() },
    }).ledger.replaced[0]?.drainFrom?.localMs;

  test.each(["draining", "retiring"] as const)("a minute ahead is jitter, more is another clock's (%s)", (state) => {
    expect(begunAhead(minuteMs, state)).toBe(t0 + minuteMs);
    expect(begunAhead(minuteMs + 1, state)).toBe(t0);
  });

  test("use seen in the log at the very moment when the time is up begins the drain anew, from that use on", () => {
    const ledger = withRecord({ state: "draining", drainFrom: instant(t0 - 2 * hourMs) });
    const seen = (lastSeenMs: number, more: Partial<Scene> = {}) => {
      const answers: Answers = { "ask-usage": () => ({ verdict: "in-use", lastSeenMs }) };
      return playHome({ ...more, ledger, answers }).ledger.replaced[0]?.drainFrom;
    };
    expect(seen(t0 - minuteMs)).toEqual(instant(t0 - minuteMs));
    // By a registry's clock that is a minute behind, and by one whose whole seconds are.
    expect(seen(t0 - 2 * minuteMs, { serverMs: t0 - minuteMs })?.localMs).toBe(t0 - minuteMs);
    expect(seen(t0 + 900)?.localMs).toBe(t0);
  });

  test("a use so long ago that its drain is over, too, is asked about again by the next tick", () => {
    const ledger = withRecord({ state: "draining", drainFrom: instant(t0 - 3 * hourMs) });
    const lastSeenMs = t0 - 2 * hourMs;
    const first = playHome({ ledger, answers: { "ask-usage": () => ({ verdict: "in-use", lastSeenMs }) } });
    expect(first.ledger).toMatchObject({
      replaced: [{ state: "draining", drainFrom: instant(lastSeenMs) }],
      round: null,
    });
    const next = playHome({ ledger: first.ledger, answers: { "ask-usage": () => ({ verdict: "quiet" }) } });
    expect(next.asked).toContainEqual({ type: "ask-usage", username: usernameOf(1), sinceMs: lastSeenMs });
    expect(next.ledger.round?.generations).toEqual([1]);
  });
});

describe("draining", () => {
  const from = (agoMs: number) => withRecord({ state: "draining", drainFrom: instant(t0 - agoMs) });

  test.each([
    ["its time is not up", from(hourMs - 1), t0, {}],
    ["by one clock only", from(30 * minuteMs), t0 - hourMs, {}],
    ["the log has seen it", from(hourMs), t0, { "ask-usage": () => ({ verdict: "in-use", lastSeenMs: t0 }) }],
    [
      "the current one is refused",
      { ...from(hourMs), refusals: { count: 1, firstMs: t0, lastMs: t0 } },
      t0,
      { prove: () => ({ verdict: "refused" }) },
    ],
  ] as [string, HomeLedger, number, Answers][])("no round is drawn when %s", (_what, ledger, serverMs, answers) => {
    expect(playHome({ ledger, serverMs, answers }).ledger.round).toBeNull();
  });

  test.each([
    ["quiet", { verdict: "quiet" }],
    ["no evidence", { verdict: "no-evidence", why: "off" }],
  ] as const)("a log that is %s lets it pass", (_what, verdict) => {
    const played = playHome({ ledger: from(hourMs), answers: { "ask-usage": () => verdict } });
    expect(played.ledger.round).toEqual({ id: roundId, drawnAtMs: t0, generations: [1] });
  });

  test("use in the log begins the drain again, and an older round cannot confirm it", () => {
    const round = { id: roundId, drawnAtMs: t0 - minuteMs, generations: [1] };
    const answers: Answers = {
      "ask-usage": () => ({ verdict: "in-use", lastSeenMs: t0 - 1 }),
      "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { round: roundId }) }),
    };
    const { ledger } = playHome({ ledger: { ...from(2 * hourMs), round }, answers });
    expect(ledger).toMatchObject({ replaced: [{ state: "draining", drainFrom: { localMs: t0 - 1 } }], round: null });
  });

  test("a drain that was begun by a clock days ahead begins again; a second's jitter does nothing", () => {
    expect(playHome({ ledger: from(-26 * hourMs) }).ledger.replaced[0]?.drainFrom?.localMs).toBe(t0);
    expect(playHome({ ledger: from(-1_000) }).ledger.replaced[0]?.drainFrom?.localMs).toBe(t0 + 1_000);
  });

  test("a revoked one waits for no overlap and asks no log", () => {
    const ledger = withRecord({ state: "draining", drainFrom: instant(t0), revoked: true });
    const played = playHome({ ledger });
    expect(played.ledger.round?.generations).toEqual([1]);
    expect(played.asked.some((effect) => effect.type === "ask-usage")).toBe(false);
  });
});

describe("its expiry wins over everything", () => {
  const robot = { ...generation(1).robot, expiresAtMs: t0 + hourMs };
  const dark = azure({ complete: false });

  test("by the registry's clock", () => {
    const retires = { ledger: withRecord({ robot }), answers: { ...dark, "read-robot": () => fails() } } as const;
    expect(stateOf({ ...retires, serverMs: t0 + hourMs })).toBe("retiring");
    expect(stateOf({ ...retires, nowMs: t0 + 2 * hourMs, serverMs: t0 })).toBe("held");
    expect(stateOf({ ...retires, serverMs: t0 + hourMs - 1 })).toBe("held");
  });

  test("not by any other clock, and never where there is none", () => {
    const retires = { answers: { ...dark, "read-robot": () => fails() }, nowMs: t0 + 2 * hourMs } as const;
    expect(stateOf({ ...retires, ledger: withRecord({ robot }), serverMs: null })).toBe("held");
    const ever = { ...robot, expiresAtMs: null };
    expect(stateOf({ ...retires, ledger: withRecord({ robot: ever }) })).toBe("held");
  });
});

test("what is about to come back neither drains nor is held meanwhile; the others go on", () => {
  const next = nextOf("staged", { generation: 1, rollBack: true, reason: "roll-back" });
  const other = record(3, { epoch: 1, robot: { ...generation(3).robot, id: 3 } });
  const answers: Answers = {
    "read-version": ({ versionId }) => (versionId === "v2" ? { trace: traceOf(2) } : fails()),
  };
  const ledger = ledgerWith({ promotedMax: 3, replaced: [record(1), other], next });
  expect(playHome({ ledger, answers }).ledger.replaced.map((one) => one.state)).toEqual(["held", "draining"]);
  const minting = {
    ...ledger,
    generationMax: 4,
    next: nextOf("staged", { generation: 4, robot: { ...generation(4).robot, id: 4 } }),
  };
  expect(playHome({ ledger: minting, answers }).ledger.replaced.map((one) => one.state)).toEqual([
    "draining",
    "draining",
  ]);
});

test("without a current generation nothing retires", () => {
  const ledger = ledgerWith({
    current: null,
    epoch: 9,
    rebuiltAtMs: t0,
    replaced: [record(1, { endNow: true, revoked: true })],
  });
  const answers: Answers = {
    whoami: () => fails(),
    "read-store": () => ({ versionId: null, trace: null }),
    "load-site": () => ({ ledger: null }),
  };
  expect(playHome({ ledger, answers }).ledger.replaced[0]?.state).toBe("held");
});

test("what is about to come back keeps its robot, whatever a round says", () => {
  const round = { id: roundId, drawnAtMs: t0 - minuteMs, generations: [1] };
  const next = nextOf("staged", { generation: 1, rollBack: true, reason: "roll-back" });
  const answers: Answers = {
    "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { round: roundId }) }),
    "read-version": ({ versionId }) => (versionId === "v2" ? { trace: traceOf(2) } : fails()),
  };
  const { ledger } = playHome({ ledger: withRecord({ state: "draining" }, { round, next }), answers });
  expect(ledger).toMatchObject({ next: { generation: 1 }, replaced: [{ state: "draining" }] });
});

function storeAt(n: number) {
  return { versionId: `v${n}`, trace: traceOf(n, { ledgerId }) };
}
