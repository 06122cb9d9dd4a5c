import { describe, expect, test } from "vitest";
import { parseSiteLedger } from "../../../core/engine/ledger-text.ts";
import type { ClusterPlan, TargetSeen } from "../../../core/protocol/site-effects.ts";
import type { SiteLedger, TakenBack } from "../../../core/protocol/site-state.ts";
import { traceOf } from "./home-tick.ts";
import { dayMs, hourMs, minuteMs, reportWith, siteLedgerWith, t0 } from "./ledgers.ts";
import { failing, plan, playSite, type SiteScene, target } from "./site-tick.ts";

const adopting = (cluster: string): ClusterPlan => {
  const { targets, ...rest } = plan(cluster);
  return { ...rest, targets: targets.map((one) => ({ ...one, adopt: true })) };
};
const argo = { otherOwners: ["argocd-controller (Argo CD)"] };
/** Put back to another login, its mark left or not. */
const taken = (namespace: string, changes: Partial<TargetSeen> = {}) =>
  target(namespace, 1, { marks: {}, ...argo, ...changes });
const report = reportWith({ epoch: 2, generation: 2, round: "cc", served: 2, wanted: 2, unserved: [], foreign: [] });
const served: SiteLedger = siteLedgerWith("aws", report, { clusters: ["c-1"] });
const scene = (b: TargetSeen, ledger = served, atMs = t0): SiteScene => ({
  clusters: { "c-1": { a: target("a", 2), b } },
  plans: [adopting("c-1")],
  ledger,
  nowMs: () => atMs,
});
const remembered = (times: number, atMs: number): TakenBack => ({
  target: "c-1/b/pull",
  by: "argocd-controller (Argo CD)",
  times,
  atMs,
});
const written = "apply-target:c-1/b/pull";

describe("a target that somebody else takes back", () => {
  test("is written again at once the first time, and remembered", () => {
    const played = playSite(scene(taken("b")));
    expect(played.writes).toEqual([written]);
    expect(played.outcome.report).toMatchObject({ served: 2, wanted: 2, foreign: [] });
    expect(played.ledger?.takenBack).toEqual([remembered(1, t0)]);
    expect(parseSiteLedger(JSON.stringify(played.ledger))).toEqual(played.ledger);
  });

  test("waits the second time: it is named with who writes it and when it is written next, and its login is known", () => {
    const ledger = { ...served, takenBack: [remembered(1, t0 - hourMs)] };
    const played = playSite(scene(taken("b"), ledger));
    expect(played.writes).toEqual([]);
    expect(played.ledger?.takenBack).toEqual([remembered(2, t0)]);
    expect(played.outcome.report).toMatchObject({
      ...{ served: 1, wanted: 1, complete: true },
      usernames: [traceOf(1).username, traceOf(2).username],
    });
    expect(played.outcome.report?.foreign).toEqual([
      {
        target: "c-1/b/pull",
        why: "contested: taken back 2 times by argocd-controller (Argo CD)",
        username: traceOf(1).username,
        untilMs: t0 + 10 * minuteMs,
      },
    ]);
    // A tick within the pause finds nothing new, and writes nothing down.
    const again = playSite(scene(taken("b"), played.ledger ?? undefined, t0 + 5 * minuteMs));
    expect(again.order.filter((id) => /save-site|apply/.test(id))).toEqual([]);
    expect(again.outcome.report?.foreign).toEqual(played.outcome.report?.foreign);
  });

  test.each([
    [2, 10],
    [3, 20],
    [4, 40],
    [5, 60],
    [40, 60],
  ])("after %d times it is written again in %d minutes", (times, minutes) => {
    const foreign = [{ target: "c-1/b/pull", why: "contested", username: null }];
    const paused = { ...report, served: 1, wanted: 1, foreign };
    const ledger = siteLedgerWith("aws", paused, { clusters: ["c-1"], takenBack: [remembered(times, t0)] });
    const at = (ms: number) => playSite(scene(taken("b"), ledger, t0 + ms)).writes;
    expect(at(minutes * minuteMs - 1)).toEqual([]);
    expect(at(minutes * minuteMs)).toEqual([written]);
  });

  test("within one tick: what is put back before it is read back is written twice, no more", () => {
    const before = taken("b");
    const played = playSite({
      ...scene(before, siteLedgerWith("aws", null, { clusters: ["c-1"] })),
      answers: {
        "list-secrets": () => ({ targets: [target("a", 2), before], continueToken: null }),
        "read-target": () => ({ target: before }),
      },
    });
    expect(played.writes).toEqual([written, written]);
    expect(played.ledger?.takenBack).toEqual([remembered(2, t0)]);
    expect(played.outcome.report?.foreign).toMatchObject([{ target: "c-1/b/pull", untilMs: t0 + 10 * minuteMs }]);
  });

  test("a day without it is the end: it is forgotten, and begins anew", () => {
    const quiet = { ...served, takenBack: [remembered(7, t0 - dayMs)] };
    const kept = { ...served, takenBack: [remembered(7, t0 - dayMs + 1)] };
    expect(playSite(scene(target("b", 2), kept)).ledger?.takenBack).toHaveLength(1);
    const left = playSite(scene(target("b", 2), quiet));
    expect(left.ledger).not.toHaveProperty("takenBack");
    const anew = playSite(scene(taken("b"), quiet));
    expect(anew.writes).toEqual([written]);
    expect(anew.ledger?.takenBack).toEqual([remembered(1, t0)]);
  });

  test("is not what merely was not served yet: a new epoch, an unserved one, a wave, names that were cut off", () => {
    const writes = (last: Partial<typeof report> | null) => {
      const ledger = last === null ? null : { ...report, ...last };
      const played = playSite(scene(taken("b"), siteLedgerWith("aws", ledger, { clusters: ["c-1"] })));
      expect(played.writes).toEqual([written]);
      return played.ledger?.takenBack;
    };
    const unserved = (at: string) => [{ target: at, reason: "denied" as const, text: "" }];
    const foreign = Array.from({ length: 50 }, (_, n) => ({ target: `c-1/n${n}/pull`, why: "theirs", username: null }));
    expect(writes(null)).toBeUndefined();
    expect(writes({ epoch: 1 })).toBeUndefined();
    expect(writes({ served: 1, unserved: unserved("c-1/b/pull") })).toBeUndefined();
    expect(writes({ served: 1, unserved: unserved("c-1") })).toBeUndefined();
    expect(writes({ served: 1 })).toBeUndefined();
    expect(writes({ foreign })).toBeUndefined();
    expect(writes({ served: 1, unserved: unserved("c-2/b/pull") })).toHaveLength(1);
  });

  test("is written at once where nobody else is seen to write it, or where it was deleted", () => {
    const ledger = { ...served, takenBack: [remembered(5, t0)] };
    for (const b of [taken("b", { otherOwners: [] }), undefined]) {
      const played = playSite({ ...scene(taken("b"), ledger), clusters: { "c-1": { a: target("a", 2), b } } });
      expect(played.writes.at(-1)).toBe(written);
    }
  });

  test("so many are remembered, and those beyond are written in every tick", () => {
    const names = Array.from({ length: 60 }, (_, n) => `n${n}`);
    const all = Object.fromEntries(names.map((name) => [name, taken(name)]));
    const played = playSite({ ...scene(taken("b")), clusters: { "c-1": all } });
    expect(played.writes).toHaveLength(60);
    const firstOnes = names.slice(0, 50).map((name) => `c-1/${name}/pull`);
    expect(played.ledger?.takenBack?.map((one) => one.target)).toEqual(firstOnes.sort());
    const again = playSite({ ...scene(taken("b")), clusters: { "c-1": all }, ledger: played.ledger });
    expect(again.writes).toHaveLength(10);
  });

  test("is remembered once, with three of those who write it: that our own write came too late is not a second time", () => {
    let applies = 0;
    const played = playSite({
      ...scene(taken("b", { otherOwners: ["argocd", "helm", "kubectl", "rancher"] })),
      answers: { "apply-target": () => (++applies === 1 ? failing("conflict") : undefined) },
    });
    expect(played.writes).toEqual([written, written]);
    expect(played.ledger?.takenBack).toEqual([{ ...remembered(1, t0), by: "argocd, helm, kubectl" }]);
  });

  test("of all clusters the most contested are remembered, each once, and those of the same number by name", () => {
    const names = Array.from({ length: 30 }, (_, n) => `n${n + 10}`);
    const all = Object.fromEntries(names.map((name) => [name, taken(name)]));
    const takenBack = [{ ...remembered(3, t0 - hourMs), target: "c-2/n39/pull" }];
    const { ledger } = playSite({
      ...scene(taken("b")),
      clusters: { "c-2": all, "c-1": all },
      plans: [adopting("c-2"), adopting("c-1")],
      ledger: { ...served, clusters: ["c-1", "c-2"], takenBack },
    });
    const of = (cluster: string) => names.map((name) => `${cluster}/${name}/pull`);
    expect(ledger?.takenBack?.map((one) => one.target)).toEqual([
      "c-2/n39/pull",
      ...of("c-1"),
      ...of("c-2").slice(0, 19),
    ]);
    expect(ledger?.takenBack?.map(({ times }) => times)).toEqual([4, ...Array.from({ length: 49 }, () => 1)]);
  });
});
