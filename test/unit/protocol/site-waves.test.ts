import { describe, expect, test } from "vitest";
import type { SiteLedger } from "../../../core/protocol/site-state.ts";
import { placeInWaves } from "../../../core/protocol/site-waves.ts";
import { traceOf } from "./home-tick.ts";
import { minuteMs, siteLedgerWith, t0 } from "./ledgers.ts";
import { failing, plan, playSite, type SiteScene, target } from "./site-tick.ts";

const names = Array.from({ length: 40 }, (_, n) => `n${n}`);
const older = Object.fromEntries(names.map((name) => [name, target(name, 1)]));
const placeOf = (namespace: string, cluster = "prod-1") => placeInWaves({ cluster, namespace, name: "pull" });
const within = (from: number, to: number) => names.filter((name) => placeOf(name) >= from && placeOf(name) < to);
const fresh = siteLedgerWith("aws", null, { epoch: 2, epochSinceMs: t0, clusters: ["prod-1"] });
const waves = { waves: [30, 60] };

/** What a tick wrote, by namespace. */
const written = ({ writes }: ReturnType<typeof playSite>) =>
  writes.filter((id) => id.startsWith("apply")).map((id) => id.split("/")[1] ?? "");
/** The world and ledger that a tick left, for the next one. */
function leftBy(played: ReturnType<typeof playSite>, scene: SiteScene, settled = written(played)): SiteScene {
  const held = Object.entries(scene.clusters["prod-1"] ?? {}).map(
    ([name, seen]) => [name, settled.includes(name) ? target(name, 2) : seen] as const,
  );
  return { ...scene, clusters: { ...scene.clusters, "prod-1": Object.fromEntries(held) }, ledger: played.ledger };
}
const first: SiteScene = { clusters: { "prod-1": older }, limits: waves, ledger: fresh };
const denied: SiteScene = {
  ...first,
  answers: { "apply-target": ({ namespace }) => (namespace === within(0, 30)[0] ? failing("denied") : undefined) },
};
const problemOf = ({ outcome }: ReturnType<typeof playSite>) =>
  outcome.problems.find(({ code }) => code.startsWith("wave-"));

test("the places of ten thousand targets are spread evenly, and always the same", () => {
  const places = Array.from({ length: 10_000 }, (_, n) => placeOf(`team-${n}`, `prod-${n % 20}`));
  for (const percent of [10, 50, 90]) {
    const share = places.filter((place) => place < percent).length / 100;
    expect(Math.abs(share - percent)).toBeLessThan(2);
  }
  expect([Math.min(...places), Math.max(...places)]).toEqual([0, 99]);
  expect([placeOf("a"), placeOf("b"), placeOf("a", "prod-2")]).toEqual([4, 95, 87]);
});

test("a wave is a tick: each writes its share, and the last the rest", () => {
  const one = playSite(first);
  expect(written(one)).toEqual(within(0, 30));
  const held = within(30, 100).length;
  expect(one.outcome).toMatchObject({
    end: "waiting",
    report: { served: 40 - held, wanted: 40, complete: true, wave: { percent: 30, failed: 0, left: 0, held } },
  });
  expect(one.outcome.report?.unserved).toEqual([]);
  expect(one.outcome.report?.usernames).toHaveLength(2);
  expect(problemOf(one)).toEqual({
    code: "wave-open",
    text: `aws: the wave of 30 % is written; ${held} targets keep their login until the next`,
    blocks: false,
  });

  const two = playSite(leftBy(one, first));
  expect(written(two)).toEqual(within(30, 60));
  const three = playSite(leftBy(two, leftBy(one, first)));
  expect(written(three)).toEqual(within(60, 100));
  expect(three.outcome).toMatchObject({ end: "served", report: { served: 40, wanted: 40 }, problems: [] });
  expect(three.outcome.report).not.toHaveProperty("wave");
});

test("without waves nothing is held, and nothing is said", () => {
  const { outcome, writes } = playSite({ ...first, limits: {} });
  expect(writes).toHaveLength(40);
  expect(outcome.report).not.toHaveProperty("wave");
});

describe("what opens the next wave", () => {
  const [bad = ""] = within(0, 30);
  const halted = playSite(denied);
  const next = leftBy(
    halted,
    denied,
    written(halted).filter((name) => name !== bad),
  );

  test("a failed write halts it, is named, and is tried again at the same percentage", () => {
    expect(halted.outcome.report?.wave).toMatchObject({ percent: 30, failed: 1, left: 0 });
    expect(problemOf(halted)).toEqual({
      code: "wave-halted",
      text: `aws: halted at the wave of 30 %: 1 failed, 0 may; ${within(30, 100).length} targets keep their login. It is tried again in the next tick; "tick --resume" opens the next wave all the same`,
      blocks: false,
    });
    expect(written(playSite(next))).toEqual([bad]);
    const mended = playSite({ ...next, answers: {} });
    expect(written(mended)).toEqual([bad]);
    expect(written(playSite(leftBy(mended, { ...next, answers: {} })))).toEqual(within(30, 60));
  });

  test("--resume opens the next one all the same, and only that", () => {
    expect(written(playSite({ ...next, settings: { resume: true } }))).toEqual(
      names.filter((name) => name === bad || within(30, 60).includes(name)),
    );
  });

  test("as many failures as waveFailuresMax do not halt it", () => {
    const { outcome } = playSite({ ...denied, limits: { ...waves, waveFailuresMax: 1 } });
    expect(outcome.problems.map(({ code }) => code)).toContain("wave-open");
    expect(written(playSite({ ...next, limits: { ...waves, waveFailuresMax: 1 } }))).toContain(within(30, 60)[0]);
  });

  test("after waveWaitMax from the first sight of the epoch all is open: a halt never lasts", () => {
    const at = (ms: number) => written(playSite({ ...next, answers: {}, nowMs: () => t0 + ms }));
    expect(at(20 * minuteMs - 1)).toEqual([bad]);
    expect(at(20 * minuteMs)).toHaveLength(within(30, 100).length + 1);
  });

  test("a registry that refuses the copy, a throttled write or listing, and what was left keep it closed", () => {
    const waveOf = (scene: Partial<SiteScene>) => playSite({ ...first, ...scene }).outcome.report?.wave;
    expect(waveOf({ answers: { "prove-copy": () => ({ verdict: "refused" }) } })?.failed).toBeGreaterThan(0);
    expect(waveOf({ answers: { "prove-value": () => ({ verdict: "refused" }) } })?.failed).toBe(within(0, 30).length);
    expect(waveOf({ answers: { "apply-target": () => failing("throttled") } })?.failed).toBe(within(0, 30).length);
    expect(waveOf({ answers: { "list-secrets": () => failing("throttled") } })).toMatchObject({ failed: 1, held: 0 });
    // The second listing, which reads back what was written, is answered by 429: but for the first nothing is known.
    const throttledLater = {
      "list-secrets": ({ page }: { page: number }) => (page > 0 ? failing("throttled") : undefined),
    };
    expect(waveOf({ answers: throttledLater })?.failed).toBe(within(0, 30).length - 1);
    const some = waveOf({ limits: { ...waves, targetWritesPerTickMax: 2 } });
    expect(some).toMatchObject({ failed: 0, left: within(0, 30).length - 2 });
  });

  test("what was left is gone on with at the same percentage", () => {
    const few = { ...first, limits: { ...waves, targetWritesPerTickMax: 2 } };
    const one = playSite(few);
    expect(problemOf(one)?.text).toContain(`goes on, ${within(0, 30).length - 2} of it are left`);
    expect(written(playSite({ ...leftBy(one, few), limits: waves }))).toEqual(within(0, 30).slice(2));
  });

  test("a cluster that cannot be reached keeps no other waiting", () => {
    const dark: SiteScene = {
      ...first,
      clusters: { "prod-1": older, "prod-2": older },
      answers: { "list-secrets": ({ cluster }) => (cluster === "prod-2" ? failing("unreachable") : undefined) },
    };
    const one = playSite(dark);
    expect(one.outcome.report).toMatchObject({ complete: false, wave: { percent: 30, failed: 0, left: 0 } });
    expect(written(playSite(leftBy(one, dark)))).toEqual(within(30, 60));
  });

  test("a new epoch begins with the first wave, whatever the report of the one before says", () => {
    const ledger = siteLedgerWith("aws", { epoch: 1, generation: 1 }, { epochSinceMs: t0 });
    expect(written(playSite({ ...first, ledger }))).toEqual(within(0, 30));
  });
});

describe("latency", () => {
  const quick: SiteScene = { ...first, tookMs: () => 100 };
  const one = playSite(quick);
  /** The second wave, as slow as said; with it the world and ledger that it leaves. */
  const second = (tookMs: (cluster: string, namespace: string) => number, limits: SiteScene["limits"] = {}) => {
    const scene: SiteScene = { ...leftBy(one, quick), tookMs, limits: { ...waves, ...limits } };
    const two = playSite(scene);
    return { two, next: leftBy(two, scene) };
  };
  const pacesOf = ({ outcome }: ReturnType<typeof playSite>) => outcome.report?.wave?.paces;

  test("a wave is measured by the median of its writes, and held to the quickest before it, cluster by cluster", () => {
    expect(pacesOf(one)).toEqual({ "prod-1": { bestMs: 100, lastMs: 100 } });
    expect(problemOf(one)?.code).toBe("wave-open");
    const slowOnes = within(30, 60).slice(0, 1 + within(30, 60).length / 2);
    const few = second((_, name) => (slowOnes.slice(2).includes(name) ? 60_000 : 40));
    expect(pacesOf(few.two)).toEqual({ "prod-1": { bestMs: 40, lastMs: 40 } });
    expect(pacesOf(second((_, name) => (slowOnes.includes(name) ? 60_000 : 40)).two)).toEqual({
      "prod-1": { bestMs: 100, lastMs: 60_000 },
    });
    const plans = [plan("canary", true), plan("prod-1"), plan("prod-2")];
    const clusters = { canary: older, "prod-1": older, "prod-2": older };
    const three = playSite({ ...first, clusters, plans, tookMs: (cluster) => (cluster === "prod-2" ? 9_000 : 20) });
    expect(pacesOf(three)).toEqual({
      "prod-1": { bestMs: 20, lastMs: 20 },
      "prod-2": { bestMs: 9_000, lastMs: 9_000 },
    });
  });

  test("one that grew slow halts, named with its figures, until a percent more of it is quick again", () => {
    const { two, next } = second(() => 2_400);
    const held = within(60, 100).length;
    expect(two.outcome.report?.wave).toMatchObject({ percent: 60, failed: 0, left: 0 });
    expect(problemOf(two)).toEqual({
      code: "wave-halted",
      text: `aws: halted at the wave of 60 %: prod-1 takes 2400 ms for a write, 100 ms in its quickest wave; ${held} targets keep their login. One percent more is tried in the next tick; "tick --resume" opens the next wave all the same`,
      blocks: false,
    });
    // Nobody is there to be tried at first: what was measured last holds.
    let scene: SiteScene = next;
    const tried: string[] = [];
    for (let percent = 61; percent <= 100 && tried.length === 0; percent += 1) {
      const played = playSite(scene);
      expect(written(played)).toEqual(within(percent - 1, percent));
      expect(problemOf(played)?.text).toContain(`halted at the wave of ${percent} %: prod-1 takes 2400 ms`);
      tried.push(...written(played));
      scene = leftBy(played, scene);
    }
    expect(tried).not.toEqual([]);
    // Quick again: the one that shows it is alone, and all others follow.
    const after = within(60, 100).filter((name) => !tried.includes(name));
    const shown: string[] = [];
    for (scene = { ...scene, tookMs: () => 150 }; shown.length < after.length; ) {
      const played = playSite(scene);
      const more = written(played);
      if (shown.length > 0) expect(more).toEqual(after.filter((name) => !shown.includes(name)));
      shown.push(...more);
      scene = leftBy(played, scene);
    }
    expect(playSite(scene).outcome.end).toBe("served");
  });

  test("--resume and waveWaitMax open the next one all the same", () => {
    const { next } = second(() => 2_400);
    expect(written(playSite({ ...next, settings: { resume: true } }))).toEqual(within(60, 100));
    expect(written(playSite({ ...next, nowMs: () => t0 + 20 * minuteMs }))).toEqual(within(60, 100));
  });

  test.each([
    ["no slower than waveSlowdownMax times", 500, { waveLatencyMinMs: 0 }],
    ["no slower than waveLatencyMin", 2_000, {}],
    ["switched off", 60_000, { waveSlowdownMax: 0 }],
  ])("goes on where it is %s", (_, ms, limits) => {
    const { two, next } = second(() => ms, limits);
    expect(problemOf(two)?.code).toBe("wave-open");
    expect(written(playSite(next))).toEqual(within(60, 100));
  });

  test.each([
    ["slower than waveSlowdownMax times", 501, { waveLatencyMinMs: 0 }],
    ["slower than waveLatencyMin", 2_001, {}],
  ])("halts where it is %s", (_, ms, limits) => {
    expect(problemOf(second(() => ms, limits).two)?.code).toBe("wave-halted");
  });

  test("what failed in a slow wave, or was left, is tried first", () => {
    const { two, next } = second(() => 2_400, { targetWritesPerTickMax: 2 });
    expect(problemOf(two)?.text).toMatch(/prod-1 takes 2400 ms .* It is tried again in the next tick/);
    expect(written(playSite({ ...next, limits: waves }))).toEqual(within(30, 60).slice(2));
  });

  test.each([
    [3, /31 %: prod-1 takes [^;]*; prod-2 takes [^;]*; prod-3 takes [^;]*; \d+ targets keep/],
    [5, /31 %: prod-1 takes [^;]*; prod-2 takes [^;]*; prod-3 takes [^;]*; 2 more are as slow; \d+ targets keep/],
  ])("of %i slow clusters three are named, and how many more there are", (count, text) => {
    const clusters = Object.fromEntries(Array.from({ length: count }, (_, n) => [`prod-${n + 1}`, older]));
    const report = { ...one.outcome.report, wave: { percent: 30, failed: 0, left: 0, held: 9 } };
    const paces = Object.fromEntries(Object.keys(clusters).map((name) => [name, { bestMs: 100, lastMs: 5_000 }]));
    const ledger = { ...fresh, report: { ...report, wave: { ...report.wave, paces } } } as SiteLedger;
    const answers = { "list-secrets": () => failing("unreachable") };
    expect(problemOf(playSite({ ...first, clusters, ledger, answers }))?.text).toMatch(text);
  });

  test("of two writes the slower one counts", () => {
    const [a = "", b = ""] = within(0, 30);
    const [held = ""] = within(60, 100);
    const clusters = { "prod-1": { [a]: target(a, 1), [b]: target(b, 1), [held]: target(held, 1) } };
    const two = playSite({ ...first, clusters, tookMs: (_, name) => (name === a ? 90 : 10) });
    expect(pacesOf(two)).toEqual({ "prod-1": { bestMs: 90, lastMs: 90 } });
  });

  test("of the epoch before nothing is known", () => {
    const { two } = second(() => 2_400);
    const ledger = { ...two.ledger, epoch: 3, report: two.outcome.report } as SiteLedger;
    const older2 = Object.fromEntries(names.map((name) => [name, target(name, 2)]));
    const newer = playSite({
      ...first,
      clusters: { "prod-1": older2 },
      value: traceOf(3),
      ledger,
      tookMs: () => 9_000,
    });
    expect(pacesOf(newer)).toEqual({ "prod-1": { bestMs: 9_000, lastMs: 9_000 } });
  });
});

describe("what no wave holds", () => {
  const [late = "", later = "", last = ""] = within(60, 100);

  test("canary clusters", () => {
    const plans = [plan("prod-2", true), plan("prod-1")];
    const { writes } = playSite({ ...first, clusters: { "prod-1": older, "prod-2": older }, plans });
    const of = (cluster: string) => writes.filter((id) => id.includes(`:${cluster}/`));
    expect([of("prod-2").length, of("prod-1").length]).toEqual([40, within(0, 30).length]);
  });

  test("targets with no login of ours, and those of this epoch that somebody spoiled", () => {
    const spoiled = target(last, 2, { hash: "another" });
    const clusters = { "prod-1": { [late]: undefined, [later]: target(later, 0), [last]: spoiled } };
    expect(written(playSite({ ...first, clusters })).sort()).toEqual([late, later, last].sort());
  });
});
