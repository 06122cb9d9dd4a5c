import { describe, expect, test } from "vitest";
import type { Reply } from "../../../core/protocol/effects.ts";
import type { SiteEffect } from "../../../core/protocol/site-effects.ts";
import { startSite } from "../../../core/protocol/site-run.ts";
import { type SiteEvent, siteStep } from "../../../core/protocol/site-step.ts";
import { traceOf } from "./home-tick.ts";
import { ledgerId, minuteMs, otherId, siteLedgerWith, t0, usernameOf } from "./ledgers.ts";
import { failing, plan, playSite, type SiteScene, siteSettings, target } from "./site-tick.ts";

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

describe("what is written down", () => {
  const saves = (scene: SiteScene) => playSite(scene).asked.filter((effect) => effect.type === "save-site");
  const report = {
    round: "cc",
    ledgerId,
    epoch: 2,
    generation: 2,
    served: 1,
    wanted: 1,
    complete: true,
    usernames: [usernameOf(2)],
    unserved: [],
    foreign: [],
    higher: null,
    atMs: t0,
  };

  test("at the first value: the ledger's id, the epoch, since when, the clusters; at the end the report beside them", () => {
    const ledger = {
      format: 1,
      credential: "platform-pull",
      site: "aws",
      ledgerId,
      epoch: 2,
      epochSinceMs: t0,
      clusters: ["prod-1"],
      report: null,
    };
    expect(saves({ clusters: one() })).toEqual([
      { type: "save-site", ledger, expected: null },
      { type: "save-site", ledger: { ...ledger, report }, expected: "r1" },
    ]);
  });

  test("a higher epoch counts from now; the report of the older one stays until the targets were read", () => {
    const before = siteLedgerWith("aws", { epoch: 1, generation: 1 }, { epoch: 1, clusters: ["prod-1"] });
    const [raised, reported] = saves({ clusters: one(), ledger: before });
    expect(raised).toEqual({
      type: "save-site",
      ledger: { ...before, epoch: 2, epochSinceMs: t0 },
      expected: "r0",
    });
    expect(reported).toMatchObject({ ledger: { report }, expected: "r1" });
  });

  test("the round that was read before the first listing, or that there was none", () => {
    const scene = { clusters: one(), answers: { "read-round": () => ({ round: null }) } };
    expect(playSite(scene).outcome.report?.round).toBeNull();
  });

  test("once: a report that cannot be written ends the tick, and the targets keep what they were given", () => {
    const played = playSite({
      clusters: one(),
      answers: { "save-site": ({ ledger }) => (ledger.report === null ? undefined : failing("conflict")) },
    });
    expect(played.outcome).toMatchObject({ end: "lost-race", report: null });
    expect(played.writes).toHaveLength(2);
  });

  test("a report that differs by anything but its time", () => {
    const first = playSite({ clusters: one(target("a", 2)) }).ledger;
    const later = { nowMs: () => t0 + minuteMs, ledger: first };
    expect(saves({ clusters: one(target("a", 2)), ...later })).toEqual([]);
    expect(saves({ clusters: one(target("a", 1)), ...later })).toEqual([]);
    const [save] = saves({ clusters: { "prod-1": { a: target("a", 2), b: target("b", 2) } }, ...later });
    expect(save).toMatchObject({ ledger: { report: { served: 2, atMs: t0 + minuteMs } } });
  });
});

describe("how a tick ends", () => {
  test("served: what was read back from all targets is the report", () => {
    const { outcome, ledger } = playSite({ clusters: one(target("a", 2)) });
    expect(outcome).toEqual({ end: "served", nextAtMs: t0 + minuteMs, problems: [], report: ledger?.report });
  });

  test("waiting: each target that is not served is a problem, and none of them needs a human by itself", () => {
    const { outcome } = playSite({
      clusters: { "prod-1": { a: target("a", 1), b: target("b", 5) } },
      answers: { "apply-target": () => failing("denied") },
    });
    expect(outcome).toMatchObject({ end: "waiting", nextAtMs: t0 + minuteMs, report: { served: 0, wanted: 2 } });
    expect(outcome.problems).toEqual([
      { code: "target-unserved", text: "prod-1/b/pull: higher-epoch: it is at epoch 5", blocks: false },
      { code: "target-unserved", text: "prod-1/a/pull: denied: scripted", blocks: false },
    ]);
  });

  test("an answer that comes twice, or after its target was done with, changes nothing", () => {
    const settings = siteSettings({ clusters: one(target("a", 1)) });
    const ok = (value: unknown) => ({ ok: true, value }) as Reply<never>;
    const seen = target("a", 1);
    const answers: Record<string, unknown> = {
      "load-site-ledger": { ledger: known, revision: "r0" },
      "read-round": { round: null },
      "read-value": { trace: traceOf(2), present: true },
      "list-namespaces": { namespaces: [{ name: "a", terminating: false }] },
      "list-secrets": { targets: [seen], continueToken: null },
      "prove-value": { verdict: "accepted" },
      "apply-target": { tookMs: null },
    };
    let step = siteStep(startSite(settings, t0), { type: "go" }, t0);
    const queue = [...step.effects];
    let applied: SiteEffect | undefined;
    for (let effect = queue.shift(); effect !== undefined && applied === undefined; effect = queue.shift()) {
      step = siteStep(step.state, { type: "reply", effect, reply: ok(answers[effect.type]) }, t0);
      if (effect.type === "apply-target") applied = effect;
      queue.push(...step.effects);
    }
    expect(step.effects.map(({ type }) => type)).toEqual(["read-target"]);
    const again = (event: SiteEvent) => siteStep(step.state, event, t0);
    if (applied === undefined) throw new Error("nothing was applied");
    expect(again({ type: "reply", effect: applied, reply: ok(null) })).toEqual({ state: step.state, effects: [] });
    const elsewhere = { ...applied, namespace: "gone" } as SiteEffect;
    expect(again({ type: "reply", effect: elsewhere, reply: ok(null) })).toEqual({ state: step.state, effects: [] });
    // And when the tick is over nothing is wanted any more.
    const readBack = step.effects[0] as SiteEffect;
    const proving = again({ type: "reply", effect: readBack, reply: ok({ target: target("a", 2) }) });
    const saving = siteStep(
      proving.state,
      { type: "reply", effect: { type: "prove-copy", cluster: "prod-1" }, reply: ok({ verdict: "accepted" }) },
      t0,
    );
    const [save] = saving.effects;
    if (save === undefined) throw new Error("nothing is saved");
    const over = siteStep(saving.state, { type: "reply", effect: save, reply: ok({ revision: "r1" }) }, t0);
    expect(over.state.outcome?.end).toBe("served");
    expect(siteStep(over.state, { type: "go" }, t0)).toEqual({ state: over.state, effects: [] });
  });

  test("a site that may do nothing at once reports nothing: what it has not looked at is not served", () => {
    const stuck = () => playSite({ clusters: one(target("a", 1)), limits: { concurrencyPerClusterMax: 0 } });
    expect(stuck).toThrow("this tick stopped without an outcome");
  });

  test("a site without a cluster has served all there is", () => {
    expect(playSite({ clusters: {} }).outcome).toMatchObject({ end: "served", report: { wanted: 0, complete: true } });
  });
});

describe("a site never hands out backwards or blindly", () => {
  /** Code, how the tick ends, when, what the operator reads. */
  test.each<[string, string, string, string, Partial<SiteScene>]>([
    ["no-value", "nothing", "the store is empty", "the store of aws holds no value yet", { value: null }],
    [
      "value-stale",
      "waiting",
      "its value is older than what this site has seen",
      "the store of aws gives epoch 1, this site has seen 2: a stale read or a restored store; nothing is handed out",
      { value: traceOf(1), ledger: known },
    ],
    [
      "ledger-id-changed",
      "blocked",
      "its value is of another ledger",
      `the store of aws holds a value of ledger ${otherId}, this site served ${ledgerId}: nothing is handed out`,
      { value: traceOf(2, { ledgerId: otherId }), ledger: known },
    ],
    [
      "value-foreign",
      "waiting",
      "it holds something that is no value",
      "the store of aws holds something that is not a value of ours: nothing is handed out",
      { answers: { "read-value": () => ({ trace: null, present: true }) } },
    ],
    ...(["denied", "invalid", "unreachable", "throttled", "conflict", "not-found"] as const).flatMap((kind) =>
      (["load-site-ledger", "read-round", "read-value"] as const).map(
        (type): [string, string, string, string, Partial<SiteScene>] => [
          `${type}-failed`,
          kind === "denied" || kind === "invalid" ? "blocked" : "waiting",
          `${type} fails: ${kind}`,
          "aws: scripted",
          { answers: { [type]: () => failing(kind) } },
        ],
      ),
    ),
    [
      "lost-race",
      "lost-race",
      "another runner wrote the ledger first",
      "another runner wrote this site's ledger first",
      { answers: { "save-site": () => failing("conflict") } },
    ],
    ...(["unreachable", "denied"] as const).map((kind): [string, string, string, string, Partial<SiteScene>] => [
      "ledger-unwritable",
      kind === "denied" ? "blocked" : "waiting",
      `the epoch cannot be written down: ${kind}`,
      "this site's ledger could not be saved: scripted",
      { answers: { "save-site": () => failing(kind) } },
    ]),
  ])("%s (%s): %s, and no cluster is touched", (code, end, _what, text, changes) => {
    const { outcome, order } = playSite({ clusters: one(target("a", 1)), ...changes });
    const blocks = end === "blocked";
    expect(outcome).toEqual({ end, nextAtMs: t0 + minuteMs, problems: [{ code, text, blocks }], report: null });
    expect(order.filter((id) => id.includes("prod-1"))).toEqual([]);
  });

  test("after the first thing that fails nothing more is read", () => {
    const { order } = playSite({ clusters: one(), answers: { "read-round": () => failing("unreachable") } });
    expect(order).toEqual(["load-site-ledger", "read-round"]);
  });

  test("a value of the very epoch that was seen is handed out, and one that is the first of all", () => {
    expect(playSite({ clusters: one(), ledger: known }).outcome.end).toBe("served");
    const nothingYet = siteLedgerWith("aws", null, { ledgerId: null, epoch: 0, epochSinceMs: 0 });
    expect(playSite({ clusters: one(), ledger: nothingYet }).ledger).toMatchObject({ ledgerId, epoch: 2 });
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
      answers: { "apply-target": () => ({ tookMs: null }), "read-target": () => ({ target: target("a", 1) }) },
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

  test("is waited for by no other: they are written and read back before it has answered once", () => {
    // Its calls stay on their way as long as there is any other.
    const pending: string[] = [];
    const { order, outcome } = playSite({
      clusters: two,
      answers: {
        "list-namespaces": (effect) => {
          pending.push(effect.cluster);
          return darkFirst(effect) ? failing("unreachable") : undefined;
        },
        "list-secrets": (effect) => {
          pending.push(effect.cluster);
          return darkFirst(effect) ? failing("unreachable") : undefined;
        },
      },
      answersNext: (underWay) => underWay - 1,
    });
    const answered = (id: string) => order.indexOf(id);
    expect(pending.slice(-2)).toEqual(["prod-1", "prod-1"]);
    for (const done of ["read-target:prod-2/a/pull", "apply-target:prod-2/b/pull", "prove-copy:prod-2"])
      expect([done, answered(done) < answered("list-secrets:prod-1:0"), answered(done)]).toEqual([
        done,
        true,
        expect.any(Number),
      ]);
    expect(outcome.report).toMatchObject({ served: 2, unserved: [{ target: "prod-1", reason: "unreachable" }] });
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
