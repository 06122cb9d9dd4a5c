import { Agent } from "undici";
import { afterAll, beforeAll, describe, it } from "vitest";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { type KubernetesSandbox, startKubernetes } from "../../functions/sandbox/kubernetes/server.ts";
import { kubernetesCertificates } from "./kubernetes-authority.ts";
import { type Exchange, loadExchanges, Replay } from "./kubernetes-replay.ts";

const label = { "capstan.example/credential": "platform" };
const recorder = { labels: label, manager: "capstan-recorder" };
const anyLogin =
  '{"auths": {"harbor.example": {"username": "robot$p+a", "password": "Example-secret-0001", "auth": "cm9ib3QkcCthOkV4YW1wbGUtc2VjcmV0LTAwMDE="}}}';

/** Exchanges that are not replayed, and why. */
const unplayed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "other-writes": {
    "token request": "the sandbox gets its tokens from its options, it issues none",
    "token request too short": "the sandbox gets its tokens from its options, it issues none",
  },
  rights: {
    "role named": "rights are set from inside, as a list of rules",
    binding: "rights are set from inside, as a list of rules",
    "role grows: create without a name": "rights are set from inside, as a list of rules",
    "rules review": "lists the rights of built-in roles, which the sandbox has not",
  },
  "list-watch": {
    "list as table": "only kubectl asks for tables",
    "watch, closed by timeoutSeconds=1": "no watches: runners are short-lived and list instead",
    "watch from a resourceVersion too old": "no watches: runners are short-lived and list instead",
    "watch list with initial events": "no watches: runners are short-lived and list instead",
  },
  expired: {
    "watch from a compacted resourceVersion (200, then an ERROR event)":
      "no watches: runners are short-lived and list instead",
  },
};

const pullRights = { verbs: ["get", "patch"], resources: ["secrets"], resourceNames: ["pull"], namespaces: ["team-c"] };
const createRights = { verbs: ["create"], resources: ["secrets"], namespaces: ["team-c"] };
const runner = "system:serviceaccount:team-c:capstan";

/** What happened beside the recorded calls of a theme: before the named exchange, or before all (""). */
const meanwhile: Readonly<Record<string, Readonly<Record<string, (cluster: KubernetesSandbox) => void>>>> = {
  rights: {
    "apply that must create, with patch but without create": (cluster) =>
      cluster.setRules(runner, [{ ...pullRights, resources: ["secrets"] }]),
    "apply that creates": (cluster) =>
      cluster.setRules(runner, [
        { ...pullRights, resources: ["secrets"] },
        { ...createRights, resources: ["secrets"] },
      ]),
  },
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
      "<jwt>": { username: "system:serviceaccount:team-b:default", groups: ["system:serviceaccounts"] },
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
    const why = unplayed[theme]?.[exchange.name];
    it(exchange.name, async (context) => {
      context.skip(why !== undefined, why);
      meanwhile[theme]?.[exchange.name]?.(cluster);
      await replay.play(exchange);
    });
  }
});
