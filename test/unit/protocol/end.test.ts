import { describe, expect, test } from "vitest";
import { type Answers, fails, marked, playHome, type Scene } from "./home-tick.ts";
import { dayMs, instant, ledgerWith, limits, minuteMs, record, siteLedgerWith, t0, usernameOf } from "./ledgers.ts";

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
    const foreign = [{ target: "prod-1/x/pull", why: "it is immutable", username: null }];
    const answers: Answers = {
      "load-site": ({ site }) => ({
        ledger: siteLedgerWith(site, site === "aws" ? { unserved, foreign, served: 0 } : {}),
      }),
    };
    const { outcome, codes } = playHome({ ledger: ledgerWith(), answers });
    expect(codes).toEqual(["target-foreign", ...Array.from({ length: 5 }, () => "target-unserved")]);
    expect(outcome).toMatchObject({ end: "waiting", waits: ["the report of aws"] });
    expect(outcome.problems.map((problem) => problem.text)).toContain("prod-1/t0/pull: denied: 403");
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
