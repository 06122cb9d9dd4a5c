import { describe, expect, test } from "vitest";
import { traceOf } from "./home-tick.ts";
import { failing, plan, playSite, target } from "./site-tick.ts";

/** Written by somebody else from our store: no label and no mark of ours, other owners. */
const copy = (namespace: string, epoch: number) =>
  target(namespace, epoch, { installation: null, marks: {}, otherOwners: ["ExternalSecret/pull"] });

const synced = (cluster: string, canary = false) => {
  const { targets, ...rest } = plan(cluster, canary);
  return { ...rest, targets: targets.map((one) => ({ ...one, writer: "external-secrets" as const })) };
};

describe("targets that External Secrets writes", () => {
  test("are served by what they hold, whoever owns them, and are never written", () => {
    const played = playSite({ clusters: { "c-1": { a: copy("a", 2), b: copy("b", 2) } }, plans: [synced("c-1")] });
    expect(played.writes).toEqual([]);
    expect(played.outcome).toMatchObject({
      end: "served",
      report: { served: 2, wanted: 2, complete: true, foreign: [] },
    });
  });

  test("are not served while they hold another generation, or nothing: that is said in their writer's words", () => {
    const wrong = { ...copy("c", 2), type: "Opaque" };
    const broken = { ...copy("d", 2), malformed: "its content is malformed" };
    const played = playSite({
      clusters: { "c-1": { a: copy("a", 1), b: undefined, c: wrong, d: broken } },
      plans: [synced("c-1")],
    });
    expect(played.writes).toEqual([]);
    const { report } = played.outcome;
    expect(report).toMatchObject({
      served: 0,
      wanted: 4,
      complete: true,
      usernames: [traceOf(1).username, traceOf(2).username],
    });
    expect(report?.unserved.map(({ target: at, reason, text }) => `${at} ${reason} ${text}`).sort()).toEqual([
      "c-1/a/pull not-synced how it fares in a",
      "c-1/b/pull not-synced how it fares in b",
      "c-1/c/pull invalid its type is Opaque",
      "c-1/d/pull malformed its content is malformed",
    ]);
  });

  test("are told to be behind, too, where their writer cannot be asked", () => {
    const played = playSite({
      clusters: { "c-1": { a: copy("a", 1) } },
      plans: [synced("c-1")],
      answers: { "read-sync": () => failing("not-found") },
    });
    expect(played.outcome.report?.unserved).toMatchObject([{ reason: "not-synced" }]);
    expect(played.order.filter((id) => id.startsWith("read-sync"))).toHaveLength(1);
  });

  test("that are behind in a canary cluster keep no other cluster waiting", () => {
    const played = playSite({
      clusters: { "c-1": { a: copy("a", 1) }, "c-2": { a: target("a", 1) } },
      plans: [synced("c-1", true), plan("c-2")],
    });
    expect(played.writes).toEqual(["apply-target:c-2/a/pull#0"].map(() => expect.stringContaining("c-2")));
  });
});
