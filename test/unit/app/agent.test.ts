import { describe, expect, test } from "vitest";
import { lookAgain } from "../../../core/app/agent/again.ts";
import { followNamespaces } from "../../../core/app/agent/follow-namespaces.ts";
import { News } from "../../../core/app/agent/news.ts";
import { backOffMsMax, newsGapMsOf, pauseMsOf, verdictOf } from "../../../core/app/agent/pace.ts";
import { asleep, duringTick, isAlive, noPulse } from "../../../core/app/agent/pulse.ts";
import { watchedBy } from "../../../core/app/agent/watched.ts";
import type { TickResult } from "../../../core/app/tick.ts";
import type { Config } from "../../../core/config/complete.ts";
import { loadConfig } from "../../../core/config/load.ts";
import { PortError } from "../../../core/ports/errors.ts";
import type { NamespaceNews, WatchRequest } from "../../../core/ports/namespace-watch.ts";
import { serveProbes } from "../../../functions/agent/probes.ts";

const report = { served: 1, wanted: 2 };
const site = (end: string, reported = false) => ({ role: "site", outcome: { end, report: reported ? report : null } });
const runs = (...all: readonly object[]) => ({ runs: all }) as unknown as TickResult;

describe("the pace of an agent", () => {
  test.each([
    ["good", [site("served", true)]],
    ["good", [site("nothing")]],
    ["good", [site("waiting", true)]],
    ["good", []],
    ["failed", [site("waiting")]],
    ["failed", [site("blocked"), site("waiting")]],
    ["good", [site("blocked"), site("served", true)]],
    ["contended", [site("lost-race"), site("served", true)]],
  ])("%s: %o", (verdict, ended) => {
    expect(verdictOf(runs(...ended))).toBe(verdict);
  });

  const paused = (failuresInRow: number, random: number, wantedMs = 60_000) =>
    pauseMsOf({ verdict: failuresInRow > 0 ? "failed" : "good", failuresInRow, wantedMs, random });

  test("as asked, a tenth earlier or later; never less than a second", () => {
    expect([paused(0, 0), paused(0, 0.5), paused(0, 1)]).toEqual([54_000, 60_000, 66_000]);
    expect(paused(0, 0, -5)).toBe(1_000);
  });

  test("doubles while everything fails, up to ten minutes; a longer wish stays", () => {
    expect([1, 2, 3, 4, 5, 40].map((n) => paused(n, 0.5))).toEqual([
      60_000,
      120_000,
      240_000,
      480_000,
      backOffMsMax,
      backOffMsMax,
    ]);
    expect(paused(9, 0.5, 3_600_000)).toBe(3_600_000);
  });

  test("a lost race is looked at within five seconds; news waits only while all fails", () => {
    const lost = (random: number) => pauseMsOf({ verdict: "contended", failuresInRow: 0, wantedMs: 60_000, random });
    expect([lost(0), lost(1)]).toEqual([1_000, 5_000]);
    expect([0, 1, 3, 30].map(newsGapMsOf)).toEqual([0, 2_000, 8_000, 60_000]);
  });
});

test("accounts that are not there yet are looked for three times within five seconds, and no more", () => {
  const run = (credential: string, accountsAbsent: number) => ({ role: "site", credential, accountsAbsent });
  const absent = runs({ role: "home", credential: "a" }, run("a", 2), run("b", 0));
  expect([0, 1, 2, 3].map((looks) => lookAgain(looks, absent, 1_000))).toEqual([
    { credentials: ["a"], atMs: 2_000, looks: 1 },
    { credentials: ["a"], atMs: 2_000, looks: 2 },
    { credentials: ["a"], atMs: 3_000, looks: 3 },
    null,
  ]);
  expect(lookAgain(0, runs(run("a", 0)), 1_000)).toBeNull();
});

test("a loop that does not show itself again is not alive; one that reaches nothing is", () => {
  expect(isAlive(noPulse, 1e12)).toBe(true);
  const ticking = duringTick(noPulse, 1_000, 5_000);
  expect([isAlive(ticking, 65_000), isAlive(ticking, 65_001)]).toEqual([true, false]);
  const waiting = asleep(false, 1_000, 600_000);
  expect([waiting.ready, isAlive(waiting, 661_000), isAlive(waiting, 661_001)]).toEqual([false, true, false]);
});

test("probes answer on their port, and nothing else is served there", async () => {
  let pulse = noPulse;
  let nowMs = 0;
  const probes = await serveProbes(
    0,
    () => pulse,
    () => nowMs,
  );
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${probes.port}${path}`)).status;
  expect([await ask("/healthz"), await ask("/readyz"), await ask("/metrics")]).toEqual([200, 503, 404]);
  pulse = asleep(true, 0, 0);
  expect(await ask("/readyz")).toBe(200);
  nowMs = 60_001;
  expect(await ask("/healthz")).toBe(503);
  await probes.close();
});

test("news is taken once, and what comes meanwhile waits", () => {
  const news = new News();
  const { arrived } = news;
  news.add([]);
  expect([news.waiting, arrived.aborted]).toEqual([false, false]);
  news.add(["a", "b"]);
  news.add(["a"]);
  expect([news.waiting, arrived.aborted, news.take()]).toEqual([true, true, ["a", "b"]]);
  expect([news.waiting, news.arrived.aborted, news.take()]).toEqual([false, false, []]);
});

describe("a watch of namespaces", () => {
  const stale = new PortError("conflict", "too old", { system: "k", operation: "w", reason: "stale-writer" });
  const dark = new PortError("unreachable", "away", { system: "k", operation: "w" });
  const slow = new PortError("throttled", "later", { system: "k", operation: "w", retryAfterMs: 20_000 });
  const added = (name: string, version: number, terminating = false): NamespaceNews => ({
    type: "added",
    name,
    terminating,
    resourceVersion: String(version),
  });
  type Session = { readonly news?: readonly NamespaceNews[]; readonly lastsMs?: number; readonly fails?: PortError };

  /** Plays these sessions one after the other; what was asked, told and slept. */
  async function follow(sessions: readonly Session[]) {
    const asked: (string | null)[] = [];
    const told: string[] = [];
    const broke: string[] = [];
    const pausesMs: number[] = [];
    let nowMs = 0;
    const stop = new AbortController();
    const left = [...sessions];
    await followNamespaces({
      watch: {
        async watchNamespaces({ after }: WatchRequest, tell) {
          asked.push(after);
          const session = left.shift();
          if (left.length === 0) stop.abort();
          for (const news of session?.news ?? []) tell(news);
          nowMs += session?.lastsMs ?? 0;
          if (session?.fails !== undefined) throw session.fails;
        },
      },
      labelSelector: "",
      clock: {
        nowMs: () => nowMs,
        async sleep(ms) {
          pausesMs.push(ms);
          nowMs += ms;
        },
      },
      signal: stop.signal,
      random: () => 1,
      added: (name) => told.push(name),
      broke: ({ message }) => broke.push(message),
    });
    return { asked, told, broke, pausesMs };
  }

  test("is taken up after the last version, also that of a bookmark; what goes away is not told", async () => {
    const seen: NamespaceNews = { type: "seen", name: "", terminating: false, resourceVersion: "7" };
    const { asked, told, pausesMs } = await follow([
      { news: [added("a", 1), added("b", 2, true)], lastsMs: 240_000 },
      { news: [seen], lastsMs: 240_000 },
      { news: [added("c", 9)], lastsMs: 240_000 },
    ]);
    expect({ asked, told, pausesMs }).toEqual({ asked: [null, "2", "7"], told: ["a", "c"], pausesMs: [] });
  });

  test("begins anew at once where its version is forgotten, and not again and again", async () => {
    const old = { news: [added("a", 1)], fails: stale };
    const { asked, pausesMs, told } = await follow([old, old, { news: [added("b", 5)], lastsMs: 5_000 }]);
    expect({ asked, told, pausesMs }).toEqual({ asked: [null, null, null], told: ["a", "a", "b"], pausesMs: [1_000] });
  });

  test("pauses longer and longer while it breaks, and says so once; as long as the server asks", async () => {
    const { asked, broke, pausesMs } = await follow([
      { news: [added("a", 1)], lastsMs: 5_000 },
      { fails: dark },
      { fails: dark },
      { fails: slow },
      ...Array.from({ length: 4 }, () => ({ fails: dark })),
      { news: [added("b", 8)], fails: dark },
      {},
    ]);
    expect(new Set(asked.slice(1, 9))).toEqual(new Set(["1"]));
    expect(pausesMs).toEqual([1_000, 2_000, 20_000, 8_000, 16_000, 30_000, 30_000, 1_000]);
    expect(broke).toEqual(["away", "away"]);
  });

  test("a server that ends it at once is not asked in a loop", async () => {
    expect((await follow([{}, {}, {}])).pausesMs).toEqual([1_000, 2_000]);
  });
});

test("one watch per cluster and selector, and whom a namespace there concerns", () => {
  const target = (clusters: string, namespaces: string, secret: string) =>
    `      - { clusters: ${clusters}, namespaces: ${namespaces}, secret: ${secret} }\n`;
  const credential = (name: string, targets: string) => `  ${name}:
    registry: main
    home: aws
    robot: { permissions: [{ namespace: apps, access: [{ resource: repository, action: pull }] }] }
    proof: { repository: apps/hello }
    targets:\n${targets}`;
  const text = `format: 1
installation: trial
registries:
  main: { kind: harbor, endpoint: 'https://harbor.example.com', issuer: { username: r, password: env:P } }
sites:
  aws: { kind: aws, region: eu-central-1, ledger: { kind: dynamodb, table: capstan } }
  edge: { kind: agent, of: aws }
clusters:
  near: { site: aws, server: 'https://near.example.com', token: env:T }
  far: { site: edge, inCluster: true }
credentials:
${credential("a", target("[far]", "{ selector: 'team', except: [x] }", "one") + target("[near]", "{ selector: 'team' }", "one"))}${credential("b", target("[far]", "{ selector: 'team' }", "two"))}${credential("c", target("[far]", "{ names: [shop] }", "three"))}`;
  const { config, problems } = loadConfig({ path: "/c/capstan.yaml", readFile: () => text, env: {} });
  expect(problems).toEqual([]);
  const watched = watchedBy(config as Config, ["edge"]);
  const asked = watched.map(({ cluster, labelSelector, credentialsFor }) => ({
    at: `${cluster} ${labelSelector}`,
    ...Object.fromEntries(["x", "y", "shop"].map((name) => [name, credentialsFor(name)])),
  }));
  expect(asked).toEqual([
    { at: "far team", x: ["b"], y: ["a", "b"], shop: ["a", "b"] },
    { at: "far ", x: [], y: [], shop: ["c"] },
  ]);
});
