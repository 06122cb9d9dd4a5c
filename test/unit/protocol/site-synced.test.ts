import { describe, expect, test } from "vitest";
import type { CopySeen, TargetSeen, TargetWriter } from "../../../core/protocol/site-effects.ts";
import { traceOf } from "./home-tick.ts";
import { failing, plan, playSite, target } from "./site-tick.ts";

/** Written by somebody else from our store: no label and no mark of ours, other owners. */
const copy = (namespace: string, epoch: number, changes: Partial<TargetSeen> = {}) =>
  target(namespace, epoch, { installation: null, marks: {}, otherOwners: ["ExternalSecret/pull"], ...changes });

const writtenBy = (writer: TargetWriter, cluster: string, canary = false) => {
  const { targets, ...rest } = plan(cluster, canary);
  return { ...rest, targets: targets.map((one) => ({ ...one, writer })) };
};
const synced = (cluster: string, canary = false) => writtenBy({ by: "external-secrets" }, cluster, canary);

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

describe("copies of a source that is a target itself", () => {
  const writer = { by: "kyverno", source: "infra/pull" } as const;
  const copied = (namespace: string, epoch: number, seen: Partial<CopySeen>, changes: Partial<TargetSeen> = {}) =>
    copy(namespace, epoch, { copy: { by: "kyverno", source: "infra/pull", state: null, ...seen }, ...changes });

  test("are served by what they hold, whatever marks were copied along, and hold back a retirement until then", () => {
    const marked = copied("b", 1, {}, { marks: target("b", 2).marks, installation: "here" });
    const ahead = copied("c", 2, {}, { marks: target("c", 9).marks });
    const played = playSite({
      clusters: { "c-1": { a: copied("a", 2, {}), b: marked, c: ahead } },
      plans: [writtenBy(writer, "c-1")],
    });
    expect(played.writes).toEqual([]);
    expect(played.order.filter((id) => id.startsWith("read-sync"))).toEqual([]);
    expect(played.outcome.report).toMatchObject({
      ...{ served: 2, wanted: 3, complete: true, foreign: [], higher: null },
      usernames: [traceOf(1).username, traceOf(2).username],
      unserved: [{ target: "c-1/b/pull", reason: "not-synced" }],
    });
  });

  test.each<[string, TargetSeen | undefined, string]>([
    ["there is none", undefined, "there is no copy yet"],
    ["it is behind", copied("a", 1, {}), "not copied since"],
    [
      "it is behind, and tells its state",
      copied("a", 1, { state: "version 71" }),
      "not copied since, it is version 71 of its source",
    ],
    ["it is another's copy", copied("a", 1, { source: "other/pull" }), "it is a copy of other/pull"],
    ["it does not say of what", copied("a", 1, { source: null }), "not copied since"],
    [
      "another tool copies it",
      copied("a", 1, { by: "reflector" }),
      "nothing shows that it is a copy; it is written by ExternalSecret/pull",
    ],
    ["nobody copies it", target("a", 1, { marks: {} }), "nothing shows that it is a copy"],
  ])("say why they are behind: %s", (_case, a, words) => {
    const played = playSite({ clusters: { "c-1": { a } }, plans: [writtenBy(writer, "c-1")] });
    expect(played.writes).toEqual([]);
    expect(played.outcome.report?.unserved).toEqual([
      { target: "c-1/a/pull", reason: "not-synced", text: `by Kyverno from infra/pull: ${words}` },
    ]);
  });

  test.each([
    ["replicator", "kubernetes-replicator"],
    ["reflector", "reflector"],
  ] as const)("are named after what copies them (%s), and after all who write them in its place", (by, name) => {
    const a = target("a", 1, { marks: {}, otherOwners: ["argocd", "helm"] });
    const plans = [writtenBy({ by, source: "infra/pull" }, "c-1")];
    expect(playSite({ clusters: { "c-1": { a } }, plans }).outcome.report?.unserved[0]?.text).toBe(
      `by ${name} from infra/pull: nothing shows that it is a copy; it is written by argocd, helm`,
    );
  });

  test("one that is selected no more is foreign, whatever marks were copied along: it is not written", () => {
    const stray = copied("b", 1, {}, { marks: target("b", 1).marks, installation: "here" });
    const played = playSite({
      clusters: { "c-1": { a: target("a", 2), b: stray } },
      plans: [plan("c-1")],
      answers: { "list-namespaces": () => ({ namespaces: [{ name: "a", terminating: false }] }) },
    });
    expect(played.writes).toEqual([]);
    expect(played.outcome.report).toMatchObject({ foreign: [{ target: "c-1/b/pull", username: traceOf(1).username }] });
  });
});
