import { expect, test } from "vitest";
import type { Report } from "../../../core/protocol/site-state.ts";
import type { HomeLedger } from "../../../core/protocol/state.ts";
import { type Answers, fails, playHome } from "./home-tick.ts";
import { instant, ledgerWith, minuteMs, otherId, record, roundId, siteLedgerWith, t0, usernameOf } from "./ledgers.ts";

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
  expect(played.saves).toContain("round drawn for generation 1");
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
