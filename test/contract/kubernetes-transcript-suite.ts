import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Exchange, loadExchanges, Replay } from "./kubernetes-replay.ts";
import { KubernetesClient, type KubernetesServer } from "./kubernetes-server.ts";

const anyLogin =
  '{"auths": {"harbor.example": {"username": "robot$p+a", "password": "Example-secret-0001", "auth": "cm9ib3QkcCthOkV4YW1wbGUtc2VjcmV0LTAwMDE="}}}';
const encoded = (text: string) => Buffer.from(text).toString("base64");
const recorder = { userAgent: "capstan-recorder/1.0" };

type Meanwhile = (client: KubernetesClient, replay: Replay) => Promise<unknown>;

const namespace = (name: string) => (client: KubernetesClient) =>
  client.must("POST", "/api/v1/namespaces", { metadata: { name } }, recorder);

function putSecret(
  client: KubernetesClient,
  namespace: string,
  name: string,
  text = anyLogin,
  method: "POST" | "PUT" = "POST",
) {
  const path = `/api/v1/namespaces/${namespace}/secrets${method === "POST" ? "" : `/${name}`}`;
  const body = {
    metadata: { name, labels: { "capstan.example/credential": "platform" } },
    type: "kubernetes.io/dockerconfigjson",
    data: { ".dockerconfigjson": encoded(text) },
  };
  return client.must(method, path, body, recorder);
}

async function putSeven(client: KubernetesClient, namespace: string): Promise<void> {
  for (let n = 0; n < 7; n += 1) await putSecret(client, namespace, `p${n}`);
}

const builder = "/api/v1/namespaces/team-e/serviceaccounts/builder";
const setPullSecrets =
  (name: string): Meanwhile =>
  async (client) => {
    const body = { imagePullSecrets: [{ name }] };
    await client.must("PATCH", builder, body, { ...recorder, type: "application/merge-patch+json" });
    // A real server fills pods in from a cache that hears of the change a moment later.
    for (let tries = 1; (await pullSecretOfNextPod(client)) !== name; tries += 1) {
      if (tries === 100) throw new Error(`pods do not get the pull Secret ${name}`);
      await delay(50);
    }
  };

async function pullSecretOfNextPod(client: KubernetesClient): Promise<string | undefined> {
  const container = { name: "c", image: "harbor.example/team/app:1" };
  const body = { metadata: { name: "asks" }, spec: { containers: [container], serviceAccountName: "builder" } };
  const pod = await client.must("POST", "/api/v1/namespaces/team-e/pods?dryRun=All", body, recorder);
  return pod.body.spec.imagePullSecrets?.[0]?.name;
}

/** What happened beside the recorded calls of a theme: before the named exchange, or before all (""). */
const meanwhile: Readonly<Record<string, Readonly<Record<string, Meanwhile>>>> = {
  rights: {
    "apply that must create, with patch but without create": async (client, replay) =>
      replay.useToken("<jwt of capstan>", await client.token("team-c", "capstan")),
  },
  "list-watch": {
    "": (client) => putSeven(client, "team-c"),
    "continue (one was created meanwhile)": (client) => putSecret(client, "team-c", "p0a"),
  },
  expired: {
    "": async (client) => {
      await namespace("team-d")(client);
      await putSeven(client, "team-d");
    },
    "continue after the history was compacted (410, with a token to go on inconsistently)": async (client) => {
      await putSecret(client, "team-d", "p6", "{}", "PUT");
      await client.server.compact();
    },
  },
  "service-accounts": { "": namespace("team-e") },
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

export const replayedThemes: readonly string[] = [...themes, "throttled"];

/** Every recorded exchange on a server of today: same status, headers that matter, and body. */
export function transcriptContract(name: string, start: () => Promise<KubernetesServer>): void {
  describe(`recorded exchanges on ${name}`, () => {
    let client: KubernetesClient;
    let replay: Replay;
    beforeAll(async () => {
      client = new KubernetesClient(await start());
      replay = replayOn(client, client.server.url);
    });
    afterAll(async () => {
      await client.close();
      await client.server.close();
    });

    describe.each(themes)("%s", (theme) => {
      const exchanges = [...(theme === "terminating" ? [createGoing] : []), ...loadExchanges(theme)];
      beforeAll(() => meanwhile[theme]?.[""]?.(client, replay) as Promise<void> | undefined);
      for (const exchange of exchanges) {
        it(exchange.name, async () => {
          await meanwhile[theme]?.[exchange.name]?.(client, replay);
          await replay.play(exchange);
        });
      }
    });

    it.each(loadExchanges("throttled"))("throttled: $name", async (exchange) => {
      const all = [{ apiGroups: [""], resources: ["secrets"], verbs: ["*"] }];
      const token = await client.account("team-d", all, "fleet");
      const calls = Array.from({ length: 24 }, () => {
        const full = replayOn(client, client.server.fullUrl);
        full.useToken("<fleet-token>", token);
        return full.play(exchange);
      });
      const refused = (await Promise.allSettled(calls)).filter(({ status }) => status === "fulfilled");
      // Some were refused, word for word; those that got through are no such exchange.
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.length).toBeLessThan(24);
    });
  });
}

function replayOn(client: KubernetesClient, url: string): Replay {
  const replay = new Replay(url, client.dispatcher);
  replay.useToken("<admin-token>", client.server.adminToken);
  return replay;
}
