import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Manifest, rbacManifests } from "../../core/app/rbac.ts";
import { loadConfig } from "../../core/config/load.ts";
import type { Cluster } from "../../core/ports/cluster.ts";
import type { NamespaceNews, NamespaceWatch } from "../../core/ports/namespace-watch.ts";
import { Secret } from "../../core/secret.ts";
import { host, label, loginsOf, ours, refused, writeOf } from "./cluster-fixtures.ts";
import { KubernetesClient, type KubernetesServer } from "./kubernetes-server.ts";
import { worldOf } from "./kubernetes-world.ts";

const account = { namespace: "capstan", name: "capstan" };
const namespaces = ["shop", "web"];
const others = ["foreign", "elsewhere"];

function configuration({ rights, namespaces: chosen, agent }: Mode): string {
  const reach = agent
    ? "site: edge, inCluster: true"
    : "site: aws, server: 'https://one.example.com:6443', token: env:TOKEN";
  return `format: 1
installation: trial
registries:
  main:
    kind: harbor
    endpoint: https://harbor.example.com
    issuer: { username: 'robot$capstan', password: env:PASSWORD }
sites:
  aws: { kind: aws, region: eu-central-1, ledger: { kind: dynamodb, table: capstan } }
  edge: { kind: agent, of: aws }
clusters:
  one: { rights: ${rights}, ${reach} }
credentials:
  platform-pull:
    registry: main
    home: aws
    robot: { permissions: [{ namespace: apps, access: [{ resource: repository, action: pull }] }] }
    proof: { repository: apps/hello }
    targets:
      - { clusters: [one], namespaces: ${chosen}, secret: harbor-pull }
      - { clusters: [one], namespaces: ${chosen}, secret: copied, by: kyverno, source: { namespace: infra } }
`;
}

function manifestsOf(mode: Mode): readonly Manifest[] {
  const text = configuration(mode);
  const { config, problems } = loadConfig({ path: "/capstan.yaml", readFile: () => text, env: {} });
  if (config === null) throw new Error(JSON.stringify(problems));
  return rbacManifests(config, "one", account);
}

/** As `kubectl apply --server-side` does; a field that the server does not know is refused. */
export async function applyAll(client: KubernetesClient, manifests: readonly Manifest[]): Promise<void> {
  for (const { apiVersion, kind, metadata, ...rest } of manifests) {
    const root = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
    const place = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
    const path = `${root}${place}/${kind.toLowerCase()}s/${metadata.name}?fieldManager=kubectl&force=true&fieldValidation=Strict`;
    const type = "application/apply-patch+yaml";
    await client.must("PATCH", path, { apiVersion, kind, metadata, ...rest }, { type });
  }
}

interface Mode {
  readonly rights: "list" | "named";
  readonly namespaces: string;
  readonly agent: boolean;
}

const modes: readonly Mode[] = [
  { rights: "named", namespaces: `{ names: [${namespaces.join(", ")}] }`, agent: false },
  { rights: "named", namespaces: "{ selector: 'team' }", agent: false },
  { rights: "list", namespaces: `{ names: [${namespaces.join(", ")}] }`, agent: false },
  { rights: "list", namespaces: "{ selector: 'team' }", agent: false },
  { rights: "named", namespaces: `{ names: [${namespaces.join(", ")}] }`, agent: true },
  { rights: "list", namespaces: "{ selector: 'team' }", agent: true },
];

/** The manifests of `capstan rbac`, granted on a server of today: enough for a rotation, and for nothing else. */
export function rightsContract(name: string, start: () => Promise<KubernetesServer>): void {
  describe.each(modes)(`rights on ${name}: $rights, $namespaces, agent: $agent`, (mode) => {
    const { rights, namespaces: chosen, agent } = mode;
    let client: KubernetesClient;
    let runner: Cluster & NamespaceWatch;
    let token: string;
    const denied = (call: Promise<unknown>) => refused(call, "denied", "missing-right");

    beforeAll(async () => {
      client = new KubernetesClient(await start());
      const world = worldOf(client);
      for (const namespace of namespaces) await world.addNamespace(namespace, { team: "a" });
      for (const namespace of [...others, "infra"]) await world.addNamespace(namespace);
      for (const namespace of [...namespaces, ...others]) {
        await world.writeOutside(namespace, "database", { text: '{"auths":{}}' });
      }
      await applyAll(client, manifestsOf(mode));
      token = await client.token(account.namespace, account.name);
      runner = client.connect({ token: () => new Secret(token), fieldManager: "capstan-trial" });
    });
    afterAll(async () => {
      await client.close();
      await client.server.close();
    });

    it("allows a whole rotation of the targets", async () => {
      const query = chosen.includes("selector")
        ? { by: "selector" as const, labelSelector: "team", except: [] }
        : { by: "names" as const, names: namespaces };
      const found = await runner.listNamespaces(query);
      expect(found.map(({ name: found }) => found)).toEqual(namespaces);
      for (const namespace of namespaces) {
        expect(await runner.readSecret(namespace, "harbor-pull")).toBeNull();
        const empty = await runner.createEmptySecret(namespace, "harbor-pull", label);
        const served = await runner.applySecret(writeOf(empty));
        expect(loginsOf(await runner.applySecret(writeOf(served, 2)))).toEqual({ [host]: ours(2) });
      }
      const listing = runner.listSecrets("capstan.dev/credential=platform-pull", null);
      if (rights === "named") await denied(listing);
      else expect((await listing).secrets).toHaveLength(namespaces.length);
    });

    it("writes a source of copies, and only reads the copies", async () => {
      const source = await runner.createEmptySecret("infra", "copied", {});
      const { labels, annotations } = await runner.applySecret(writeOf(source, 1, { labels: {} }));
      const text = '{"auths":{}}';
      await worldOf(client).writeOutside("web", "copied", { text, labels, annotations, manager: "kyverno" });
      const copy = await runner.readSecret("web", "copied");
      if (copy === null) throw new Error("the copy is there");
      await denied(runner.applySecret(writeOf(copy, 1, { force: true })));
      await denied(runner.createEmptySecret("shop", "copied", {}));
    });

    it("reads, writes, creates and deletes no other Secret", async () => {
      for (const namespace of [...namespaces, ...others]) {
        const { metadata } = (await client.must("GET", `/api/v1/namespaces/${namespace}/secrets/database`)).body;
        const facts = await client.connect().readSecret(namespace, "database");
        if (facts === null) throw new Error("the foreign Secret is there");
        await denied(runner.readSecret(namespace, "database"));
        await denied(runner.applySecret(writeOf(facts, 1, { force: true })));
        await denied(runner.createEmptySecret(namespace, "mine", label));
        await denied(runner.deleteSecret(namespace, "database", metadata.uid, metadata.resourceVersion));
        const how = { token, type: "application/merge-patch+json" };
        const path = `/api/v1/namespaces/${namespace}/secrets`;
        expect((await client.call("PATCH", `${path}/database`, { data: null }, how)).status).toBe(403);
        expect((await client.call("POST", path, { metadata: { name: "mine" } }, { token })).status).toBe(403);
        expect((await client.call("DELETE", path, undefined, { token })).status).toBe(403);
      }
    });

    it(`lists ${rights === "list" ? "Secrets, and watches none" : "no Secret, and watches none"}`, async () => {
      const expected = rights === "list" ? 200 : 403;
      expect((await client.call("GET", "/api/v1/secrets?limit=1", undefined, { token })).status).toBe(expected);
      const named = "/api/v1/namespaces/shop/secrets?fieldSelector=metadata.name%3Dharbor-pull";
      expect((await client.call("GET", named, undefined, { token })).status).toBe(expected);
      const watch = "/api/v1/secrets?watch=true&timeoutSeconds=1";
      expect((await client.call("GET", watch, undefined, { token })).status).toBe(403);
    });

    it(`${agent ? "watches namespaces" : "watches nothing"}`, async () => {
      const seen: string[] = [];
      const told = ({ name: found }: NamespaceNews) => void seen.push(found);
      const wanted = { labelSelector: "team", after: null };
      const narrow = { token: () => new Secret(token), watchSecondsMax: 1 };
      const watching = client.connect(narrow).watchNamespaces(wanted, told, new AbortController().signal);
      if (!agent) return denied(watching);
      await watching;
      expect([...new Set(seen)].filter((found) => found !== "").sort()).toEqual(namespaces);
      return undefined;
    });

    it("touches nothing else", async () => {
      const calls = [
        ["POST", "/api/v1/namespaces/shop/pods", { metadata: { name: "p" }, spec: { containers: [] } }],
        ["PATCH", "/api/v1/namespaces/shop", { metadata: { labels: { a: "b" } } }],
        ["POST", "/api/v1/namespaces/capstan/serviceaccounts/capstan/token", {}],
        ["GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles", undefined],
        ["POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/roles", { metadata: { name: "more" } }],
      ] as const;
      for (const [method, path, body] of calls) {
        const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
        expect((await client.call(method, path, body, { token, type })).status, `${method} ${path}`).toBe(403);
      }
    });

    if (rights === "list" || chosen.includes("selector")) return;
    it("reaches into no other namespace", async () => {
      for (const namespace of others) {
        await denied(runner.readSecret(namespace, "harbor-pull"));
        await denied(runner.listNamespaces({ by: "names", names: [namespace] }));
      }
      await denied(runner.listNamespaces({ by: "selector", labelSelector: "", except: [] }));
    });
  });
}
