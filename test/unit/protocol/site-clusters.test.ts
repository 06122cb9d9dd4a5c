import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { reasonOf } from "../../../core/protocol/site-cluster-replies.ts";
import type { ClusterPlan } from "../../../core/protocol/site-effects.ts";
import { ledgerId, minuteMs, otherId, siteLedgerWith, t0, usernameOf } from "./ledgers.ts";
import { failing, plan, playSite, type SiteScene, target } from "./site-tick.ts";

type Answers = NonNullable<SiteScene["answers"]>;
const one = (seen?: ReturnType<typeof target>): SiteScene["clusters"] => ({ "prod-1": { a: seen } });
const oneAtATime = { concurrencyPerClusterMax: 1 };
/** So many namespaces n0, n1 … that hold the older generation. */
const older = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`n${n}`, target(`n${n}`, 1)]));
const unlisted: Answers = { "list-secrets": () => ({ targets: [], continueToken: null }) };
const unservedOf = (played: ReturnType<typeof playSite>) => played.outcome.report?.unserved;

describe("listings", () => {
  const names = (...all: string[]) => ({ by: "names", names: all }) as const;
  const twoPlans: ClusterPlan = {
    cluster: "prod-1",
    canary: false,
    targets: [
      { namespaces: names("a"), secret: "pull", adopt: false },
      { namespaces: names("b"), secret: "pull", adopt: false },
    ],
  };
  const byName: Answers = {
    "list-namespaces": ({ query }) => ({
      namespaces: query.by === "names" ? query.names.map((name) => ({ name, terminating: false })) : [],
    }),
  };
  const both: SiteScene = {
    clusters: { "prod-1": { a: undefined, b: undefined } },
    plans: [twoPlans],
    answers: byName,
  };

  test("each of a cluster's selections has a listing of its own, and its own namespaces", () => {
    const { asked, writes } = playSite(both);
    expect(asked.filter((effect) => effect.type === "list-namespaces")).toEqual([
      { type: "list-namespaces", cluster: "prod-1", plan: 0, query: names("a") },
      { type: "list-namespaces", cluster: "prod-1", plan: 1, query: names("b") },
    ]);
    expect(writes.filter((id) => id.startsWith("create"))).toEqual([
      "create-target:prod-1/a/pull",
      "create-target:prod-1/b/pull",
    ]);
  });

  test("nothing is begun before all of them have come, in whichever order", () => {
    const { outcome, order } = playSite({ ...both, answersNext: (underWay) => underWay - 1 });
    expect(outcome).toMatchObject({ end: "served", report: { served: 2, wanted: 2 } });
    const lastListing = order.findLastIndex((id) => id.startsWith("list-namespaces"));
    expect(order.findIndex((id) => id.startsWith("read-target"))).toBeGreaterThan(lastListing);
  });

  test("pages of Secrets are read to the end, each with the token of the one before", () => {
    const { asked, outcome } = playSite({
      clusters: { "prod-1": { a: target("a", 1), b: target("b", 1), c: target("c", 2) } },
      answers: {
        "list-secrets": ({ page }) => ({
          targets: [target("abc".charAt(page), page + 1 - (page === 2 ? 1 : 0))],
          continueToken: page < 2 ? `after-${page}` : null,
        }),
      },
    });
    expect(asked.filter((effect) => effect.type === "list-secrets")).toEqual([
      { type: "list-secrets", cluster: "prod-1", page: 0, continueToken: null },
      { type: "list-secrets", cluster: "prod-1", page: 1, continueToken: "after-0" },
      { type: "list-secrets", cluster: "prod-1", page: 2, continueToken: "after-1" },
    ]);
    expect(outcome.report).toMatchObject({ served: 3, wanted: 3 });
  });

  test.each<[string, Answers]>([
    ["namespaces", { "list-namespaces": () => failing("denied") }],
    ["Secrets", { "list-secrets": () => failing("denied") }],
    ["either", { "list-namespaces": () => failing("denied"), "list-secrets": () => failing("denied") }],
  ])(
    "a cluster whose %s cannot be listed is one unserved entry, and nothing is read or written there",
    (_what, answers) => {
      const played = playSite({ clusters: one(target("a", 1)), answers });
      expect(unservedOf(played)).toEqual([{ target: "prod-1", reason: "denied", text: "scripted" }]);
      expect(played.outcome).toMatchObject({
        end: "waiting",
        report: { served: 0, wanted: 1, complete: false, usernames: [] },
      });
      expect(played.order.filter((id) => id.includes("-target") || id.startsWith("prove"))).toEqual([]);
    },
  );

  test("a Secret of ours that no selection wants is no target: a name that stands in it is told all the same", () => {
    const seen = target("elsewhere", 1, { marks: {} });
    const { outcome, writes } = playSite({
      clusters: one(target("a", 2)),
      answers: { "list-secrets": () => ({ targets: [target("a", 2), seen], continueToken: null }) },
    });
    expect(writes).toEqual([]);
    expect(outcome.report).toMatchObject({ served: 1, wanted: 1, foreign: [] });
    expect(outcome.report?.usernames).toEqual([usernameOf(1), usernameOf(2)]);
  });

  test("one that bears our mark where nothing is selected any more is not taken over from others, nor repaired", () => {
    const taken = target("a", 1, { otherOwners: ["argocd"] });
    const malformed = target("b", 1, { malformed: "the entry x is malformed" });
    const played = playSite({
      clusters: { "prod-1": { a: taken, b: malformed } },
      plans: [{ ...plan("prod-1"), targets: [{ ...plan("prod-1").targets[0], adopt: true, repair: true } as never] }],
      answers: { "list-namespaces": () => ({ namespaces: [] }) },
    });
    expect(played.writes).toEqual([]);
    expect(played.outcome.report).toMatchObject({
      foreign: [{ target: "prod-1/a/pull", why: "it is written by argocd", username: usernameOf(1) }],
      unserved: [{ target: "prod-1/b/pull", reason: "malformed", text: "the entry x is malformed" }],
      complete: true,
    });
  });

  test("what a selection says of taking over and repairing goes with each write", () => {
    const targets = [{ ...plan("prod-1").targets[0], adopt: true, repair: true } as never];
    const seen = target("a", 1, { otherOwners: ["argocd"], malformed: "x" });
    const { asked } = playSite({ clusters: one(seen), plans: [{ ...plan("prod-1"), targets }] });
    expect(asked.find((effect) => effect.type === "apply-target")).toMatchObject({ adopt: true, repair: true });
  });
});

test.each([
  ["denied", undefined, "denied"],
  ["throttled", undefined, "throttled"],
  ["unreachable", undefined, "unreachable"],
  ["conflict", undefined, "conflict"],
  ["not-found", undefined, "invalid"],
  ["invalid", undefined, "invalid"],
  ["invalid", "malformed-neighbour", "malformed"],
  ["denied", "quota", "denied"],
] as const)("a failure of kind %s (%s) is told as %s", (kind, reason, expected) => {
  expect(reasonOf({ kind, reason, text: "" })).toBe(expected);
});

describe("one target", () => {
  test("that was not in the listing is read, and where it is served nothing is tried at the registry", () => {
    const { order, outcome } = playSite({ clusters: one(target("a", 2)), answers: unlisted });
    expect(order).toContain("read-target:prod-1/a/pull");
    expect(order.filter((id) => id.startsWith("prove"))).toEqual([]);
    expect(outcome.end).toBe("served");
  });

  test("in the listing, served: the copy is not tried either", () => {
    expect(playSite({ clusters: one(target("a", 2)) }).order.filter((id) => id.startsWith("prove"))).toEqual([]);
  });

  test("that is somebody else's is named with the reason and the name in it, and waits for nothing", () => {
    const { outcome } = playSite({ clusters: one(target("a", 1, { immutable: true })) });
    expect(outcome).toMatchObject({ end: "served", problems: [], report: { wanted: 0, complete: true, unserved: [] } });
    expect(outcome.report?.foreign).toEqual([
      { target: "prod-1/a/pull", why: "it is immutable", username: usernameOf(1) },
    ]);
  });

  test("of a higher epoch is read and not served", () => {
    const played = playSite({ clusters: one(target("a", 5)) });
    expect(unservedOf(played)).toEqual([{ target: "prod-1/a/pull", reason: "higher-epoch", text: "it is at epoch 5" }]);
    expect(played.outcome.report).toMatchObject({ wanted: 1, complete: true, usernames: [usernameOf(5)] });
  });

  test("with a malformed entry was read, too", () => {
    const { outcome } = playSite({ clusters: one(target("a", 1, { malformed: "x" })) });
    expect(outcome.report).toMatchObject({ wanted: 1, complete: true, usernames: [usernameOf(1)] });
  });

  test("written by another between listing and write is read again and written under the new version", () => {
    const newer = target("a", 1, { resourceVersion: "77" });
    let applies = 0;
    const { asked, outcome } = playSite({
      clusters: one(target("a", 1)),
      answers: {
        "apply-target": () => (++applies === 1 ? failing("conflict") : undefined),
        "read-target": () => (applies === 1 ? { target: newer } : undefined),
      },
    });
    const versions = asked.flatMap((effect) => (effect.type === "apply-target" ? effect.resourceVersion : []));
    expect(versions).toEqual(["1", "77"]);
    expect(outcome.end).toBe("served");
  });

  test.each(["not-found", "conflict"] as const)(
    "deleted between listing and write (%s) is made again, where selected",
    (kind) => {
      let applies = 0;
      const { writes, outcome } = playSite({
        clusters: one(target("a", 1)),
        answers: {
          "apply-target": () => (++applies === 1 ? failing(kind) : undefined),
          "read-target": () => (applies === 1 ? { target: null } : undefined),
        },
      });
      expect(writes).toEqual([
        "apply-target:prod-1/a/pull",
        "create-target:prod-1/a/pull",
        "apply-target:prod-1/a/pull",
      ]);
      expect(outcome).toMatchObject({ end: "served", report: { served: 1, wanted: 1 } });
    },
  );

  test("made by another between read and create is read again, not made twice", () => {
    let creates = 0;
    const { writes, outcome } = playSite({
      clusters: one(),
      answers: {
        "create-target": () => (++creates === 1 ? failing("conflict") : undefined),
        "read-target": () => (creates === 1 ? { target: target("a", 2) } : undefined),
      },
    });
    expect(writes).toEqual(["create-target:prod-1/a/pull"]);
    expect(outcome.report).toMatchObject({ served: 1, wanted: 1, complete: true });
  });

  test.each([
    ["create-target", one()],
    ["apply-target", one(target("a", 1))],
  ] as const)("whose %s is denied is unserved, though read", (type, clusters) => {
    const played = playSite({ clusters, answers: { [type]: () => failing("denied") } });
    expect(unservedOf(played)).toEqual([{ target: "prod-1/a/pull", reason: "denied", text: "scripted" }]);
    expect(played.outcome.report).toMatchObject({ wanted: 1, complete: true });
  });

  test("that could not be read makes the look incomplete", () => {
    const played = playSite({
      clusters: one(target("a", 1)),
      answers: { ...unlisted, "read-target": () => failing("denied") },
    });
    expect(unservedOf(played)).toEqual([{ target: "prod-1/a/pull", reason: "denied", text: "scripted" }]);
    expect(played.outcome.report).toMatchObject({ wanted: 1, complete: false });
  });

  test("whose name is known stays known when its write fails", () => {
    const { outcome } = playSite({
      clusters: one(target("a", 1)),
      answers: { "apply-target": () => failing("throttled") },
    });
    expect(outcome.report?.usernames).toEqual([usernameOf(1)]);
  });

  test.each([
    ["this site has gone on meanwhile", { ledgerId, epoch: 3 }, "this site is at epoch 3 already"],
    ["this site serves another ledger", { ledgerId: otherId, epoch: 2 }, "this site's ledger is another by now"],
    ["this site's ledger is gone", { ledgerId: null, epoch: 0 }, "this site's ledger is another by now"],
  ])("stays empty when %s, and its cluster is let alone", (_what, reloaded, text) => {
    const played = playSite({
      clusters: { "prod-1": { a: undefined, b: undefined, c: undefined } },
      limits: oneAtATime,
      answers: { "reload-ledger": () => reloaded },
    });
    expect(played.writes).toEqual(["create-target:prod-1/a/pull"]);
    expect(unservedOf(played)).toEqual(
      ["a", "b", "c"].map((namespace) => ({ target: `prod-1/${namespace}/pull`, reason: "higher-epoch", text })),
    );
    expect(played.outcome.report?.complete).toBe(false);
  });

  test("made empty and left so was read: the look is complete", () => {
    const { outcome } = playSite({ clusters: one(), answers: { "reload-ledger": () => ({ ledgerId, epoch: 3 }) } });
    expect(outcome.report).toMatchObject({ served: 0, wanted: 1, complete: true });
  });
});

describe("a value that the registry does not take", () => {
  test("is not written; what the targets hold instead is told, and what is left is read all the same", () => {
    const played = playSite({
      clusters: { "prod-1": { a: target("a", 1), b: target("b", 2), c: undefined } },
      limits: oneAtATime,
      answers: {
        "prove-value": () => ({ verdict: "refused" }),
        "list-secrets": () => ({ targets: [target("a", 1)], continueToken: null }),
      },
    });
    const text = "the registry says refused to the value";
    expect(unservedOf(played)).toEqual([
      { target: "prod-1/a/pull", reason: "refused-here", text },
      { target: "prod-1/c/pull", reason: "refused-here", text },
    ]);
    expect(played.outcome.report).toMatchObject({ served: 1, wanted: 3, usernames: [usernameOf(1), usernameOf(2)] });
  });

  test("is tried once, whatever waits for it", () => {
    const { order } = playSite({ clusters: { "prod-1": older(3), "prod-2": older(3) } });
    expect(order.filter((id) => id === "prove-value")).toHaveLength(1);
  });
});

describe("the copy that a cluster gives back", () => {
  const four: SiteScene = { clusters: { "prod-1": older(4) }, limits: oneAtATime };

  test.each(["refused", "no-right"] as const)("is %s by the registry: nothing more is begun there", (verdict) => {
    const played = playSite({ ...four, answers: { "prove-copy": () => ({ verdict }) } });
    // What is under way while the copy is tried is not taken back.
    expect(played.writes).toEqual([0, 1, 2].map((n) => `apply-target:prod-1/n${n}/pull`));
    expect(unservedOf(played)).toEqual([
      {
        target: "prod-1/n3/pull",
        reason: "refused-here",
        text: `the registry says ${verdict} to the copy read back from here`,
      },
    ]);
    expect(played.outcome.report).toMatchObject({ served: 3, wanted: 4 });
  });

  test.each<[string, Answers]>([
    ["accepted", {}],
    ["not tried, because the registry cannot be reached from here", { "prove-copy": () => failing("unreachable") }],
    ["in doubt", { "prove-copy": () => ({ verdict: "unreachable" }) }],
  ])("is %s: the others are served, and it is asked once", (_what, answers) => {
    const { outcome, order } = playSite({ ...four, answers });
    expect(outcome.report).toMatchObject({ served: 4, wanted: 4 });
    expect(order.filter((id) => id === "prove-copy:prod-1")).toHaveLength(1);
  });
});

describe("a cluster that stops answering", () => {
  const applying = (answer: (n: number) => ReturnType<typeof failing> | undefined): Answers => {
    let applies = 0;
    return { "apply-target": () => answer(++applies) };
  };
  const five: SiteScene = { clusters: { "prod-1": older(6) }, limits: oneAtATime };

  test("is let alone after three calls in a row that nobody answered; why is told of each target left", () => {
    const played = playSite({ ...five, answers: applying(() => failing("unreachable")) });
    expect(played.writes).toHaveLength(3);
    expect(unservedOf(played)).toEqual(
      Array.from({ length: 6 }, (_, n) => ({ target: `prod-1/n${n}/pull`, reason: "unreachable", text: "scripted" })),
    );
    expect(played.outcome.report?.complete).toBe(true);
  });

  test.each<[string, Answers, number]>([
    ["two in a row, then an answer", applying((n) => (n === 3 ? undefined : failing("unreachable"))), 6],
    ["refusals in a row", applying(() => failing("denied")), 6],
    ["two in a row around a refusal", applying((n) => failing(n === 3 ? "denied" : "unreachable")), 6],
  ])("is not given up for %s", (_what, answers, writes) => {
    expect(playSite({ ...five, answers }).writes).toHaveLength(writes);
  });

  test("while it is read: what was not read is told as such, and the look is incomplete", () => {
    const played = playSite({ ...five, answers: { ...unlisted, "read-target": () => failing("unreachable") } });
    expect(played.order.filter((id) => id.startsWith("read-target"))).toHaveLength(3);
    expect(unservedOf(played)).toHaveLength(6);
    expect(unservedOf(played)?.at(-1)).toEqual({ target: "prod-1/n5/pull", reason: "unreachable", text: "scripted" });
    expect(played.outcome.report).toMatchObject({ wanted: 6, complete: false });
  });

  test("gets no write that still waits for its wave", () => {
    const clusters = { rest: { w: target("w", 1), ...older(3) }, canary: { a: target("a", 1), b: target("b", 1) } };
    const played = playSite({
      clusters,
      plans: [plan("rest"), plan("canary", true)],
      answers: {
        "list-secrets": ({ cluster }) => ({
          targets: cluster === "rest" ? [target("w", 1)] : [target("a", 1), target("b", 1)],
          continueToken: null,
        }),
        "read-target": ({ cluster }) => (cluster === "rest" ? failing("unreachable") : undefined),
      },
    });
    expect(played.writes.filter((id) => id.includes("rest"))).toEqual([]);
    expect(unservedOf(played)).toContainEqual({
      target: "rest/w/pull",
      reason: "unreachable",
      text: "scripted",
    });
    expect(played.outcome.report).toMatchObject({ served: 2, wanted: 6 });
  });
});

describe("the deadline", () => {
  const at = (deadlineAtReply: number): Partial<SiteScene> => ({
    settings: { deadlineMs: t0 + deadlineAtReply },
    nowMs: (replies) => t0 + replies,
  });

  test("what was begun before it is read back and counted", () => {
    const scene: SiteScene = {
      clusters: { "prod-1": older(2) },
      ledger: siteLedgerWith("aws", {}, { clusters: ["prod-1"] }),
    };
    const order = playSite(scene).order;
    const played = playSite({ ...scene, ...at(order.indexOf("apply-target:prod-1/n0/pull") + 1) });
    expect(played.writes).toHaveLength(2);
    expect(played.outcome.report).toMatchObject({ served: 2, wanted: 2 });
  });

  test("what was not begun is left for the next tick; what was not read makes the look incomplete", () => {
    const played = playSite({
      clusters: { "prod-1": { a: target("a", 1), b: target("b", 1), c: undefined } },
      answers: { "list-secrets": () => ({ targets: [target("a", 1), target("b", 1)], continueToken: null }) },
      ...at(0),
    });
    expect(played.writes).toEqual([]);
    expect(unservedOf(played)).toEqual([
      { target: "prod-1/a/pull", reason: "not-reached", text: "left for the next tick" },
      { target: "prod-1/b/pull", reason: "not-reached", text: "left for the next tick" },
      { target: "prod-1/c/pull", reason: "not-reached", text: "no time was left" },
    ]);
    expect(played.outcome.report).toMatchObject({ wanted: 3, complete: false, usernames: [usernameOf(1)] });
  });
});

describe("reading back", () => {
  const reads = (order: readonly string[]) => order.filter((id) => /^(read-target|list-secrets)/.test(id));
  /** Every page holds so many; what is written is there at once. `fails`: which page does not come. */
  const paged = (pageSize: number, count: number, fails: (page: number) => boolean = () => false): SiteScene => {
    const held: Record<string, ReturnType<typeof target>> = older(count);
    return {
      clusters: { "prod-1": older(count) },
      ledger: siteLedgerWith("aws", {}, { clusters: ["prod-1"] }),
      answers: {
        "read-target": ({ namespace }) => ({ target: held[namespace] ?? null }),
        "apply-target": ({ namespace }) => {
          held[namespace] = target(namespace, 2);
          return { tookMs: null };
        },
        "list-secrets": ({ page, continueToken }) => {
          if (fails(page)) return failing("denied");
          const [from, all] = [Number(continueToken ?? 0), Object.values(held)];
          const next = from + pageSize;
          return { targets: all.slice(from, next), continueToken: next < all.length ? `${next}` : null };
        },
      },
    };
  };

  test("one listing does it for all, but for the first: that one's copy is tried at the registry at once", () => {
    const { order, outcome } = playSite({ clusters: { "prod-1": older(40) } });
    expect(reads(order)).toEqual(["list-secrets:prod-1:0", "read-target:prod-1/n0/pull", "list-secrets:prod-1:1"]);
    expect(outcome).toMatchObject({ end: "served", report: { served: 40, wanted: 40, complete: true } });
  });

  test("by pages, while the next one is not listed before this one's targets are begun", () => {
    const { order, outcome } = playSite(paged(10, 30));
    expect(reads(order).filter((id) => id.startsWith("list"))).toHaveLength(6);
    expect(order.indexOf("list-secrets:prod-1:1")).toBeGreaterThan(order.indexOf("apply-target:prod-1/n6/pull"));
    expect(outcome.report).toMatchObject({ served: 30, wanted: 30 });
  });

  test("one by one where that takes fewer requests", () => {
    const held = Object.fromEntries(Object.keys(older(30)).map((name, n) => [name, target(name, n < 3 ? 1 : 2)]));
    const { order, outcome } = playSite({
      clusters: { "prod-1": held },
      answers: {
        "list-secrets": ({ page }) => ({
          targets: Object.values(held).slice(page * 10, page * 10 + 10),
          continueToken: page < 2 ? "more" : null,
        }),
      },
    });
    expect(reads(order).filter((id) => id.startsWith("list"))).toHaveLength(3);
    expect(reads(order).filter((id) => id.startsWith("read"))).toHaveLength(3);
    expect(outcome.report).toMatchObject({ served: 30, wanted: 30 });
  });

  test("where Secrets may not be listed each is read back by itself, and none is listed", () => {
    const plans = [{ ...plan("prod-1"), rights: "named" as const }];
    const { order, outcome } = playSite({ clusters: { "prod-1": older(5) }, plans });
    expect(reads(order)).toHaveLength(10);
    expect(order.filter((id) => id.startsWith("list-secrets"))).toEqual([]);
    expect(outcome.report).toMatchObject({ served: 5, wanted: 5, complete: true });
  });

  test("what the listing shows as it was before the write is written again, and read back by itself", () => {
    let lists = 0;
    const { writes, outcome } = playSite({
      clusters: { "prod-1": older(4) },
      answers: {
        "list-secrets": () => (++lists === 2 ? { targets: Object.values(older(4)), continueToken: null } : undefined),
      },
    });
    expect(writes).toHaveLength(4 + 3);
    expect(outcome.report).toMatchObject({ served: 4, wanted: 4 });
  });

  test("what the listing leaves out is read by itself: deleted meanwhile, it is made again", () => {
    let lists = 0;
    let gone = false;
    const { writes, outcome } = playSite({
      clusters: { "prod-1": older(3) },
      answers: {
        "list-secrets": () => {
          gone = ++lists === 2;
          return gone ? { targets: [target("n1", 2)], continueToken: null } : undefined;
        },
        "read-target": ({ namespace }) => {
          if (!gone || namespace !== "n2") return undefined;
          gone = false;
          return { target: null };
        },
      },
    });
    expect(writes.slice(3)).toEqual(["create-target:prod-1/n2/pull", "apply-target:prod-1/n2/pull"]);
    expect(outcome.report).toMatchObject({ served: 3, wanted: 3, complete: true });
  });

  test.each(["unreachable", "throttled"] as const)(
    "a second listing that fails (%s) leaves receipts out: the look is incomplete, and the cluster is let alone",
    (kind) => {
      let lists = 0;
      const { order, outcome } = playSite({
        clusters: { "prod-1": older(4) },
        answers: { "list-secrets": () => (++lists === 2 ? failing(kind) : undefined) },
      });
      expect(reads(order)).toHaveLength(3);
      expect(outcome.report).toMatchObject({ served: 1, wanted: 4, complete: false });
      expect(outcome.report?.unserved.map(({ reason }) => reason)).toEqual([kind, kind, kind]);
    },
  );

  test("a second listing that is refused is made up for one by one", () => {
    let lists = 0;
    const { order, outcome } = playSite({
      clusters: { "prod-1": older(4) },
      answers: { "list-secrets": () => (++lists === 2 ? failing("denied") : undefined) },
    });
    expect(reads(order)).toHaveLength(6);
    expect(outcome.report).toMatchObject({ served: 4, wanted: 4, complete: true });
  });

  test("a page that does not come: what was written before is read back, the cluster is told as incomplete", () => {
    const { outcome, writes } = playSite(paged(10, 30, (page) => page === 1));
    expect(writes).toHaveLength(10);
    expect(outcome.report).toMatchObject({
      served: 10,
      wanted: 11,
      complete: false,
      unserved: [{ target: "prod-1", reason: "denied" }],
    });
  });

  test("a Secret that two pages show is one target", () => {
    const { outcome } = playSite({
      clusters: { "prod-1": { a: target("a", 2), b: target("b", 2) } },
      answers: {
        "list-secrets": ({ page }) => ({
          targets: page === 0 ? [target("a", 2)] : [target("a", 2), target("b", 2)],
          continueToken: page === 0 ? "more" : null,
        }),
      },
    });
    expect(outcome.report).toMatchObject({ served: 2, wanted: 2 });
  });

  test("time that is over between two pages leaves the rest for the next tick; what was written is read back", () => {
    const overAt = playSite(paged(10, 20)).order.indexOf("apply-target:prod-1/n4/pull");
    const played = playSite({
      ...paged(10, 20),
      settings: { deadlineMs: t0 + overAt },
      nowMs: (replies) => t0 + replies,
    });
    const { report } = played.outcome;
    expect(report?.complete).toBe(false);
    expect(report?.served).toBe(played.writes.length);
    expect(report?.unserved).toContainEqual({ target: "prod-1", reason: "not-reached", text: "no time was left" });
  });

  test("namespaces that are named are asked for only where no Secret was listed", () => {
    const namespaces = { by: "names", names: ["a", "b"] } as const;
    const plans = [{ ...plan("prod-1"), targets: [{ namespaces, secret: "pull", adopt: false }] }];
    const { asked, outcome } = playSite({
      clusters: { "prod-1": { a: target("a", 1), b: undefined } },
      plans,
      answers: {
        "list-namespaces": ({ query }) => ({
          namespaces: query.by === "names" ? query.names.map((name) => ({ name, terminating: false })) : [],
        }),
      },
    });
    expect(asked.filter(({ type }) => type === "list-namespaces")).toEqual([
      { type: "list-namespaces", cluster: "prod-1", plan: 0, query: { by: "names", names: ["b"] } },
    ]);
    expect(outcome.report).toMatchObject({ served: 2, wanted: 2 });
  });
});

describe("waves", () => {
  const clusters = { rest: { a: target("a", 1), b: undefined }, canary: { a: target("a", 1), b: undefined } };
  const plans = [plan("rest"), plan("canary", true)];

  test("in whichever order replies come: nothing is written before the canary was read back and its copy tried", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat()), fc.integer({ min: 1, max: 3 }), (picks, concurrencyPerClusterMax) => {
        const { order, writes, outcome } = playSite({
          clusters,
          plans,
          limits: { concurrencyPerClusterMax },
          answersNext: (underWay) => (picks.next().value ?? 0) % Math.max(1, underWay),
        });
        const firstOfRest = order.findIndex((id) => /^(create|apply)-target:rest/.test(id));
        const lastOfCanary = order.findLastIndex((id) => id.includes("canary"));
        expect(firstOfRest).toBeGreaterThan(lastOfCanary);
        expect(writes).toHaveLength(6);
        expect(outcome).toMatchObject({ end: "served", report: { served: 4, wanted: 4, complete: true } });
      }),
    );
  });

  test("a canary that is served already, or whose copy cannot be tried from here, keeps nobody waiting", () => {
    const served = { ...clusters, canary: { a: target("a", 2), b: target("b", 2) } };
    expect(playSite({ clusters: served, plans }).outcome.report).toMatchObject({ served: 4 });
    const answers: Answers = { "prove-copy": () => failing("unreachable") };
    expect(playSite({ clusters, plans, answers }).outcome.report).toMatchObject({ served: 4 });
  });

  test.each([
    ["a moment before that", 30 * minuteMs - 1, 0],
    ["then", 30 * minuteMs, 3],
  ])("a canary that fails is waited for so long, since the epoch was first seen here: %s", (_what, agoMs, writes) => {
    const ledger = siteLedgerWith("aws", {}, { epochSinceMs: t0 - agoMs, clusters: ["canary", "rest"] });
    const played = playSite({
      clusters,
      plans,
      ledger,
      answers: { "apply-target": ({ cluster }) => (cluster === "canary" ? failing("denied") : undefined) },
    });
    expect(played.writes.filter((id) => id.includes("rest"))).toHaveLength(writes);
    const text = "the canary clusters are not served";
    const waits = unservedOf(played)?.filter((unserved) => unserved.text === text) ?? [];
    expect(waits.map(({ target: at, reason }) => `${at} ${reason}`)).toEqual(
      writes > 0 ? [] : ["rest/a/pull not-reached", "rest/b/pull not-reached"],
    );
  });

  test("of several canaries each is waited for, and one that fails is enough", () => {
    const three = { rest: { a: target("a", 1) }, slow: { a: target("a", 1) }, quick: { a: target("a", 2) } };
    const canaries = [plan("rest"), plan("slow", true), plan("quick", true)];
    const { order } = playSite({ clusters: three, plans: canaries });
    expect(order.indexOf("prove-copy:slow")).toBeLessThan(order.indexOf("apply-target:rest/a/pull"));
    const answers: Answers = {
      "apply-target": ({ cluster }) => (cluster === "slow" ? failing("denied") : undefined),
    };
    const failed = playSite({ clusters: three, plans: canaries, answers });
    expect(failed.writes).toEqual(["apply-target:slow/a/pull"]);
  });

  test("the canary itself is written while it fails", () => {
    const { writes } = playSite({
      clusters: { canary: older(3) },
      plans: [plan("canary", true)],
      limits: oneAtATime,
      answers: { "apply-target": () => failing("denied") },
    });
    expect(writes).toHaveLength(3);
  });
});
