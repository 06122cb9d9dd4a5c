import { describe, expect, test } from "vitest";
import type { ClusterPlan, TargetSeen } from "../../../core/protocol/site-effects.ts";
import { siteLedgerWith, t0 } from "./ledgers.ts";
import { failing, plan, playSite, type SiteScene, target } from "./site-tick.ts";

const older = (from: number, to: number) =>
  Object.fromEntries(Array.from({ length: to - from }, (_, n) => [`n${n + from}`, target(`n${n + from}`, 1)]));
const listings = ({ order }: ReturnType<typeof playSite>) => order.filter((id) => id.startsWith("list-"));

/** So many Secrets on a page; the first `stale` hold the older generation, and what is written is there at once. */
function paged(
  pageSize: number,
  count: number,
  { stale = count, fails = (_page: number): boolean => false } = {},
): SiteScene {
  const held: Record<string, TargetSeen> = older(0, count);
  for (let n = stale; n < count; n += 1) held[`n${n}`] = target(`n${n}`, 2);
  return {
    clusters: { "prod-1": { ...held } },
    ledger: siteLedgerWith("aws", {}, { clusters: ["prod-1"] }),
    answers: {
      "read-target": ({ namespace }) => ({ target: held[namespace] ?? null }),
      "apply-target": ({ namespace }) => {
        held[namespace] = target(namespace, 2);
        return undefined;
      },
      "list-secrets": ({ page, continueToken }) => {
        if (fails(page)) return failing("denied");
        const from = Number(continueToken ?? 0);
        const next = from + pageSize;
        return { targets: Object.values(held).slice(from, next), continueToken: next < count ? `${next}` : null };
      },
    },
  };
}

const named = (...names: string[]): readonly ClusterPlan[] => [
  { cluster: "prod-1", canary: false, targets: [{ namespaces: { by: "names", names }, secret: "pull", adopt: false }] },
];

describe("a page that came", () => {
  test("before the namespaces did waits for them, and no other is asked for meanwhile", () => {
    const played = playSite({ ...paged(1, 1), answersNext: (underWay) => underWay - 1 });
    expect(listings(played)).toEqual(["list-secrets:prod-1:0", "list-namespaces:prod-1:0"]);
    expect(played.outcome.report).toMatchObject({ served: 1, wanted: 1 });
  });

  test("waits for the namespaces of every selection: a Secret that only the last one selects is a target", () => {
    const { targets } = plan("prod-1");
    const played = playSite({
      clusters: { "prod-1": { a: target("a", 2), b: target("b", 0) } },
      plans: [{ ...plan("prod-1"), targets: [...targets, ...targets] }],
      answers: {
        "list-namespaces": ({ plan: n }) => ({ namespaces: [{ name: n === 0 ? "a" : "b", terminating: false }] }),
      },
      // The namespaces of the first selection, then the Secrets, then the namespaces of the second.
      answersNext: (underWay) => (underWay === 2 ? 1 : 0),
    });
    expect(listings(played)).toEqual(["list-namespaces:prod-1:0", "list-secrets:prod-1:0", "list-namespaces:prod-1:1"]);
    expect(played.writes).toEqual(["apply-target:prod-1/b/pull"]);
    expect(played.outcome).toMatchObject({ end: "served", report: { served: 2, wanted: 2 } });
  });

  test("shows a Secret of another name in a selected namespace: it is not taken for the one selected", () => {
    const renamed = target("a", 1, { name: "old-pull", otherOwners: ["argocd"] });
    const { targets } = plan("prod-1");
    const played = playSite({
      clusters: { "prod-1": { a: target("a", 1) } },
      plans: [{ ...plan("prod-1"), targets: targets.map((one) => ({ ...one, adopt: true })) }],
      answers: {
        "list-secrets": ({ page }) =>
          page === 0 ? { targets: [target("a", 1), renamed], continueToken: null } : undefined,
      },
    });
    expect(played.writes).toEqual(["apply-target:prod-1/a/pull"]);
    expect(played.outcome.report).toMatchObject({
      served: 1,
      wanted: 1,
      foreign: [{ target: "prod-1/a/old-pull", why: "it is written by argocd" }],
    });
  });
});

describe("namespaces given by name", () => {
  test("are not asked for where every Secret was listed; one that lost its mark is filled all the same", () => {
    const played = playSite({
      clusters: { "prod-1": { a: target("a", 0), b: target("b", 2) } },
      plans: named("a", "b"),
    });
    expect(listings(played)).toEqual(["list-secrets:prod-1:0"]);
    expect(played.writes).toEqual(["apply-target:prod-1/a/pull"]);
    expect(played.outcome).toMatchObject({ end: "served", report: { served: 2, wanted: 2, complete: true } });
  });

  test("are not asked for after a page that did not come: what was written is read back, and no more", () => {
    const played = playSite({
      ...paged(10, 20, { fails: (page) => page === 1 }),
      plans: named(...Object.keys(older(0, 20))),
    });
    expect(listings(played).every((id) => id.startsWith("list-secrets"))).toBe(true);
    expect(played.outcome.report).toMatchObject({ served: 10, wanted: 11, complete: false });
  });
});

test("where a second listing takes as many requests as single reads, it is the listing", () => {
  // The first write is read back by itself, in either case: three are left for three pages.
  expect(listings(playSite(paged(10, 30, { stale: 4 })))).toHaveLength(1 + 3 + 3);
  expect(listings(playSite(paged(10, 30, { stale: 3 })))).toHaveLength(1 + 3);
});

test("time that is over between two pages: beside the targets that were come to, one entry stands for the rest", () => {
  const scene = () => ({ ...paged(2, 4, { stale: 1 }), limits: { concurrencyPerClusterMax: 1 } });
  const overAt = playSite(scene()).order.indexOf("apply-target:prod-1/n0/pull") + 1;
  const { report } = playSite({
    ...scene(),
    settings: { deadlineMs: t0 + overAt },
    nowMs: (replies) => t0 + replies,
  }).outcome;
  expect(report).toMatchObject({ served: 2, wanted: 3, complete: false });
  expect(report?.unserved).toEqual([{ target: "prod-1", reason: "not-reached", text: "no time was left" }]);
});

test.each([
  ["create-target", undefined],
  ["apply-target", target("a", 1)],
] as const)("a target that is busy (%s) is let alone until the next tick, and told so", (type, seen) => {
  const played = playSite({
    clusters: { "prod-1": { a: seen } },
    answers: { [type]: () => failing("conflict", "busy") },
  });
  expect(played.writes).toEqual([`${type}:prod-1/a/pull`]);
  expect(played.outcome.report).toMatchObject({ served: 0, wanted: 1, complete: true });
  expect(played.outcome.report?.unserved).toEqual([{ target: "prod-1/a/pull", reason: "busy", text: "scripted" }]);
});
