import { describe, expect, test } from "vitest";
import { traceOf } from "./home-tick.ts";
import { ledgerId, minuteMs, otherId, siteLedgerWith, t0, usernameOf } from "./ledgers.ts";
import { failing, plan, playSite, type SiteScene, target } from "./site-tick.ts";

const one = (seen?: ReturnType<typeof target>): SiteScene["clusters"] => ({ "prod-1": { a: seen } });
const known = siteLedgerWith("aws", {}, { clusters: ["prod-1"] });

describe("the order", () => {
  test("ledger, round, value, the epoch and the clusters written down, and only then the listings", () => {
    const { order } = playSite({ clusters: one() });
    expect(order.slice(0, 6)).toEqual([
      "load-site-ledger",
      "read-round",
      "read-value",
      "save-site",
      "list-namespaces:prod-1:0",
      "list-secrets:prod-1:0",
    ]);
  });

  test("a Secret that is missing is made in two calls, the ledger read between them, and read back", () => {
    const { order, outcome } = playSite({ clusters: one() });
    expect(order.slice(6)).toEqual([
      "read-target:prod-1/a/pull",
      "prove-value",
      "create-target:prod-1/a/pull",
      "reload-ledger:prod-1/a/pull",
      "apply-target:prod-1/a/pull",
      "read-target:prod-1/a/pull",
      "prove-copy:prod-1",
      "save-site",
    ]);
    expect(outcome).toMatchObject({ end: "served", report: { served: 1, wanted: 1, round: "cc", complete: true } });
  });

  test("what is served is looked at, counted and left alone", () => {
    const played = playSite({ clusters: one(target("a", 2)), ledger: known });
    expect(played.writes).toEqual([]);
    expect(played.order).not.toContain("prove-value");
    expect(played.outcome.end).toBe("served");
  });

  test("a look that found nothing new is not written down again", () => {
    const first = playSite({ clusters: one(target("a", 2)) });
    const again = playSite({ clusters: one(target("a", 2)), ledger: first.ledger, nowMs: () => t0 + minuteMs });
    expect(again.order).not.toContain("save-site");
  });

  test("an update goes under the uid and version that were read, with the marks of all credentials", () => {
    const other = { "epoch.capstan.dev/ci-push": `${ledgerId}.9` };
    const older = target("a", 1, { marks: { ...target("a", 1).marks, ...other } });
    const { asked } = playSite({ clusters: one(older) });
    expect(asked.find((effect) => effect.type === "apply-target")).toMatchObject({
      uid: "uid-a",
      resourceVersion: "1",
      marks: { ...other, "epoch.capstan.dev/platform-pull": `${ledgerId}.2` },
    });
  });
});

describe("a site never hands out backwards or blindly", () => {
  test.each<[string, string, string, Partial<SiteScene>]>([
    ["no-value", "nothing", "the store is empty", { value: null }],
    ["value-stale", "waiting", "its value is older than what this site has seen", { value: traceOf(1), ledger: known }],
    [
      "ledger-id-changed",
      "blocked",
      "its value is of another ledger",
      { value: traceOf(2, { ledgerId: otherId }), ledger: known },
    ],
    [
      "value-foreign",
      "waiting",
      "it holds something that is no value",
      { answers: { "read-value": () => ({ trace: null, present: true }) } },
    ],
    ["read-value-failed", "blocked", "it may not be read", { answers: { "read-value": () => failing("denied") } }],
    [
      "read-value-failed",
      "blocked",
      "its value is of a newer format",
      { answers: { "read-value": () => failing("invalid") } },
    ],
    ["read-value-failed", "waiting", "it cannot be read", { answers: { "read-value": () => failing("unreachable") } }],
    [
      "read-round-failed",
      "waiting",
      "the round cannot be read",
      { answers: { "read-round": () => failing("unreachable") } },
    ],
    [
      "load-site-ledger-failed",
      "waiting",
      "the ledger cannot be read",
      { answers: { "load-site-ledger": () => failing("throttled") } },
    ],
    [
      "lost-race",
      "lost-race",
      "another runner wrote the ledger first",
      { answers: { "save-site": () => failing("conflict") } },
    ],
    [
      "ledger-unwritable",
      "waiting",
      "the epoch cannot be written down",
      { answers: { "save-site": () => failing("unreachable") } },
    ],
  ])("%s (%s): %s, and no cluster is touched", (code, end, _what, changes) => {
    const { outcome, order } = playSite({ clusters: one(target("a", 1)), ...changes });
    expect(outcome.problems.map((problem) => problem.code)).toEqual([code]);
    expect(outcome.end).toBe(end);
    expect(order.filter((id) => id.includes("prod-1"))).toEqual([]);
  });

  test.each(["refused", "no-right"] as const)("a value that the registry %s is given to nobody", (verdict) => {
    const { writes, outcome } = playSite({
      clusters: { "prod-1": { a: undefined, b: target("b", 1), c: target("c", 2) } },
      answers: { "prove-value": () => ({ verdict }) },
    });
    expect(writes).toEqual([]);
    expect(outcome.report).toMatchObject({ served: 1, wanted: 3, complete: true });
    expect(outcome.report?.unserved.map((unserved) => unserved.reason)).toEqual(["refused-here", "refused-here"]);
  });

  test("where the registry cannot be reached from here, epoch and ledger id decide alone", () => {
    const { outcome } = playSite({ clusters: one(), answers: { "prove-value": () => failing("unreachable") } });
    expect(outcome.end).toBe("served");
  });

  test("woken late: at most an empty Secret is left", () => {
    const { writes, outcome } = playSite({
      clusters: { "prod-1": { a: undefined, b: undefined } },
      limits: { concurrencyPerClusterMax: 1 },
      answers: { "reload-ledger": () => ({ ledgerId, epoch: 3 }) },
    });
    expect(writes).toEqual(["create-target:prod-1/a/pull"]);
    expect(outcome.report).toMatchObject({ served: 0, wanted: 2, unserved: [{ reason: "higher-epoch" }, {}] });
  });

  test("a higher epoch in a target is left and reported with the name beside it", () => {
    const { writes, outcome } = playSite({ clusters: one(target("a", 5)) });
    expect(writes).toEqual([]);
    expect(outcome.report?.higher).toEqual({ epoch: 5, username: usernameOf(5) });
  });

  test("a copy that does not log in as read back stops its cluster", () => {
    const { outcome, writes } = playSite({
      clusters: { "prod-1": { a: target("a", 1), b: target("b", 1) } },
      limits: { concurrencyPerClusterMax: 1 },
      answers: { "prove-copy": () => ({ verdict: "refused" }) },
    });
    expect(writes.length).toBeLessThanOrEqual(2);
    expect(outcome.problems.every((problem) => problem.code === "target-unserved")).toBe(true);
  });
});

describe("what is in the way of one target holds back no other", () => {
  const three = { "prod-1": { a: target("a", 1), b: target("b", 1), c: target("c", 1) } };
  const onlyA = (answer: ReturnType<typeof failing>): SiteScene["answers"] & object => ({
    "apply-target": ({ namespace }) => (namespace === "a" ? answer : undefined),
  });

  test("a malformed neighbour is named and not written", () => {
    const malformed = target("a", 1, { malformed: "the entry x is malformed" });
    const { writes, outcome } = playSite({ clusters: { "prod-1": { a: malformed, b: target("b", 1) } } });
    expect(writes).toEqual(["apply-target:prod-1/b/pull"]);
    expect(outcome.report?.unserved).toEqual([
      { target: "prod-1/a/pull", reason: "malformed", text: "the entry x is malformed" },
    ]);
  });

  test.each([
    ["denied", undefined, "denied"],
    ["throttled", undefined, "throttled"],
    ["invalid", "malformed-neighbour", "malformed"],
    ["invalid", undefined, "invalid"],
    ["conflict", "stale-writer", "conflict"],
  ] as const)("a write that fails (%s, %s) is unserved: %s", (kind, reason, expected) => {
    const { outcome } = playSite({
      clusters: three,
      answers: onlyA(failing(kind, reason)),
    });
    expect(outcome.report?.unserved).toMatchObject([{ target: "prod-1/a/pull", reason: expected }]);
    expect(outcome.report).toMatchObject({ wanted: 3, complete: true });
  });

  test.each(["field-owner", "immutable"])(
    "a write refused for %s makes it foreign, with the username that is in it",
    (reason) => {
      const { outcome } = playSite({
        clusters: three,
        answers: onlyA(failing("conflict", reason)),
      });
      expect(outcome.report).toMatchObject({
        wanted: 2,
        foreign: [{ target: "prod-1/a/pull", username: usernameOf(1) }],
      });
      expect(outcome.report?.usernames).toContain(usernameOf(1));
    },
  );

  test("somebody who keeps writing gets so many tries", () => {
    const { writes, outcome } = playSite({
      clusters: one(target("a", 1)),
      answers: { "apply-target": () => null, "read-target": () => ({ target: target("a", 1) }) },
    });
    expect(writes).toHaveLength(3);
    expect(outcome.report?.unserved).toMatchObject([{ reason: "conflict", text: "somebody else keeps writing it" }]);
  });

  test("a namespace that is going away is nobody's to serve, whenever that is found out", () => {
    const listed = playSite({
      clusters: three,
      answers: {
        "list-namespaces": () => ({
          namespaces: [
            { name: "a", terminating: true },
            { name: "b", terminating: false },
          ],
        }),
        "list-secrets": () => ({ targets: [], continueToken: null }),
      },
    });
    expect(listed.outcome.report).toMatchObject({ wanted: 1, served: 1 });
    const late = playSite({ clusters: one(), answers: { "create-target": () => failing("conflict", "terminating") } });
    expect(late.outcome).toMatchObject({ end: "served", report: { wanted: 0, complete: true } });
    const gone = playSite({ clusters: one(), answers: { "create-target": () => failing("not-found") } });
    expect(gone.outcome.report).toMatchObject({ wanted: 0, complete: true });
  });

  test("a Secret with our mark in a namespace that is not selected any more is served, and not made again", () => {
    const answers = { "list-namespaces": () => ({ namespaces: [] }) };
    expect(playSite({ clusters: one(target("a", 1)), answers }).outcome.report).toMatchObject({ served: 1, wanted: 1 });
    expect(playSite({ clusters: one(), answers }).writes).toEqual([]);
    const deleted = {
      ...answers,
      "apply-target": () => failing("conflict", "wrong-uid"),
      "read-target": () => ({ target: null }),
    };
    expect(playSite({ clusters: one(target("a", 1)), answers: deleted }).writes).toEqual([
      "apply-target:prod-1/a/pull",
    ]);
  });

  test("a read-back that fails makes the look incomplete: a receipt is read, never the answer to a write", () => {
    const { outcome } = playSite({
      clusters: one(target("a", 1)),
      answers: { "read-target": () => failing("unreachable") },
    });
    expect(outcome).toMatchObject({ end: "waiting", report: { served: 0, wanted: 1, complete: false } });
  });
});

describe("a cluster that is dark", () => {
  const two = { "prod-1": { a: target("a", 1) }, "prod-2": { a: target("a", 1), b: undefined } };
  const darkFirst = ({ cluster }: { cluster: string }) => cluster === "prod-1";

  test("is reported as a whole, and the other one is served", () => {
    const { outcome } = playSite({
      clusters: two,
      answers: {
        "list-namespaces": (effect) =>
          darkFirst(effect) ? failing("unreachable") : { namespaces: [{ name: "a", terminating: false }] },
      },
    });
    expect(outcome.report).toMatchObject({
      served: 1,
      wanted: 2,
      complete: false,
      unserved: [{ target: "prod-1", reason: "unreachable" }],
    });
  });

  test("a page of its Secrets that still came, and the next that does not: the tick ends", () => {
    const { outcome, asked } = playSite({
      clusters: one(),
      answers: {
        "list-namespaces": () => failing("unreachable"),
        "list-secrets": ({ page }) => (page === 0 ? { targets: [], continueToken: "more" } : failing("unreachable")),
      },
    });
    expect(outcome.report).toMatchObject({ complete: false, wanted: 1 });
    expect(asked.length).toBeLessThan(10);
  });

  test("three calls in a row that nobody answers, and nothing more is begun there", () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`n${n}`, target(`n${n}`, 1)]));
    const { writes, outcome } = playSite({
      clusters: { "prod-1": many },
      answers: { "apply-target": () => failing("unreachable") },
    });
    expect(writes.length).toBeLessThan(8);
    expect(outcome.report).toMatchObject({ served: 0, wanted: 40 });
  });

  test("one that left the configuration is incomplete for ever: its copies are still ours", () => {
    const ledger = siteLedgerWith("aws", {}, { clusters: ["prod-0", "prod-1"] });
    const { outcome } = playSite({ clusters: one(target("a", 2)), ledger });
    expect(outcome).toMatchObject({ end: "waiting", report: { served: 1, wanted: 2, complete: false } });
    expect(outcome.report?.unserved).toMatchObject([{ target: "prod-0", reason: "not-configured" }]);
  });

  test("every cluster is named in the ledger before it is first written", () => {
    const { asked } = playSite({ clusters: two, ledger: known });
    const [named] = asked.filter((effect) => effect.type === "save-site");
    expect(named).toMatchObject({ ledger: { clusters: ["prod-1", "prod-2"], epochSinceMs: known.epochSinceMs } });
    expect(asked.indexOf(named as never)).toBeLessThan(asked.findIndex((effect) => effect.type === "list-namespaces"));
  });
});

describe("waves", () => {
  const clusters = { canary: { a: target("a", 1) }, rest: { a: target("a", 1) } };
  const plans = [plan("rest"), plan("canary", true)];

  test("the canary's targets are read back and its copy tried before another cluster is written", () => {
    const { order, outcome } = playSite({ clusters, plans });
    expect(order.indexOf("prove-copy:canary")).toBeLessThan(order.indexOf("apply-target:rest/a/pull"));
    expect(outcome).toMatchObject({ end: "served", report: { served: 2 } });
  });

  test.each<[string, NonNullable<SiteScene["answers"]>]>([
    ["cannot be written", { "apply-target": ({ cluster }) => (cluster === "canary" ? failing("denied") : undefined) }],
    ["has a copy that does not log in", { "prove-copy": () => ({ verdict: "refused" }) }],
    ["is dark", { "list-namespaces": ({ cluster }) => (cluster === "canary" ? failing("unreachable") : undefined) }],
  ])("the others are not written while the canary %s", (_what, answers) => {
    const { writes, outcome } = playSite({ clusters, plans, answers });
    expect(writes.filter((id) => id.includes("rest"))).toEqual([]);
    expect(outcome.report?.unserved).toContainEqual(
      expect.objectContaining({ target: "rest/a/pull", reason: "not-reached" }),
    );
  });

  test("but not for ever", () => {
    const waited = siteLedgerWith("aws", {}, { epochSinceMs: t0 - 30 * minuteMs, clusters: ["canary", "rest"] });
    const answers: SiteScene["answers"] = {
      "apply-target": ({ cluster }) => (cluster === "canary" ? failing("denied") : undefined),
    };
    const { writes } = playSite({ clusters, plans, answers, ledger: waited });
    expect(writes).toContain("apply-target:rest/a/pull");
  });
});

describe("everything has a limit", () => {
  const many = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`n${n}`, target(`n${n}`, 1)]));

  test("writes in one tick; the rest is left for the next one", () => {
    const { writes, outcome } = playSite({ clusters: { "prod-1": many }, limits: { targetWritesPerTickMax: 5 } });
    expect(writes).toHaveLength(5);
    expect(outcome.report).toMatchObject({ served: 5, wanted: 12, complete: true });
    expect(outcome.nextAtMs).toBe(t0 + minuteMs);
  });

  test("calls at once to one cluster", () => {
    expect(playSite({ clusters: { "prod-1": many }, limits: { concurrencyPerClusterMax: 3 } }).mostAtOnce).toBe(3);
  });

  test("the deadline: nothing new is begun, and what was read is still reported", () => {
    const { writes, outcome } = playSite({
      clusters: { "prod-1": many },
      limits: { concurrencyPerClusterMax: 1 },
      settings: { deadlineMs: t0 + 12 },
      nowMs: (replies) => t0 + replies,
    });
    expect(writes.length).toBeGreaterThan(0);
    expect(writes.length).toBeLessThan(12);
    expect(outcome.report).toMatchObject({ wanted: 12, complete: true, served: writes.length });
  });
});
