import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { ProcessGate } from "../../core/drivers/kubernetes/process-gate.ts";
import { createAuthority } from "../../functions/sandbox/certificates.ts";
import { label, present, refused, writeOf } from "./cluster-fixtures.ts";
import { driverBench, reply } from "./kubernetes-bench.ts";

const { server, here, connect, fault, clearFaults } = await driverBench();
afterAll(() => server.close());

describe("what answers mean", () => {
  it("plain-text 429 is throttled, with the time to wait", async () => {
    const headers = { "retry-after": "7", "content-type": "text/plain; charset=utf-8" };
    fault({ action: reply(429, "Too many requests, please try again later.\n", headers) });
    const error = await refused(connect().readSecret(here(), "pull"), "throttled");
    expect(error).toMatchObject({ retryAfterMs: 7000, status: 429, system: "kubernetes driven" });
  });

  it.each([
    [
      "a 500 without a reason",
      500,
      '{"kind":"Status","message":"etcdserver: leader changed","code":500}',
      "unreachable",
    ],
    ["HTML of a proxy", 502, "<html>bad gateway</html>", "unreachable"],
    [
      "a 500 that is bad input",
      500,
      '{"message":"failed to create typed patch object (a/b; /v1, Kind=Secret): x"}',
      "invalid",
    ],
    ["a 400", 400, '{"message":"no"}', "invalid"],
  ] as const)("%s is %s %s %s", async (_title, status, body, kind) => {
    fault({ action: reply(status, body) });
    await refused(connect().listSecrets("a=b", null), kind);
  });

  it("413 and etcd's own limit are too large", async () => {
    const facts = await connect().createEmptySecret(here(), "pull", label);
    fault({ kind: "secret.apply", times: 1, action: reply(413, "{}") });
    fault({ kind: "secret.apply", action: reply(500, '{"message":"etcdserver: request is too large"}') });
    await refused(connect().applySecret(writeOf(facts)), "invalid", "too-large");
    await refused(connect().applySecret(writeOf(facts)), "invalid", "too-large");
  });

  it("the cluster's limit on data is too large", async () => {
    const cluster = connect();
    await cluster.createEmptySecret(here(), "pull", label);
    const other = "x".repeat(1_048_550);
    server.putSecret(here(), "pull", { ".dockerconfigjson": '{"auths":{}}', other }, { labels: label });
    const facts = present(await cluster.readSecret(here(), "pull"));
    await refused(cluster.applySecret(writeOf(facts)), "invalid", "too-large");
  });

  it("a 200 that is no JSON is a bad reply", async () => {
    fault({ action: reply(200, "<html>login</html>") });
    await refused(connect().readSecret(here(), "pull"), "invalid", "bad-reply");
  });

  it("a quota's refusal is not called a missing right", async () => {
    const message = 'secrets "pull" is forbidden: exceeded quota: q';
    fault({ kind: "secret.apply", action: reply(403, JSON.stringify({ message, reason: "Forbidden" })) });
    await refused(connect().createEmptySecret(here(), "pull", label), "denied");
  });

  it("a good status that is no list is not taken for an empty one", async () => {
    fault({ kind: "secret.list", action: reply(200, '{"kind":"Status"}') });
    await refused(connect().listSecrets("a=b", null), "invalid", "bad-reply");
    fault({ kind: "namespace.list", action: reply(200, '{"items":null}') });
    const query = { by: "selector" as const, labelSelector: "", except: [] };
    await refused(connect().listNamespaces(query), "invalid", "bad-reply");
  });

  it("nothing of a body gets into an error", async () => {
    const echo = JSON.stringify({ message: "Contract-secret-1 auth Y29udHJhY3Q=", reason: "Contract-secret-1" });
    for (const status of [400, 401, 403, 404, 409, 410, 422, 429, 500, 503]) {
      clearFaults();
      fault({ kind: "secret.list", action: reply(status, echo, { "x-echo": "Contract-secret-1" }) });
      const error = await connect()
        .listSecrets("a=b", null)
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(inspect(error, { depth: 12, showHidden: true })).not.toMatch(/Contract-secret|Y29udHJhY3Q/);
    }
  });
});

describe("connections", () => {
  it("a cut before the effect is unreachable, and nothing happened", async () => {
    fault({ kind: "secret.apply", action: { type: "cut-before" } });
    await refused(connect().createEmptySecret(here(), "pull", label), "unreachable");
    expect(server.secret(here(), "pull")).toBeNull();
  });

  it("a cut after the effect is unreachable, and it did happen", async () => {
    fault({ kind: "secret.apply", action: { type: "cut-after" } });
    await refused(connect().createEmptySecret(here(), "pull", label), "unreachable");
    expect(server.secret(here(), "pull")?.data).toEqual({ ".dockerconfigjson": '{"auths":{}}' });
  });

  it("a slow answer is unreachable after the time-out", async () => {
    fault({ action: { type: "delay", delayMs: 2_000 } });
    await refused(connect({ requestTimeoutMs: 50 }).readSecret(here(), "pull"), "unreachable");
  });

  it("an authority that is not the server's is unreachable", async () => {
    const other = await createAuthority("other");
    await refused(connect({ caPem: other.caPem }).readSecret(here(), "pull"), "unreachable");
  });

  it("the server may have another name in its certificate", async () => {
    const named = connect({ tlsServerName: "localhost" });
    expect(await named.readSecret(here(), "pull")).toBeNull();
    await refused(connect({ tlsServerName: "other.example" }).readSecret(here(), "pull"), "unreachable");
  });

  it("plain http is refused but for loopback", () => {
    expect(() => connect({ server: "http://kubernetes.example" })).toThrow("only https");
  });

  it("a call waits for a place among those of all clusters of the process", async () => {
    const together = new ProcessGate({ inFlightMax: 1, nowMs: () => 0, sleep: () => new Promise(() => undefined) });
    const leave = await together.enter();
    const before = server.counts.get("secret.get") ?? 0;
    const read = connect({ processGate: together }).readSecret(here(), "pull");
    await delay(50);
    expect(server.counts.get("secret.get") ?? 0).toBe(before);
    leave();
    expect(await read).toBeNull();
  });

  it("many calls share few connections", async () => {
    let connected = 0;
    const listener = () => {
      connected += 1;
    };
    subscribe("undici:client:connected", listener);
    const cluster = connect();
    for (let n = 0; n < 40; n += 1) await cluster.readSecret(here(), "pull");
    // undici opens a second one while the first is still being put back.
    expect(connected).toBeLessThanOrEqual(2);
    await Promise.all(Array.from({ length: 200 }, () => cluster.readSecret(here(), "pull")));
    unsubscribe("undici:client:connected", listener);
    expect(connected).toBeLessThanOrEqual(32);
  });
});
