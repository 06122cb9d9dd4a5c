import { expect, test } from "vitest";
import type { Report } from "../../../core/protocol/site-state.ts";
import type { HomeLedger } from "../../../core/protocol/state.ts";
import { type Answers, fails, playHome, traceOf } from "./home-tick.ts";
import {
  instant,
  ledgerWith,
  limits,
  minuteMs,
  nextOf,
  otherId,
  record,
  roundId,
  siteLedgerWith,
  t0,
  usernameOf,
} from "./ledgers.ts";

const drained = record(1, { state: "draining" });
const round = { id: roundId, drawnAtMs: t0 - minuteMs, generations: [1] };
const during: HomeLedger = ledgerWith({ replaced: [drained], round });
const reporting = (aws: Partial<Report>, azure: Partial<Report>): Answers => ({
  "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, site === "aws" ? aws : azure) }),
  "read-robot": () => fails(),
});
const echo = { round: roundId };

test("drawn into the ledger first, then put beside each store's value", () => {
  const answers: Answers = { "read-round": () => ({ round: null }) };
  const played = playHome({ ledger: ledgerWith({ replaced: [drained] }), answers });
  const order = played.asked.map((effect) => effect.type);
  // The last save of a tick keeps no lease: none needs to be given back.
  expect(played.saves).toEqual(["round drawn for generation 1"]);
  expect(played.changed).toEqual(["write-round aws", "write-round azure"]);
  expect(order.indexOf("write-round")).toBeGreaterThan(order.indexOf("save"));
});

test("it is written where it is missing or an older one lies, and not where the site has echoed it", () => {
  const played = playHome({
    ledger: during,
    answers: { ...reporting(echo, {}), "read-round": () => ({ round: otherId }) },
  });
  expect(played.changed).toEqual(["write-round azure"]);
});

test("every site echoed: what had drained is retiring", () => {
  const { ledger } = playHome({ ledger: during, answers: reporting(echo, echo) });
  expect(ledger).toMatchObject({ replaced: [{ state: "retiring" }], round: null });
});

test.each<[string, Partial<Report>]>([
  ["an older round", { round: otherId }],
  ["no round", { round: null }],
  ["the round, and could not read everything", { ...echo, complete: false }],
  ["the round, and a target that is not served", { ...echo, served: 2 }],
  ["the round, and the old username somewhere", { ...echo, usernames: [usernameOf(1)] }],
])("a site that reports %s confirms nothing", (_what, azure) => {
  const { ledger } = playHome({ ledger: during, answers: reporting(echo, azure) });
  expect(ledger.replaced[0]?.state).not.toBe("retiring");
});

test("a site that is in the ledger and not in the file any more confirms nothing either", () => {
  const ledger = { ...during, sites: ["aws", "azure", "gcp"] };
  expect(playHome({ ledger, answers: reporting(echo, echo) }).ledger.replaced[0]?.state).not.toBe("retiring");
});

test("it confirms only the drains that had ended when it was drawn", () => {
  const later = { ...record(3, { state: "held", epoch: 1 }), robot: { ...record(3).robot, id: 3 } };
  const ledger = { ...during, promotedMax: 3, replaced: [drained, later] };
  const after = playHome({ ledger, answers: reporting(echo, echo) }).ledger;
  expect(after.replaced.map((one) => one.state)).toEqual(["retiring", "draining"]);
});

test("a generation that came back, was replaced again and begins to drain is not confirmed by the round of its first drain", () => {
  const again = record(1, { state: "held" });
  const after = playHome({ ledger: ledgerWith({ replaced: [again], round }), answers: reporting(echo, echo) }).ledger;
  expect(after.replaced).toMatchObject([{ state: "draining", drainFrom: instant(t0) }]);
});

const second = record(3, { epoch: 1, state: "draining", robot: { ...record(3).robot, id: 3 } });

test("drawn for all whose drain has ended", () => {
  const ledger = ledgerWith({ promotedMax: 3, replaced: [drained, second] });
  const played = playHome({ ledger, answers: reporting({}, {}) });
  expect(played.saves).toContain("round drawn for generation 1, 3");
  expect(played.ledger.round).toEqual({ id: roundId, drawnAtMs: t0, generations: [1, 3] });
});

test("not for one whose log cannot be asked, nor for one whose time is not up", () => {
  const ledger = ledgerWith({ replaced: [drained] });
  expect(playHome({ ledger, answers: { "ask-usage": () => fails() } }).ledger.round).toBeNull();
  const early = ledgerWith({ replaced: [record(1, { state: "draining", drainFrom: instant(t0 - 30 * minuteMs) })] });
  expect(playHome({ ledger: early }).ledger.round).toBeNull();
});

test("a round that lies there already, or a place that cannot be read, is not written", () => {
  const places: Answers = { "read-round": ({ site }) => (site === "aws" ? { round: roundId } : fails()) };
  expect(playHome({ ledger: during, answers: { ...reporting({}, {}), ...places } }).changed).toEqual([]);
});

test("a site that echoed it while a target was not served is asked to look once more", () => {
  const { asked } = playHome({ ledger: during, answers: reporting(echo, { ...echo, served: 2 }) });
  expect(asked.filter(({ type }) => type === "read-round")).toEqual([]);
  const served = playHome({
    ledger: during,
    answers: { ...reporting(echo, {}), "read-round": () => ({ round: roundId }) },
  });
  expect(served.asked.filter(({ type }) => type === "read-round")).toEqual([{ type: "read-round", site: "azure" }]);
});

test("a site that never served or never reported has not echoed", () => {
  for (const ledger of [null, siteLedgerWith("azure", null)]) {
    const { ledger: after } = playHome({
      ledger: ledgerWith({ replaced: [record(1, { state: "draining", endNow: true })], round, refusals: null }),
      answers: {
        "load-site": ({ site }) => ({ ledger: site === "azure" ? ledger : siteLedgerWith(site, echo) }),
        "read-robot": () => fails(),
      },
      settings: { limits: { ...limits, deletionsPerTickMax: 0 } },
    });
    expect(after.replaced[0]?.state).toBe("retiring");
  }
  // Nothing holds a generation of nobody, and the round of an empty record waits for every site.
  const waits = {
    "load-site": ({ site }: { site: string }) => ({ ledger: site === "azure" ? null : siteLedgerWith(site, echo) }),
  };
  const { saves } = playHome({ ledger: ledgerWith({ round: { ...round, generations: [] } }), answers: waits });
  expect(saves).toEqual([]);
});

test("a target that is not served keeps a round open, whatever else it waits for", () => {
  const next = nextOf("staged", { generation: 1, rollBack: true, reason: "roll-back" });
  const unread: Answers = { "read-version": ({ versionId }) => (versionId === "v2" ? { trace: traceOf(2) } : fails()) };
  const answers = { ...reporting(echo, { ...echo, served: 2 }), ...unread };
  expect(playHome({ ledger: { ...during, next }, answers }).ledger.round).toEqual(round);
});

test("of one that was revoked its drain must have begun by every clock", () => {
  const ahead = record(1, { state: "draining", revoked: true, drainFrom: instant(t0 + 1_000) });
  expect(playHome({ ledger: ledgerWith({ replaced: [ahead] }), answers: reporting({}, {}) }).ledger.round).toBeNull();
});

test("while the current generation is refused nothing is confirmed", () => {
  const refusals = { count: 1, firstMs: t0, lastMs: t0 };
  const answers: Answers = { ...reporting(echo, echo), prove: () => ({ verdict: "refused" }) };
  expect(playHome({ ledger: { ...during, refusals }, answers }).ledger.replaced[0]?.state).toBe("draining");
});

test.each<[string, HomeLedger, Answers]>([
  ["1", during, {}],
  ["1, 3", { ...during, promotedMax: 3, replaced: [drained, second], round: { ...round, generations: [1, 3] } }, {}],
  [
    "3",
    {
      ...during,
      promotedMax: 3,
      replaced: [{ ...drained, state: "retiring" }, second],
      round: { ...round, generations: [1, 3] },
    },
    {},
  ],
  [
    "none",
    { ...during, next: nextOf("staged", { generation: 1, rollBack: true, reason: "roll-back" }) },
    { "read-version": ({ versionId }) => (versionId === "v2" ? { trace: traceOf(2) } : fails()) },
  ],
])("what it confirms is said: %s", (retiring, ledger, answers) => {
  const { saves } = playHome({ ledger, answers: { ...reporting(echo, echo), ...answers } });
  expect(saves).toContain(`every site echoed the round; retiring: ${retiring}`);
});
