import { readdirSync } from "node:fs";
import { parse } from "node:path";
import { Agent } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { type KubernetesSandbox, startKubernetes } from "../../functions/sandbox/kubernetes/server.ts";
import { kubernetesCertificates } from "./kubernetes-authority.ts";
import { type Exchange, loadExchanges, Replay } from "./kubernetes-replay.ts";

const label = { "capstan.example/credential": "platform" };
const recorder = { labels: label, manager: "capstan-recorder" };
const anyLogin =
  '{"auths": {"harbor.example": {"username": "robot$p+a", "password": "Example-secret-0001", "auth": "cm9ib3QkcCthOkV4YW1wbGUtc2VjcmV0LTAwMDE="}}}';

const runner = "system:serviceaccount:team-c:capstan";

const builder = "/api/v1/namespaces/team-e/serviceaccounts/builder";
const setPullSecrets = (name: string) => () =>
  replay.send("PATCH", builder, { imagePullSecrets: [{ name }] }, "application/merge-patch+json");

/** What happened beside the recorded calls of a theme: before the named exchange, or before all (""). */
const meanwhile: Readonly<Record<string, Readonly<Record<string, (cluster: KubernetesSandbox) => unknown>>>> = {
  "list-watch": {
    "": (cluster) => {
      for (let n = 0; n < 7; n += 1) cluster.putSecret("team-c", `p${n}`, { ".dockerconfigjson": anyLogin }, recorder);
    },
    "continue (one was created meanwhile)": (cluster) =>
      cluster.putSecret("team-c", "p0a", { ".dockerconfigjson": anyLogin }, recorder),
  },
  expired: {
    "": (cluster) => {
      cluster.createNamespace("team-d");
      for (let n = 0; n < 7; n += 1) cluster.putSecret("team-d", `p${n}`, { ".dockerconfigjson": anyLogin }, recorder);
    },
    "continue after the history was compacted (410, with a token to go on inconsistently)": (cluster) => {
      cluster.putSecret("team-d", "p6", { ".dockerconfigjson": "{}" }, recorder);
      cluster.expireContinueTokens();
    },
  },
  "service-accounts": { "": (cluster) => cluster.createNamespace("team-e") },
  pods: {
    "": setPullSecrets("pull"),
    "pod with an invalid image name is accepted": setPullSecrets("later"),
  },
};

const finalizers = { finalizers: ["kubernetes"] };
/** The recording's namespace had been given its finalizers by hand, so that it would stay. */
const createGoing: Exchange = {
  name: "create the namespace that goes away",
  request: {
    method: "POST",
    path: "/api/v1/namespaces",
    headers: { Authorization: "Bearer <admin-token>", "Content-Type": "application/json" },
    body: { apiVersion: "v1", kind: "Namespace", metadata: { name: "going" }, spec: finalizers },
  },
  response: {
    status: 201,
    headers: {},
    body: {
      kind: "Namespace",
      apiVersion: "v1",
      metadata: {
        name: "going",
        uid: "58c5f9c1-190c-4be1-bcea-2329c2cf4e3f",
        resourceVersion: "263",
        creationTimestamp: "",
        labels: { "kubernetes.io/metadata.name": "going" },
        managedFields: [
          {
            manager: "capstan-recorder",
            operation: "Update",
            apiVersion: "v1",
            time: "",
            fieldsType: "FieldsV1",
            fieldsV1: {
              "f:metadata": { "f:labels": { ".": {}, "f:kubernetes.io/metadata.name": {} } },
              "f:spec": { "f:finalizers": {} },
            },
          },
        ],
      },
      spec: finalizers,
      status: { phase: "Active" },
    },
  },
};

// In the order of the recording: later themes find what earlier ones left.
const themes = [
  "version-auth",
  "namespaces",
  "apply",
  "other-writes",
  "rights",
  "list-watch",
  "terminating",
  "expired",
  "service-accounts",
  "pods",
];

let cluster: KubernetesSandbox;
let agent: Agent;
let replay: Replay;

beforeAll(async () => {
  const { caPem, tls } = await kubernetesCertificates();
  agent = new Agent({ connect: { ca: caPem } });
  cluster = await startKubernetes({
    name: "recorded",
    faults: new FaultBoard(),
    nowMs: () => Date.parse("2026-11-23T23:50:02Z"),
    tls,
    tokens: {
      "<admin-token>": { username: "admin", groups: ["system:masters"] },
      "<jwt of capstan>": { username: runner, groups: ["system:serviceaccounts"] },
    },
  });
  replay = new Replay(cluster.url, agent);
});
afterAll(async () => {
  await agent.close();
  await cluster.close();
});

describe.each(themes)("recorded exchanges: %s", (theme) => {
  const exchanges = [...(theme === "terminating" ? [createGoing] : []), ...loadExchanges(theme)];
  beforeAll(() => meanwhile[theme]?.[""]?.(cluster));
  for (const exchange of exchanges) {
    it(exchange.name, async () => {
      await meanwhile[theme]?.[exchange.name]?.(cluster);
      await replay.play(exchange);
    });
  }
});

describe("recorded exchanges: throttled", () => {
  it.each(loadExchanges("throttled"))("$name", async (exchange) => {
    cluster.putSecret("team-d", "p0", { ".dockerconfigjson": anyLogin });
    cluster.setToken("<fleet-token>", { username: "fleet", groups: ["system:masters"] });
    const full = await cluster.startBeside(1);
    const calls = Array.from({ length: 24 }, () => new Replay(full.url, agent).play(exchange));
    const refused = (await Promise.allSettled(calls)).filter(({ status }) => status === "fulfilled");
    await full.close();
    // Some were refused, word for word; those that got through are no such exchange.
    expect(refused.length).toBeGreaterThan(0);
    expect(refused.length).toBeLessThan(24);
  });
});

it("every recorded theme is replayed", () => {
  const recorded = readdirSync(new URL("transcripts/kubernetes/", import.meta.url)).map((file) => parse(file).name);
  expect(recorded.sort()).toEqual([...themes, "throttled"].sort());
});
