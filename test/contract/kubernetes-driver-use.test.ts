import { Agent, request } from "undici";
import { afterAll, describe, expect, it } from "vitest";
import { ProcessGate } from "../../core/drivers/kubernetes/process-gate.ts";
import { Secret } from "../../core/secret.ts";
import { label, loginsOf, present, refused, writeOf } from "./cluster-fixtures.ts";
import { driverBench, nowMs, reply } from "./kubernetes-bench.ts";

const text = '{"auths":{"quay.example.com":{"auth":"a2ltOmhlcnM="}}}';

const { server, caPem, here, connect, fault } = await driverBench();
afterAll(() => server.close());

describe("who we are", () => {
  it("a refused token is asked for once more", async () => {
    let asked = 0;
    const cluster = connect({ token: () => new Secret(asked++ === 0 ? "old" : "t0") });
    const reads = [1, 2, 3, 4, 5].map(() => cluster.readSecret(here(), "pull"));
    expect(await Promise.all(reads)).toEqual([null, null, null, null, null]);
    expect(asked).toBe(2);
  });

  it("a token that stays refused is bad credentials", async () => {
    let asked = 0;
    const cluster = connect({ token: async () => new Secret(`wrong-${asked++}`) });
    await refused(cluster.readSecret(here(), "pull"), "denied", "bad-credentials");
    expect(asked).toBe(2);
  });

  it("a source without a token is bad credentials, and is asked again", async () => {
    let broken = true;
    const cluster = connect({
      token: () => {
        if (broken) throw new Error("Contract-secret-1");
        return new Secret("t0");
      },
    });
    await refused(cluster.readSecret(here(), "pull"), "denied", "bad-credentials");
    broken = false;
    expect(await cluster.readSecret(here(), "pull")).toBeNull();
  });

  it("the token is asked for again after a minute", async () => {
    let asked = 0;
    let now = nowMs();
    const token = () => {
      asked += 1;
      return new Secret("t0");
    };
    const cluster = connect({ token, nowMs: () => now });
    await cluster.readSecret(here(), "pull");
    await cluster.readSecret(here(), "pull");
    now += 60_000;
    await cluster.readSecret(here(), "pull");
    expect(asked).toBe(2);
  });

  it("a missing right is named by verb and resource", async () => {
    const narrow = connect({ token: () => new Secret("narrow") });
    const list = await refused(narrow.listSecrets("a=b", null), "denied", "missing-right");
    expect(list.message).toContain("no right to list secrets");
    const create = await refused(narrow.createEmptySecret(here(), "pull", label), "denied", "missing-right");
    expect(create.message).toContain("no right to create secrets");
    const names = narrow.listNamespaces({ by: "names", names: [here()] });
    expect((await refused(names, "denied", "missing-right")).message).toContain("no right to get namespaces");
  });
});

describe("calls at the same time", () => {
  /** The most that were under way at the server while each of these clusters was read six times. */
  async function mostUnderWay(clusters: readonly ReturnType<typeof connect>[]): Promise<number> {
    let [come, done, most] = [0, 0, 0];
    const onHit = () => {
      come += 1;
      most = Math.max(most, come - done);
    };
    fault({ kind: "secret.get", action: { type: "delay", delayMs: 20 }, onHit });
    const read = async (cluster: (typeof clusters)[number]) => {
      await cluster.readSecret(here(), "pull");
      done += 1;
    };
    await Promise.all(clusters.flatMap((cluster) => Array.from({ length: 6 }, () => read(cluster))));
    return most;
  }

  it("all clusters of a process together make no more of them than it may", async () => {
    const processGate = new ProcessGate({ inFlightMax: 2, nowMs: () => 0, sleep: () => new Promise(() => undefined) });
    expect(await mostUnderWay([connect({ processGate }), connect({ name: "other", processGate })])).toBe(2);
  });
});

describe("reading and writing", () => {
  it("an expired page goes on with the token that the server offers", async () => {
    const labels = { of: here() };
    for (let n = 0; n < 5; n += 1) server.putSecret(here(), `p${n}`, { ".dockerconfigjson": text }, { labels });
    const cluster = connect({ pageSize: 2 });
    const first = await cluster.listSecrets(`of=${here()}`, null);
    server.expireContinueTokens();
    const second = await cluster.listSecrets(`of=${here()}`, first.continueToken);
    const third = await cluster.listSecrets(`of=${here()}`, second.continueToken);
    const names = [first, second, third].flatMap(({ secrets }) => secrets.map(({ name }) => name));
    expect(names).toEqual(["p0", "p1", "p2", "p3", "p4"]);
  });

  it("namespaces, too, go on after an expired page", async () => {
    for (let n = 0; n < 5; n += 1) server.createNamespace(`${here()}-${n}`, { of: here() });
    fault({
      kind: "namespace.list",
      skip: 1,
      times: 1,
      onHit: () => server.expireContinueTokens(),
      action: { type: "delay", delayMs: 0 },
    });
    const query = { by: "selector", labelSelector: `of=${here()}`, except: [] } as const;
    expect(await connect({ namespacesPageSize: 2 }).listNamespaces(query)).toHaveLength(5);
  });

  it("namespaces come in one request, however many", async () => {
    for (let n = 0; n < 601; n += 1) server.createNamespace(`${here()}-${n}`, { of: here() });
    const before = server.counts.get("namespace.list") ?? 0;
    const query = { by: "selector", labelSelector: `of=${here()}`, except: [`${here()}-7`] } as const;
    expect(await connect().listNamespaces(query)).toHaveLength(600);
    expect(server.counts.get("namespace.list")).toBe(before + 1);
  });

  it("an expired page without another token is a conflict", async () => {
    fault({ action: reply(410, "{}") });
    await refused(connect().listSecrets("a=b", "token"), "conflict", "stale-writer");
  });

  it("a write after a read sends one request; without one it reads first", async () => {
    const facts = await connect().createEmptySecret(here(), "pull", label);
    const reader = connect();
    await reader.readSecret(here(), "pull");
    const before = server.counts.get("secret.get") ?? 0;
    const served = await reader.applySecret(writeOf(facts));
    expect(server.counts.get("secret.get")).toBe(before);
    await connect().applySecret(writeOf(served, 2));
    expect(server.counts.get("secret.get")).toBe(before + 1);
  });

  it("a stale read leads to a refused write, never to a lost one", async () => {
    const cluster = connect();
    const served = await cluster.applySecret(writeOf(await cluster.createEmptySecret(here(), "pull", label)));
    fault({ kind: "secret.get", times: 1, action: { type: "stale" } });
    const old = present(await connect().readSecret(here(), "pull"));
    expect(loginsOf(old)).toEqual({});
    await refused(connect().applySecret(writeOf(old, 2)), "conflict", "stale-writer");
    expect(await cluster.readSecret(here(), "pull")).toEqual(served);
  });

  it("apply is never forced, and carries uid and resourceVersion", async () => {
    const bodies: { target: string; body: string }[] = [];
    const when = (seen: { body: Buffer; path: string }) => {
      bodies.push({ target: seen.path, body: seen.body.toString("utf8") });
      return false;
    };
    fault({ kind: "secret.apply", when, action: { type: "cut-before" } });
    const cluster = connect();
    const empty = await cluster.createEmptySecret(here(), "pull", label);
    await cluster.applySecret(writeOf(empty));
    const [create, apply] = bodies.map(({ body }) => JSON.parse(body) as { metadata: Record<string, unknown> });
    expect(create?.metadata).toEqual({ namespace: here(), name: "pull", labels: label, resourceVersion: "1" });
    expect(apply?.metadata).toMatchObject({ uid: empty.uid, resourceVersion: empty.resourceVersion });
    expect(bodies.map(({ target }) => target).join()).not.toContain("force");
  });

  it("a controller that owns the object is named", async () => {
    const agent = new Agent({ connect: { ca: caPem } });
    const owner = {
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      name: "eso",
      uid: "u",
      controller: true,
    };
    const data = { ".dockerconfigjson": Buffer.from('{"auths":{}}').toString("base64") };
    const body = JSON.stringify({
      metadata: { name: "pull", ownerReferences: [owner, { ...owner, kind: "Other", uid: "v", controller: false }] },
      type: "kubernetes.io/dockerconfigjson",
      data,
    });
    const headers = { authorization: "Bearer t0", "content-type": "application/json", "user-agent": "eso/2.9" };
    const url = `${server.url}/api/v1/namespaces/${here()}/secrets`;
    const { statusCode } = await request(url, { method: "POST", dispatcher: agent, headers, body });
    expect(statusCode).toBe(201);
    await agent.close();
    const facts = present(await connect().readSecret(here(), "pull"));
    expect(facts.otherOwners).toEqual(["ExternalSecret/eso", "eso"]);
  });

  it("an ordinary write under our own name is another owner: it stands against our apply", async () => {
    const manager = "capstan-driver";
    server.putSecret(here(), "pull", { ".dockerconfigjson": text }, { manager });
    const facts = present(await connect().readSecret(here(), "pull"));
    expect(facts.otherOwners).toEqual([manager]);
    await refused(connect().applySecret(writeOf(facts)), "conflict", "field-owner");
  });

  it("a uid does not create an absent Secret", async () => {
    const facts = await connect().createEmptySecret(here(), "pull", label);
    const reader = connect();
    await reader.readSecret(here(), "pull");
    server.deleteSecret(here(), "pull");
    const error = await refused(reader.applySecret(writeOf(facts)), "conflict", "wrong-uid");
    expect(error.status).toBe(409);
    expect(server.secret(here(), "pull")).toBeNull();
  });

  it("a page of pull Secrets is listed with one request", async () => {
    const labels = { of: here() };
    // A full page would come with a token where Secrets follow that do not match.
    for (let n = 0; n < 499; n += 1) server.putSecret(here(), `p${n}`, { ".dockerconfigjson": text }, { labels });
    const before = server.counts.get("secret.list") ?? 0;
    const { secrets, continueToken } = await connect().listSecrets(`of=${here()}`, null);
    expect({ count: secrets.length, continueToken }).toEqual({ count: 499, continueToken: null });
    expect(server.counts.get("secret.list")).toBe(before + 1);
  });
});
