import { expect } from "vitest";
import type { PortError } from "../../core/ports/errors.ts";
import { Secret } from "../../core/secret.ts";
import { dockerText, host, label, login, loginsOf, ours, refused, writeOf } from "./cluster-fixtures.ts";
import type { KubernetesClient } from "./kubernetes-server.ts";
import type { KubernetesCase } from "./kubernetes-suite.ts";

const kims = dockerText("quay.example.com", "kim", "hers");
const secrets = (namespace: string) => `/api/v1/namespaces/${namespace}/secrets`;
const asNarrow = (client: KubernetesClient, token: string) => client.connect({ token: () => new Secret(token) });
const named = (verbs: readonly string[]) => [
  { apiGroups: [""], resources: ["secrets"], resourceNames: ["pull"], verbs },
];

/** Who may not, what went away, what is too much: and what the driver makes of it. */
export const refusalCases: readonly KubernetesCase[] = [
  {
    name: "401 of a token that nobody has",
    async run(client, namespace) {
      const cluster = asNarrow(client, "nobody-has-this");
      await refused(cluster.readSecret(namespace, "pull"), "denied", "bad-credentials");
    },
  },
  {
    name: "403 names the verb that is missing: get, list, patch, create, delete",
    async run(client, namespace, { cluster: admin }) {
      const facts = await admin.createEmptySecret(namespace, "pull", label);
      const cluster = asNarrow(client, await client.account(namespace, []));
      const lacks = async (call: Promise<unknown>, right: string) =>
        expect((await refused(call, "denied", "missing-right")).message).toContain(`no right to ${right}`);
      await lacks(cluster.readSecret(namespace, "pull"), "get secrets");
      await lacks(cluster.listSecrets("a=b", null), "list secrets");
      await lacks(cluster.listNamespaces({ by: "names", names: [namespace] }), "get namespaces");
      await lacks(cluster.listNamespaces({ by: "selector", labelSelector: "", except: [] }), "list namespaces");
      await lacks(cluster.deleteSecret(namespace, "pull", facts.uid, facts.resourceVersion), "delete secrets");
      await lacks(cluster.createEmptySecret(namespace, "other", label), "patch secrets");
      const patching = asNarrow(client, await client.account(namespace, named(["get", "patch"]), "patching"));
      await admin.deleteSecret(namespace, "pull", facts.uid, facts.resourceVersion);
      await lacks(patching.createEmptySecret(namespace, "pull", label), "create secrets");
    },
  },
  {
    name: "403 of a namespace that is going away is no missing right",
    async run(client, namespace, { terminateNamespace }) {
      const token = await client.account(namespace, named(["get", "patch", "create"]));
      await terminateNamespace(namespace);
      const cluster = asNarrow(client, token);
      await refused(cluster.createEmptySecret(namespace, "pull", label), "conflict", "terminating");
    },
  },
  {
    name: "404 of a namespace that went away",
    async run(client, namespace, { removeNamespace }) {
      const cluster = client.connect();
      await removeNamespace(namespace);
      await refused(cluster.createEmptySecret(namespace, "pull", label), "not-found");
      expect(await cluster.readSecret(namespace, "pull")).toBeNull();
    },
  },
  {
    name: "named rights: what a rotation needs, and nothing beside",
    async run(client, namespace, { cluster: admin }) {
      const other = await admin.createEmptySecret(namespace, "other", label);
      const cluster = asNarrow(client, await client.account(namespace, named(["get", "patch", "create"])));
      const empty = await cluster.createEmptySecret(namespace, "pull", label);
      const served = await cluster.applySecret(writeOf(empty));
      expect(loginsOf(served)).toEqual({ [host]: ours(1) });
      expect(loginsOf(await cluster.applySecret(writeOf(served, 2)))).toEqual({ [host]: ours(2) });
      await refused(cluster.readSecret(namespace, "other"), "denied", "missing-right");
      await refused(cluster.applySecret(writeOf(other)), "denied", "missing-right");
    },
  },
  {
    name: "plain-text 429 is throttled, tells how long, and is sent once",
    async run(client, namespace) {
      const token = await client.account(namespace, [{ apiGroups: [""], resources: ["secrets"], verbs: ["*"] }]);
      const cluster = client.connect({
        server: client.server.fullUrl,
        token: () => new Secret(token),
        throttledTriesMax: 1,
      });
      const calls = Array.from({ length: 40 }, (_, n) => cluster.createEmptySecret(namespace, `p${n}`, label));
      const results = await Promise.allSettled(calls);
      const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason as PortError] : []));
      const throttled = errors.filter(({ kind }) => kind === "throttled");
      expect(throttled.length).toBeGreaterThan(0);
      expect(throttled).toHaveLength(errors.length);
      for (const error of throttled) expect(error).toMatchObject({ status: 429, retryAfterMs: 1000 });
      const made = results.filter(({ status }) => status === "fulfilled").length;
      const { items } = (await client.must("GET", secrets(namespace))).body;
      expect(items).toHaveLength(made);
    },
  },
  {
    name: "a full server is gone through at its own pace: what it refuses is sent again when it said",
    async run(client, namespace) {
      const token = await client.account(namespace, [{ apiGroups: [""], resources: ["secrets"], verbs: ["*"] }]);
      const cluster = client.connect({ server: client.server.fullUrl, token: () => new Secret(token) });
      const calls = Array.from({ length: 24 }, (_, n) => cluster.createEmptySecret(namespace, `p${n}`, label));
      expect(new Set((await Promise.all(calls)).map(({ uid }) => uid)).size).toBe(24);
    },
  },
  {
    name: "410 while listing goes on with the token given, and nothing is left out",
    async run(client, namespace, { writeOutside }) {
      const labels = { of: namespace };
      for (let n = 0; n < 7; n += 1) await writeOutside(namespace, `p${n}`, { text: kims, labels });
      const cluster = client.connect({ pageSize: 3 });
      const names: string[] = [];
      let page = await cluster.listSecrets(`of=${namespace}`, null);
      await client.server.compact();
      for (let pages = 0; pages < 5; pages += 1) {
        names.push(...page.secrets.map(({ name }) => name));
        if (page.continueToken === null) break;
        page = await cluster.listSecrets(`of=${namespace}`, page.continueToken);
      }
      expect(names).toEqual(["p0", "p1", "p2", "p3", "p4", "p5", "p6"]);
    },
  },
  {
    name: "a ServiceAccount keeps everything but the one entry, and a race for its list loses nothing",
    async run(client, namespace, { accountSecrets }) {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
      const metadata = { name: "builder", annotations: { "openshift.io/internal-registry-pull-secret-ref": "x" } };
      await client.must("POST", path, { metadata, automountServiceAccountToken: false });
      const links = Array.from({ length: 3 }, (_, n) => client.connect().linkPullSecret(namespace, "builder", `s${n}`));
      await Promise.all(links);
      expect([...(await accountSecrets(namespace, "builder"))].sort()).toEqual(["s0", "s1", "s2"]);
      const { body } = await client.must("GET", `${path}/builder`);
      const linked = body.metadata.annotations["linked.capstan.dev/capstan-contract"].split(",").sort();
      expect(linked).toEqual(["s0", "s1", "s2"]);
      expect(body).toMatchObject({
        metadata: { annotations: metadata.annotations },
        automountServiceAccountToken: false,
      });
    },
  },
  {
    name: "a ServiceAccount needs get and patch on its name",
    async run(client, namespace, { setAccount }) {
      await setAccount(namespace, "builder", []);
      const rule = { apiGroups: [""], resources: ["serviceaccounts"], resourceNames: ["builder"] };
      const reading = asNarrow(client, await client.account(namespace, [{ ...rule, verbs: ["get"] }], "reading"));
      const error = await refused(reading.linkPullSecret(namespace, "builder", "pull"), "denied", "missing-right");
      expect(error.message).toContain("no right to patch serviceaccounts");
      const both = asNarrow(client, await client.account(namespace, [{ ...rule, verbs: ["get", "patch"] }], "both"));
      expect(await both.linkPullSecret(namespace, "builder", "pull")).toMatchObject({ is: "linked" });
      await refused(both.unlinkPullSecret(namespace, "builder", "pull"), "denied", "missing-right");
      const list = { apiGroups: [""], resources: ["secrets"], verbs: ["list"] };
      const listing = [{ ...rule, verbs: ["get", "patch"] }, list];
      const third = asNarrow(client, await client.account(namespace, listing, "listing"));
      expect(await third.unlinkPullSecret(namespace, "builder", "pull")).toBe("unlinked");
      await refused(both.linkPullSecret(namespace, "default", "pull"), "denied", "missing-right");
    },
  },
  {
    name: "a login that changes hands is never shown in an error",
    async run(client, namespace) {
      const cluster = client.connect();
      const empty = await cluster.createEmptySecret(namespace, "pull", label);
      await client.must("DELETE", `${secrets(namespace)}/pull`);
      const error = await refused(cluster.applySecret(writeOf(empty)), "conflict", "wrong-uid");
      expect(JSON.stringify(error)).not.toContain(login(1).password.reveal());
    },
  },
];
