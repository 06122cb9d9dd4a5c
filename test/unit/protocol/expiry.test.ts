import { describe, expect, test } from "vitest";
import { type Answers, fails, playHome, traceOf } from "./home-tick.ts";
import { generation, ledgerWith, limits, minuteMs, nextOf, record, siteLedgerWith, t0, usernameOf } from "./ledgers.ts";

const endsIn = (ms: number) => ({ robot: { ...generation(1).robot, expiresAtMs: t0 + ms } });
const near = limits.marginMs;
const replaced = (ms: number) => ledgerWith({ replaced: [record(1, { state: "held", ...endsIn(ms) })] });
const target = (name: string) => ({ target: name, reason: "denied" as const, text: "403" });

/** Azure could not serve two of its targets, and generation 1 was found there. */
const held: Answers = {
  "load-site": ({ site }) => ({
    ledger: siteLedgerWith(
      site,
      site === "azure"
        ? {
            served: 1,
            usernames: [usernameOf(1), usernameOf(2)],
            unserved: [target("prod/web/pull"), target("prod/shop/pull")],
            foreign: [
              { target: "prod/old/pull", why: "kept by helm", username: usernameOf(1) },
              { target: "prod/other/pull", why: "kept by helm", username: "somebody" },
            ],
          }
        : {},
    ),
  }),
};

function told(scene: Parameters<typeof playHome>[0]): readonly string[] {
  return playHome(scene).outcome.problems.flatMap(({ code, text }) => (code === "expiry-near" ? [text] : []));
}

describe("a margin before a replaced generation's expiry", () => {
  test("the targets that will fail are named", () => {
    expect(told({ ledger: replaced(near), answers: held })).toEqual([
      "the robot of generation 1 ends in 60 minutes; then pulls fail at prod/web/pull, prod/shop/pull, prod/old/pull",
    ]);
  });

  test("not earlier, and not once it has ended: it is deleted then", () => {
    expect(told({ ledger: replaced(near + 1), answers: held })).toEqual([]);
    expect(told({ ledger: replaced(0), answers: held })).toEqual([]);
    expect(told({ ledger: replaced(1), answers: held })).toHaveLength(1);
  });

  test("by the registry's clock", () => {
    const scene = { ledger: replaced(near + 10 * minuteMs), answers: held };
    expect(told({ ...scene, serverMs: t0 + 10 * minuteMs })).toHaveLength(1);
  });

  test("nothing is named where nobody holds it, or it never ends", () => {
    expect(told({ ledger: replaced(near) })).toEqual([]);
    const never = record(1, { state: "held", robot: { ...generation(1).robot, expiresAtMs: null } });
    expect(told({ ledger: ledgerWith({ replaced: [never] }), answers: held })).toEqual([]);
  });

  test.each<[string, Answers, string]>([
    [
      "a store that cannot be read",
      { "read-store": ({ site }) => (site === "azure" ? fails() : traceOf2()) },
      "the store of azure",
    ],
    [
      "a site without a report",
      { "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, null) }) },
      "all targets of aws, all targets of azure",
    ],
    [
      "a report that is behind",
      { "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, site === "azure" ? { epoch: 1 } : {}) }) },
      "all targets of azure",
    ],
    [
      "a username without its place",
      {
        "load-site": ({ site }) => ({
          ledger: siteLedgerWith(site, { usernames: [usernameOf(site === "aws" ? 1 : 2)] }),
        }),
      },
      "a target of aws",
    ],
    [
      "a cluster that could not be read shows no username",
      {
        "load-site": ({ site }) => ({
          ledger: siteLedgerWith(
            site,
            site === "azure" ? { served: 1, complete: false, unserved: [target("prod-2")] } : {},
          ),
        }),
      },
      "prod-2",
    ],
    [
      "a look that was incomplete, without a word where",
      { "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { complete: site !== "azure" }) }) },
      "a target of azure",
    ],
  ])("%s", (_what, answers, where) => {
    expect(told({ ledger: replaced(near), answers })).toEqual([
      `the robot of generation 1 ends in 60 minutes; then pulls fail at ${where}`,
    ]);
  });

  test("of many the first ten are named", () => {
    const many = Array.from({ length: 14 }, (_, index) => target(`t${index}`));
    const answers: Answers = {
      "load-site": ({ site }) => ({
        ledger: siteLedgerWith(site, site === "aws" ? { usernames: [usernameOf(1)], unserved: many } : {}),
      }),
    };
    expect(told({ ledger: replaced(near), answers })[0]).toMatch(/pulls fail at t0, t1, .*t9 and 4 more$/);
  });
});

test("the current generation is named too, with what is under way to replace it", () => {
  const current = { ...generation(2), ...{ robot: { ...generation(2).robot, expiresAtMs: t0 + near } } };
  expect(
    told({ ledger: ledgerWith({ current, next: nextOf("staged") }), answers: { "read-version": () => fails() } }),
  ).toEqual([
    "the robot of generation 2 ends in 60 minutes; then pulls fail at every target, since generation 3 is staged",
  ]);
  expect(told({ ledger: ledgerWith({ current }) })).toEqual([
    "the robot of generation 2 ends in 60 minutes; then pulls fail at every target, since nothing is under way to replace it",
  ]);
});

function traceOf2() {
  return { versionId: "v2", trace: traceOf(2) };
}

describe("who holds it, to the letter", () => {
  const ten = Array.from({ length: 10 }, (_, n) => target(`prod/t${n}/pull`));
  const unserved = (targets: readonly ReturnType<typeof target>[]): Answers => ({
    "load-site": ({ site }) => ({
      ledger: siteLedgerWith(site, site === "azure" ? { usernames: [usernameOf(1)], unserved: targets } : {}),
    }),
  });
  const text = (holders: string) => `the robot of generation 1 ends in 60 minutes; then pulls fail at ${holders}`;

  test("ten are named, of more the number", () => {
    const names = ten.map((one) => one.target).join(", ");
    expect(told({ ledger: replaced(near), answers: unserved(ten) })).toEqual([text(names)]);
    expect(told({ ledger: replaced(near), answers: unserved([...ten, target("prod/last/pull")]) })).toEqual([
      text(`${names} and 1 more`),
    ]);
  });

  test("a store of its very epoch, and a site whose report is of another ledger or was never made", () => {
    const atOne: Answers = {
      "read-store": ({ site }) => (site === "azure" ? { versionId: "v1", trace: traceOf(1) } : traceOf2()),
    };
    const ledger = { ...replaced(near), current: generation(2, { promotedAtMs: t0 }) };
    const canaries: Answers = {
      "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, site === "aws" ? { served: 2 } : {}) }),
    };
    expect(told({ ledger, answers: { ...atOne, ...canaries } })).toEqual([text("the store of azure")]);
    const azureSite = (report: ReturnType<typeof siteLedgerWith> | null): Answers => ({
      "load-site": ({ site }) => ({ ledger: site === "azure" ? report : siteLedgerWith(site) }),
    });
    for (const ledgerOf of [null, siteLedgerWith("azure", { ledgerId: "b".repeat(32) })])
      expect(told({ ledger: replaced(near), answers: azureSite(ledgerOf) })).toEqual([text("all targets of azure")]);
  });

  test("it needs nobody by itself, and a current one that has ended is not near its end", () => {
    const { problems } = playHome({ ledger: replaced(near), answers: held }).outcome;
    expect(problems.filter(({ code }) => code === "expiry-near").map(({ blocks }) => blocks)).toEqual([false]);
    const ends = (ms: number) =>
      ledgerWith({ current: generation(2, { robot: { ...generation(2).robot, expiresAtMs: t0 + ms } }) });
    expect([0, -1, near + 1].map((ms) => told({ ledger: ends(ms) }))).toEqual([[], [], []]);
    expect(told({ ledger: ends(1) })).toHaveLength(1);
  });
});
