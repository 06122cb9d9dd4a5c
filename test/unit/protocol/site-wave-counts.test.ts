import { describe, expect, test } from "vitest";
import { placeInWaves } from "../../../core/protocol/site-waves.ts";
import { siteLedgerWith, t0 } from "./ledgers.ts";
import { failing, plan, playSite, type SiteScene, target } from "./site-tick.ts";

const names = Array.from({ length: 12 }, (_, n) => `n${n}`);
const inFirst = (namespace: string) => placeInWaves({ cluster: "prod-1", namespace, name: "pull" }) < 50;
const wave = names.filter(inFirst);
const held = names.length - wave.length;
const older = (of: readonly string[]) => Object.fromEntries(of.map((name) => [name, target(name, 1)]));
const fresh = siteLedgerWith("aws", null, { epoch: 2, epochSinceMs: t0, clusters: ["prod-1"] });
const [one = "", two = ""] = wave;

const scene: SiteScene = { clusters: { "prod-1": older(names) }, ledger: fresh, limits: { waves: [50, 80] } };
type Answers = NonNullable<SiteScene["answers"]>;
const countsOf = (changes: Partial<SiteScene> & { answers: Answers }) =>
  playSite({ ...scene, ...changes }).outcome.report?.wave;
/** The first listing leaves these out; the second is whole. */
const unlisted = (...left: readonly string[]): Answers => ({
  "list-secrets": ({ page }) =>
    page > 0
      ? undefined
      : { targets: Object.values(older(names.filter((n) => !left.includes(n)))), continueToken: null },
});

describe("of a wave counts as failed", () => {
  test.each([
    ["throttled", 1],
    ["denied", 0],
    ["unreachable", 0],
  ] as const)("a read that is %s: %i, for only a server that asks for less is spared the next wave", (kind, failed) => {
    const read: Answers = { "read-target": ({ namespace }) => (namespace === two ? failing(kind) : undefined) };
    // The others were written, and nobody measured it: no pace is told.
    expect(countsOf({ answers: { ...unlisted(two), ...read } })).toEqual({ percent: 50, failed, left: 0, held });
  });

  test("a target that somebody else keeps writing", () => {
    const read: Answers = {
      "read-target": ({ namespace }) => (namespace === one ? { target: target(one, 1) } : undefined),
    };
    const plans = [{ ...plan("prod-1"), rights: "named" as const }];
    expect(countsOf({ answers: read, plans })).toMatchObject({ failed: 1, left: 0, held });
  });

  test("a target that is taken back under this tick's hands; not one that waits from an earlier tick", () => {
    const { targets, ...rest } = plan("prod-1");
    const plans = [{ ...rest, rights: "named" as const, targets: targets.map((at) => ({ ...at, adopt: true })) }];
    const theirs = target(one, 1, { marks: {}, otherOwners: ["argocd"] });
    const answers: Answers = {
      "read-target": ({ namespace }) => (namespace === one ? { target: theirs } : undefined),
    };
    expect(countsOf({ answers, plans })).toMatchObject({ failed: 1, left: 0, held });
    const takenBack = [{ target: `prod-1/${one}/pull`, by: "argocd", times: 3, atMs: t0 - 1 }];
    expect(countsOf({ answers, plans, ledger: { ...fresh, takenBack } })).toMatchObject({ failed: 0, left: 0, held });
  });

  test("each target of it, where the registry refuses the value; none of them is left", () => {
    const refused: Answers = { "prove-value": () => ({ verdict: "refused" }) };
    expect(countsOf({ answers: refused })).toMatchObject({ failed: wave.length, left: 0, held });
  });

  test("nothing of a cluster that stopped answering before it was written, and nothing of it is left", () => {
    const dark: Answers = { ...unlisted(...names), "read-target": () => failing("unreachable") };
    expect(countsOf({ answers: dark, limits: { ...scene.limits, concurrencyPerClusterMax: 1 } })).toMatchObject({
      failed: 0,
      left: 0,
      held: 0,
    });
  });
});

describe("what is left of a wave", () => {
  const pageSize = 6;
  const byPages: Answers = {
    "list-secrets": ({ page, continueToken }) => {
      if (page > 1) return undefined;
      const from = Number(continueToken ?? 0);
      const targets = Object.values(older(names.slice(0, -2))).slice(from, from + pageSize);
      return { targets, continueToken: page === 0 ? `${pageSize}` : null };
    },
  };
  const slowly: SiteScene = { ...scene, limits: { ...scene.limits, concurrencyPerClusterMax: 1 }, answers: byPages };

  test("is what the report names as not reached, at whichever moment time is over; none of it has failed", () => {
    const calls = playSite(slowly).order.length;
    const lefts = Array.from({ length: Math.ceil(calls / 3) }, (_, n) => {
      const overAt = calls - 1 - 3 * n;
      const timed = { settings: { deadlineMs: t0 + overAt }, nowMs: (replies: number) => t0 + replies };
      const { report } = playSite({ ...slowly, ...timed }).outcome;
      expect(report?.wave).toMatchObject({ failed: 0, left: report?.unserved.length });
      return report?.wave?.left ?? 0;
    });
    expect(Math.max(...lefts)).toBeGreaterThan(1);
    expect(lefts[0]).toBe(0);
  });

  test("is nothing of a cluster that stopped answering between two pages", () => {
    const dark: Answers = { ...byPages, "apply-target": () => failing("unreachable") };
    const { report } = playSite({ ...slowly, answers: dark }).outcome;
    expect(report?.unserved).toContainEqual({ target: "prod-1", reason: "unreachable", text: "scripted" });
    expect(report?.wave).toMatchObject({ left: 0 });
  });
});

describe("waves and single targets", () => {
  test("a login of ours whose mark was taken away waits for its wave, too", () => {
    const [last = ""] = names.filter((name) => !inFirst(name));
    const unmarked = target(last, 1, { marks: {} });
    const played = playSite({ ...scene, clusters: { "prod-1": { [last]: unmarked } } });
    expect(played.writes).toEqual([]);
    expect(played.outcome.report?.wave).toEqual({ percent: 50, failed: 0, left: 0, held: 1 });
  });

  test("where the first wave was all there is, it is the last: what falls back later is written at once", () => {
    const small: SiteScene = { ...scene, clusters: { "prod-1": older(wave) } };
    const first = playSite(small);
    expect(first.outcome).toMatchObject({ end: "served", problems: [] });
    expect(first.outcome.report).not.toHaveProperty("wave");
    const later = playSite({ ...scene, ledger: first.ledger });
    expect(later.outcome).toMatchObject({ end: "served", report: { served: names.length, wanted: names.length } });
  });
});
