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
    expect(ledger).toMatchObject({ replaced: [{ state: "draining", drainFrom: { localMs: t0 } }], round: null });
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
  });
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
