import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { dockerText } from "./cluster-fixtures.ts";
import type { KubernetesClient } from "./kubernetes-server.ts";
import type { KubernetesCase } from "./kubernetes-suite.ts";

const text = dockerText("quay.example.com", "kim", "hers");
const rbac = "/apis/rbac.authorization.k8s.io/v1";

interface Seen {
  readonly type: string;
  readonly object: { readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> } };
}

/** What a watch tells while something is done; it begins before that and ends by itself. */
async function watched(client: KubernetesClient, path: string, meanwhile: () => Promise<unknown>): Promise<string[]> {
  const watching = client.must("GET", `${path}&watch=true&timeoutSeconds=3`);
  await delay(1_000);
  await meanwhile();
  const lines = (await watching).text.split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Seen).map(({ type, object }) => `${type} ${object.metadata.name}`);
}

/** What the sandbox does beside what the driver asks for, held to a real server. */
export const serverCases: readonly KubernetesCase[] = [
  {
    name: "a watch tells what comes, changes, leaves its selector and goes",
    async run(client, namespace, { writeOutside, deleteOutside }) {
      const put = (name: string, of: string, annotations = {}) =>
        writeOutside(namespace, name, { text, labels: { of }, annotations });
      await put("before", "us");
      const events = await watched(
        client,
        `/api/v1/namespaces/${namespace}/secrets?labelSelector=of%3Dus`,
        async () => {
          await put("mine", "us");
          await put("other", "them");
          await put("mine", "us", { changed: "yes" });
          await put("mine", "them");
          await put("other", "us");
          await deleteOutside(namespace, "other");
        },
      );
      expect(events).toEqual([
        "ADDED before",
        "ADDED mine",
        "MODIFIED mine",
        "DELETED mine",
        "ADDED other",
        "DELETED other",
      ]);
    },
  },
  {
    name: "a watch from a version begins after it",
    async run(client, namespace, { writeOutside }) {
      await writeOutside(namespace, "before", { text });
      const path = `/api/v1/namespaces/${namespace}/secrets`;
      const { resourceVersion } = (await client.must("GET", path)).body.metadata;
      await writeOutside(namespace, "since", { text });
      const events = await watched(client, `${path}?resourceVersion=${resourceVersion}`, async () => {});
      expect(events).toEqual(["ADDED since"]);
    },
  },
  {
    name: "a ClusterRole with wildcards that is bound in one namespace holds there alone",
    async run(client, namespace, { addNamespace }) {
      await addNamespace(`${namespace}-other`);
      const token = await client.account(namespace, []);
      const rules = [{ apiGroups: ["*"], resources: ["*"], verbs: ["*"] }];
      await client.must("POST", `${rbac}/clusterroles`, { metadata: { name: namespace }, rules });
      const subjects = [
        { kind: "Group", apiGroup: "rbac.authorization.k8s.io", name: `system:serviceaccounts:${namespace}` },
      ];
      const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: namespace };
      await client.must("POST", `${rbac}/namespaces/${namespace}/rolebindings`, {
        metadata: { name: "wide" },
        roleRef,
        subjects,
      });
      const statusOf = async (path: string) => (await client.call("GET", path, undefined, { token })).status;
      expect(await statusOf(`/api/v1/namespaces/${namespace}/secrets`)).toBe(200);
      expect(await statusOf(`${rbac}/namespaces/${namespace}/roles`)).toBe(200);
      expect(await statusOf(`/api/v1/namespaces/${namespace}-other/secrets`)).toBe(403);
      expect(await statusOf("/api/v1/secrets")).toBe(403);
    },
  },
  {
    name: "a token of a ServiceAccount says whose it is",
    async run(client, namespace) {
      const token = await client.account(namespace, []);
      const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
      const path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
      const { username, groups } = (await client.must("POST", path, review, { token })).body.status.userInfo;
      expect(username).toBe(`system:serviceaccount:${namespace}:narrow`);
      expect(groups).toEqual(["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"]);
    },
  },
  {
    name: "a pod whose ServiceAccount is not there is refused, and the account is named",
    async run(client, namespace) {
      const spec = { serviceAccountName: "nobody", containers: [{ name: "c", image: "h.example.com/p/r:1" }] };
      const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec };
      const answer = await client.call("POST", `/api/v1/namespaces/${namespace}/pods`, pod);
      expect(answer.status).toBe(403);
      expect(answer.body.message).toBe(
        `pods "p" is forbidden: error looking up service account ${namespace}/nobody: serviceaccount "nobody" not found`,
      );
    },
  },
];
