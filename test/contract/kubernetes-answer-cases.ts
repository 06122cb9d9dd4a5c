import { expect } from "vitest";
import { failureOf } from "../../core/drivers/kubernetes/failures.ts";
import type { PortError } from "../../core/ports/errors.ts";
import { dockerText, label, present, refused, writeOf } from "./cluster-fixtures.ts";
import type { Answer, KubernetesClient } from "./kubernetes-server.ts";
import type { KubernetesCase } from "./kubernetes-suite.ts";

const kims = dockerText("quay.example.com", "kim", "hers");
const applyType = "application/apply-patch+yaml";
const encoded = (text: string) => ({ ".dockerconfigjson": Buffer.from(text).toString("base64") });
const pullSecret = (metadata: object, rest: object = {}) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "pull", ...metadata },
  type: "kubernetes.io/dockerconfigjson",
  data: encoded(kims),
  ...rest,
});
const secrets = (namespace: string) => `/api/v1/namespaces/${namespace}/secrets`;
const apply = (client: KubernetesClient, namespace: string, body: object, query = "") =>
  client.call("PATCH", `${secrets(namespace)}/pull?fieldManager=capstan${query}`, body, { type: applyType });

/** What the driver makes of an answer. */
function judged({ status, headers, text }: Answer): PortError {
  const call = { system: "kubernetes contract", operation: "secrets.patch", resource: "secrets", subject: "n/pull" };
  return failureOf(call, { status, headers, text } as Parameters<typeof failureOf>[1], Date.now());
}

const conflictCases: readonly KubernetesCase[] = [
  {
    name: "409 of a field that somebody else owns",
    async run(client, namespace) {
      await client.must("POST", `${secrets(namespace)}?fieldManager=kim`, pullSecret({}));
      const answer = await apply(client, namespace, pullSecret({}, { data: encoded("{}") }));
      expect(answer.status).toBe(409);
      expect(judged(answer)).toMatchObject({ kind: "conflict", reason: "field-owner" });
    },
  },
  {
    name: "409 of a version that is not the latest",
    async run(client, namespace) {
      const first = await client.must("POST", secrets(namespace), pullSecret({}));
      const { resourceVersion } = first.body.metadata;
      await client.must("PUT", `${secrets(namespace)}/pull`, pullSecret({ labels: { a: "b" } }));
      const answer = await client.call("PUT", `${secrets(namespace)}/pull`, pullSecret({ resourceVersion }));
      expect(answer.status).toBe(409);
      expect(judged(answer)).toMatchObject({ kind: "conflict", reason: "stale-writer" });
    },
  },
  {
    name: "409 of a name that is taken",
    async run(client, namespace) {
      await client.must("POST", secrets(namespace), pullSecret({}));
      const answer = await client.call("POST", secrets(namespace), pullSecret({}));
      expect(answer.status).toBe(409);
      expect(judged(answer)).toMatchObject({ kind: "conflict", reason: "already-exists" });
    },
  },
  {
    name: "409 of a uid that nothing has",
    async run(client, namespace) {
      const uid = "6f6d1f3e-0000-4000-8000-000000000000";
      const answer = await apply(client, namespace, pullSecret({ uid }));
      expect(answer.status).toBe(409);
      expect(judged(answer)).toMatchObject({ kind: "conflict", reason: "wrong-uid" });
    },
  },
  {
    name: "409 of a deletion's precondition",
    async run(client, namespace) {
      await client.must("POST", secrets(namespace), pullSecret({}));
      const preconditions = { uid: "6f6d1f3e-0000-4000-8000-000000000000" };
      const answer = await client.call("DELETE", `${secrets(namespace)}/pull`, { preconditions });
      expect(answer.status).toBe(409);
      expect(judged(answer)).toMatchObject({ kind: "conflict", reason: "wrong-uid" });
    },
  },
  {
    name: "an apply's version 1 creates what is absent, and is stale for what is there",
    async run(client, namespace) {
      expect((await apply(client, namespace, pullSecret({ resourceVersion: "1" }))).status).toBe(201);
      expect(
        judged(await apply(client, namespace, pullSecret({ resourceVersion: "1" }, { data: encoded("{}") }))),
      ).toMatchObject({
        reason: "stale-writer",
      });
    },
  },
  {
    name: "an apply that changes nothing is 200, and keeps the version",
    async run(client, namespace) {
      const first = await apply(client, namespace, pullSecret({}));
      const again = await apply(client, namespace, pullSecret({}));
      expect([first.status, again.status]).toEqual([201, 200]);
      expect(again.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    },
  },
];

const invalidCases: readonly KubernetesCase[] = [
  {
    name: "422 of another uid",
    async run(client, namespace) {
      await apply(client, namespace, pullSecret({}));
      const answer = await apply(client, namespace, pullSecret({ uid: "6f6d1f3e-0000-4000-8000-000000000000" }));
      expect(answer.status).toBe(422);
      expect(judged(answer)).toMatchObject({ kind: "conflict", reason: "wrong-uid" });
    },
  },
  {
    name: "422 of another type",
    async run(client, namespace) {
      await apply(client, namespace, pullSecret({}));
      const answer = await apply(client, namespace, pullSecret({}, { type: "Opaque" }));
      expect(answer.status).toBe(422);
      expect(judged(answer)).toMatchObject({ kind: "conflict", reason: "immutable" });
    },
  },
  {
    name: "422 of data that may not change; labels may",
    async run(client, namespace) {
      await apply(client, namespace, pullSecret({}, { immutable: true }));
      const answer = await apply(client, namespace, pullSecret({}, { immutable: true, data: encoded("{}") }));
      expect(answer.status).toBe(422);
      expect(judged(answer)).toMatchObject({ kind: "conflict", reason: "immutable" });
      const labelled = await apply(client, namespace, pullSecret({ labels: { a: "b" } }, { immutable: true }));
      expect(labelled.status).toBe(200);
    },
  },
  {
    name: "422 of more than a Secret holds, with what is there already",
    async run(client, namespace) {
      const other = Buffer.alloc(1_048_550, "x").toString("base64");
      const data = { ...encoded('{"auths":{}}'), other };
      await client.must("POST", secrets(namespace), pullSecret({ labels: label }, { data }));
      const cluster = client.connect();
      const facts = present(await cluster.readSecret(namespace, "pull"));
      await refused(cluster.applySecret(writeOf(facts, 1, { force: true })), "invalid", "too-large");
    },
  },
  {
    name: "422 of a name that is none, and of a value that is no JSON object",
    async run(client, namespace) {
      const badName = await client.call("POST", secrets(namespace), pullSecret({ name: "Pull_Secret" }));
      const badValue = await apply(client, namespace, pullSecret({}, { data: encoded("[1]") }));
      expect([badName.status, badValue.status]).toEqual([422, 422]);
      expect(judged(badName).kind).toBe("invalid");
      expect(judged(badValue).kind).toBe("invalid");
      expect(judged(badValue).message).not.toContain("[1]");
    },
  },
  {
    name: "500 of bad base64 is bad input",
    async run(client, namespace) {
      const answer = await apply(client, namespace, pullSecret({}, { data: { ".dockerconfigjson": "%%%" } }));
      expect(answer.status).toBe(500);
      expect(judged(answer).kind).toBe("invalid");
    },
  },
  {
    name: "500 of an unknown field is bad input",
    async run(client, namespace) {
      const answer = await apply(client, namespace, pullSecret({}, { dat: {} }));
      expect(answer.status).toBe(500);
      expect(judged(answer).kind).toBe("invalid");
    },
  },
];

export const answerCases: readonly KubernetesCase[] = [...conflictCases, ...invalidCases];
