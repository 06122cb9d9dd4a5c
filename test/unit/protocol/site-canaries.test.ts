import { expect, test } from "vitest";
import { minuteMs, siteLedgerWith, t0 } from "./ledgers.ts";
import { failing, plan, playSite, type SiteScene, target } from "./site-tick.ts";

const plans = [plan("rest"), plan("canary", true)];
const names = ["a", "b", "c", "d", "e"];
const older = Object.fromEntries(names.map((name) => [name, target(name, 1)]));
const clusters: SiteScene["clusters"] = { rest: { a: target("a", 1) }, canary: older };
const restWrites = ({ writes }: ReturnType<typeof playSite>) => writes.filter((id) => id.includes(":rest/"));

test("targets of a canary that are read back one by one are waited for, to the last of them", () => {
  const scene: SiteScene = {
    clusters,
    plans: [plan("canary", true), plan("rest")],
    answers: {
      "list-secrets": ({ cluster, page }) => (cluster === "canary" && page > 0 ? failing("denied") : undefined),
    },
  };
  const listedAgain = playSite(scene).order.indexOf("list-secrets:canary:1");
  let replies = 0;
  // From there on what was asked last is answered first: were the other cluster written early, it would show.
  const { order, outcome } = playSite({
    ...scene,
    answersNext: (underWay) => (replies++ <= listedAgain ? 0 : underWay - 1),
  });
  expect(order.slice(listedAgain + 1).filter((id) => id.startsWith("read-target:canary"))).toHaveLength(4);
  const lastOfCanary = order.findLastIndex((id) => id.includes("canary"));
  expect(order.indexOf("apply-target:rest/a/pull")).toBeGreaterThan(lastOfCanary);
  expect(outcome).toMatchObject({ end: "served", report: { served: 6, wanted: 6 } });
});

test("a canary that fails decides when it was looked at as a whole: time to go on may come before that", () => {
  const canaryWaitMaxMs = 30 * minuteMs;
  const failingCanary = (waitOverAt: number): SiteScene => ({
    clusters,
    plans,
    ledger: siteLedgerWith("aws", {}, { epochSinceMs: t0, clusters: ["canary", "rest"] }),
    limits: { canaryWaitMaxMs, concurrencyPerClusterMax: 1 },
    nowMs: (replies) => (replies >= waitOverAt ? t0 + canaryWaitMaxMs : t0),
    answers: {
      "apply-target": ({ cluster, namespace }) =>
        cluster === "canary" && namespace === "b" ? failing("denied") : undefined,
      "list-secrets": ({ cluster, page }) => {
        if (cluster !== "canary") return undefined;
        if (page > 1) return failing("denied");
        const targets = Object.values(older);
        return page === 0
          ? { targets: targets.slice(0, 2), continueToken: "2" }
          : { targets: targets.slice(2), continueToken: null };
      },
    },
  });
  const never = playSite(failingCanary(Number.POSITIVE_INFINITY));
  expect(restWrites(never)).toEqual([]);
  const lastOfCanary = never.order.findLastIndex((id) => id.includes("canary"));
  for (const waitOverAt of [0, 15, lastOfCanary])
    expect([waitOverAt, restWrites(playSite(failingCanary(waitOverAt)))]).toEqual([
      waitOverAt,
      ["apply-target:rest/a/pull"],
    ]);
  expect(restWrites(playSite(failingCanary(lastOfCanary + 2)))).toEqual([]);
});
