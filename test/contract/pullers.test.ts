import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { dockerconfigjson, mergeLogins } from "../../core/pullsecret/index.ts";
import { Secret } from "../../core/secret.ts";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { type Harbor, type IssuedLogin, startHarbor } from "../../functions/sandbox/harbor/start-harbor.ts";
import { type KubernetesSandbox, startKubernetes } from "../../functions/sandbox/kubernetes/server.ts";
import { type Pullers, type PullersOptions, startPullers } from "../../functions/sandbox/pullers/start-pullers.ts";
import { kubernetesCertificates } from "./kubernetes-authority.ts";

const faults = new FaultBoard();
const adminPassword = "Harbor12345";
let clockMs = Date.UTC(2026, 10, 24, 12);
const nowMs = () => clockMs;
let harbor: Harbor;
let cluster: KubernetesSandbox;
let caPem: string;
let host: string;
let pullers: Pullers;
let robot: IssuedLogin;
let robots = 0;

beforeAll(async () => {
  const certificates = await kubernetesCertificates();
  caPem = certificates.caPem;
  harbor = await startHarbor({ faults, nowMs, adminPassword, failedLoginDelayMs: 5 });
  const tokens = { node: { username: "system:node:n", groups: ["system:masters"] } };
  cluster = await startKubernetes({ name: "prod-1", faults, nowMs, tls: certificates.tls, tokens });
  cluster.createNamespace("team-1");
  harbor.createProject("apps", { public: false });
  harbor.pushImage("apps", "hello", "1", [Buffer.alloc(2000, "a"), Buffer.alloc(3000, "b")]);
  host = new URL(harbor.url).host;
});
afterAll(() => Promise.all([harbor.close(), cluster.close()]));

const start = (more: Partial<PullersOptions> = {}): Pullers =>
  startPullers({
    clusters: [{ name: "prod-1", server: cluster.url, caPem, token: "node", namespaces: [] }],
    registry: { endpoint: harbor.url, host },
    image: `${host}/apps/hello:1`,
    secretName: "pull",
    paceMs: 10,
    random: () => 0.5,
    nowMs,
    ...more,
  });

beforeEach(() => {
  robots += 1;
  const access = [{ resource: "repository", action: "pull" }];
  robot = harbor.issuer(`puller-${robots}`, [{ kind: "project", namespace: "apps", access }]);
  put(dockerconfigjson(host, robot));
  pullers = start();
});
afterEach(async () => {
  await pullers.stop();
  faults.clear();
  cluster.deleteSecret("team-1", "pull");
});

const put = (text: string, name = "pull") => cluster.putSecret("team-1", name, { ".dockerconfigjson": text });

it("pulls over the connections that are there, after a HEAD too", async () => {
  await pullers.pullOnce("prod-1", "team-1");
  const before = harbor.connections();
  for (let pulls = 0; pulls < 10; pulls += 1) await pullers.pullOnce("prod-1", "team-1");
  expect(harbor.connections() - before).toBeLessThan(10);
});
const pull = () => pullers.pullOnce("prod-1", "team-1");
const dead = (username: string) => ({ username, password: new Secret("Wrong-secret-1") });

async function deleteRobot(id: number): Promise<void> {
  const authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString("base64")}`;
  await fetch(`${harbor.url}/api/v2.0/robots/${id}`, { method: "DELETE", headers: { authorization } });
}

/** Requests at Harbor that `action` causes, by kind. */
async function requestsOf(action: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = new Map(harbor.counts);
  await action();
  const more = [...harbor.counts].map(([kind, count]) => [kind, count - (before.get(kind) ?? 0)] as const);
  return Object.fromEntries(more.filter(([, count]) => count > 0));
}

describe("a pull", () => {
  it("takes the way that containerd takes at Harbor", async () => {
    const requests = await requestsOf(async () => {
      expect(await pull()).toMatchObject({ ok: true, username: robot.username, tries: 1, held: false, causes: [] });
    });
    expect(requests).toEqual({ "manifest.head": 2, token: 2, "manifest.get": 1, "blob.get": 3 });
    expect(await requestsOf(pull)).toEqual(requests);
    expect(pullers.stats()).toMatchObject({ pulls: 2, failed: 0, degraded: 0, failures: [] });
  });

  it("fails with a dead secret, counted and named, after the seven requests of pulls.md §3", async () => {
    put(dockerconfigjson(host, dead(robot.username)));
    const requests = await requestsOf(async () => {
      const record = await pull();
      expect(record).toMatchObject({ ok: false, username: null, tries: 1 });
      expect(record.causes).toEqual([
        { stage: "resolve", status: 401, detail: "HEAD answered 401", username: robot.username },
      ]);
    });
    expect(requests).toEqual({ "manifest.head": 5, token: 2 });
    const stats = pullers.stats();
    expect(stats).toMatchObject({ pulls: 1, failed: 1, perNamespace: { "prod-1/team-1": { pulls: 1, failed: 1 } } });
    expect(JSON.stringify(stats)).not.toContain("Wrong-secret");
  });

  it("fails as a whole over a malformed neighbour, before Harbor is asked", async () => {
    const good = dockerconfigjson(host, robot);
    put(good.replace('{"auths":{', '{"auths":{"other.io":{"auth":"!"},'));
    const requests = await requestsOf(async () => {
      expect(await pull()).toMatchObject({ ok: false, tries: 0, causes: [{ stage: "secret", status: null }] });
    });
    expect(requests).toEqual({});
    expect(pullers.stats().failures[0]?.causes[0]?.detail).toBe("pull secret: entry other.io: auth is no valid base64");
  });

  it("fails as a whole over a malformed Secret beside a good one", async () => {
    put('{"auths":[]}', "beside");
    const both = start({ secretName: ["pull", "beside"] });
    expect(await both.pullOnce("prod-1", "team-1")).toMatchObject({ ok: false, tries: 0 });
    await both.stop();
    cluster.deleteSecret("team-1", "beside");
  });

  it("goes on to the next login after any failure, and says that it was degraded", async () => {
    const entry = JSON.stringify({ username: "robot$gone", password: "Wrong-secret-1" });
    put(mergeLogins(`{"auths":{"${host}/apps":${entry}}}`, { [host]: robot }));
    expect(await pull()).toMatchObject({
      ok: true,
      username: robot.username,
      tries: 2,
      causes: [{ stage: "resolve", status: 401, username: "robot$gone" }],
    });
    expect(pullers.stats()).toMatchObject({ pulls: 1, failed: 0, degraded: 1 });
  });

  it("is anonymous without a Secret", async () => {
    cluster.deleteSecret("team-1", "pull");
    const requests = await requestsOf(async () => {
      expect(await pull()).toMatchObject({
        ok: false,
        tries: 1,
        causes: [{ stage: "resolve", status: 401, detail: "no basic auth credentials", username: null }],
      });
    });
    expect(requests).toEqual({ "manifest.head": 2, token: 1 });
  });

  it.each([
    ["blob.get", "b".repeat(2000), { stage: /config|layer/, detail: /^(size|digest) differs$/ }],
    ["manifest.get", "{}", { stage: /manifest/, detail: /^digest differs$/ }],
  ])("catches wrong bytes of %s", async (kind, body, expected) => {
    faults.set({ part: "harbor", kind, action: { type: "reply", status: 200, body } });
    const record = await pull();
    expect(record.ok).toBe(false);
    expect(record.causes[0]?.stage).toMatch(expected.stage);
    expect(record.causes[0]?.detail).toMatch(expected.detail);
  });

  it("catches a layer of the right size and the wrong content", async () => {
    const action = { type: "reply", status: 200, body: "x".repeat(2000) } as const;
    let layer = "";
    const when = ({ path }: { path: string }) => path === layer;
    const { layerDigests } = harbor.pushImage("apps", "hello", "1", [Buffer.alloc(2000, "a"), Buffer.alloc(3000, "b")]);
    layer = `/v2/apps/hello/blobs/${layerDigests[0]}`;
    faults.set({ part: "harbor", kind: "blob.get", when, action });
    expect((await pull()).causes).toMatchObject([{ stage: "layer", status: null, detail: "digest differs" }]);
  });
});

describe("a token", () => {
  it("outlives the robot, and ends the pull that needs a new one", async () => {
    const onHit = () => deleteRobot(robot.id);
    const deleted = faults.set({
      part: "harbor",
      kind: "manifest.get",
      times: 1,
      action: { type: "delay", delayMs: 1 },
      onHit,
    });
    expect(await pull()).toMatchObject({ ok: true, username: robot.username });
    expect(deleted.hits()).toBe(1);
    expect(await pull()).toMatchObject({ ok: false, causes: [{ stage: "resolve", status: 401 }] });
  });

  it("is fetched anew when its time is over: a dead robot's pull ends there", async () => {
    const onHit = async () => {
      await deleteRobot(robot.id);
      // Harbor still takes the token (leeway), so that the manifest comes; the node looks at its clock.
      clockMs += harbor.tokenLifetime.lifetimeMs + 1000;
    };
    faults.set({ part: "harbor", kind: "manifest.get", times: 1, action: { type: "delay", delayMs: 1 }, onHit });
    expect(await pull()).toMatchObject({ ok: false, causes: [{ status: 401 }] });
    expect(pullers.stats().failures[0]?.causes[0]?.stage).toMatch(/config|layer/);
  });

  it("that Harbor refuses half-way is replaced by Basic, as Harbor's challenge asks", async () => {
    const headers = { "www-authenticate": 'Basic realm="harbor"' };
    faults.set({ part: "harbor", kind: "blob.get", times: 1, action: { type: "reply", status: 401, headers } });
    expect(await pull()).toMatchObject({ ok: true, tries: 1, causes: [] });
  });

  it("that cannot be had ends the try: the token service is asked once", async () => {
    faults.set({ part: "harbor", kind: "token", skip: 1, action: { type: "reply", status: 503 } });
    const requests = await requestsOf(async () => {
      expect((await pull()).causes).toMatchObject([{ stage: "token", status: 503, username: robot.username }]);
    });
    expect(requests).toEqual({ "manifest.head": 1, token: 2 });
  });
});

describe("trouble on the way", () => {
  it.each([
    ["one 503", { type: "reply", status: 503 }, 1, true],
    ["two 503", { type: "reply", status: 503 }, 2, false],
    ["one 502", { type: "reply", status: 502 }, 1, false],
    ["four 429", { type: "reply", status: 429 }, 4, true],
    ["five 429", { type: "reply", status: 429 }, 5, false],
    ["four cut connections", { type: "cut-before" }, 4, true],
    ["five cut connections", { type: "cut-before" }, 5, false],
  ] as const)("%s at the manifest", async (_, action, times, ok) => {
    faults.set({ part: "harbor", kind: "manifest.get", times, action });
    const record = await pull();
    expect(record.ok).toBe(ok);
    expect(record.causes.map(({ stage }) => stage)).toEqual(ok ? [] : ["manifest"]);
  });

  it("a dark cluster's pullers go on with what they hold", async () => {
    expect(await pull()).toMatchObject({ ok: true, held: false });
    const dark = faults.set({ part: "kubernetes", instance: "prod-1", action: { type: "cut-before" } });
    expect(await pull()).toMatchObject({ ok: true, held: true, username: robot.username });
    dark.remove();
    cluster.deleteSecret("team-1", "pull");
    expect(await pull()).toMatchObject({ ok: false, held: false });
    faults.set({ part: "kubernetes", action: { type: "reply", status: 500 } });
    expect(await pull()).toMatchObject({ ok: false, held: true });
  });

  it("a node that never read the Secret pulls anonymously while its cluster is dark", async () => {
    faults.set({ part: "kubernetes", action: { type: "cut-before" } });
    expect(await pull()).toMatchObject({ ok: false, held: true, causes: [{ username: null }] });
  });

  it("a slow API server counts as a dark one after a second", async () => {
    expect(await pull()).toMatchObject({ held: false });
    faults.set({ part: "kubernetes", action: { type: "delay", delayMs: 4000 } });
    expect(await pull()).toMatchObject({ ok: true, held: true });
  });
});

describe("the rhythm", () => {
  it("pulls in every namespace again and again, also in those that come, until stopped", async () => {
    await pullers.stop();
    cluster.createNamespace("team-2");
    cluster.putSecret("team-2", "pull", { ".dockerconfigjson": dockerconfigjson(host, robot) });
    const namespaces = ["team-1"];
    const seen: string[] = [];
    const clusters = [{ name: "prod-1", server: cluster.url, caPem, token: "node", namespaces: () => namespaces }];
    pullers = start({ clusters, onPull: ({ namespace }) => void seen.push(namespace) });
    await expect.poll(() => seen.length).toBeGreaterThan(3);
    namespaces.push("team-2");
    await expect.poll(() => seen.filter((name) => name === "team-2").length).toBeGreaterThan(1);
    namespaces.shift();
    await expect.poll(() => seen.slice(-5)).toEqual(Array(5).fill("team-2"));
    await pullers.stop();
    const { pulls, failed, perNamespace } = pullers.stats();
    expect({ pulls, failed }).toEqual({ pulls: seen.length, failed: 0 });
    expect(Object.keys(perNamespace)).toEqual(["prod-1/team-1", "prod-1/team-2"]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(pullers.stats().pulls).toBe(pulls);
  });

  it("keeps the first fifty failures", async () => {
    put('{"auths":[]}');
    for (let at = 0; at < 52; at += 1) await pull();
    expect(pullers.stats()).toMatchObject({ pulls: 52, failed: 52 });
    expect(pullers.stats().failures).toHaveLength(50);
  });

  it("refuses an image of another registry and a cluster that it does not know", async () => {
    expect(() => start({ image: "other.io/apps/hello:1" })).toThrow("other.io/apps/hello:1 is not");
    await expect(pullers.pullOnce("prod-2", "team-1")).rejects.toThrow("no cluster prod-2");
  });
});
