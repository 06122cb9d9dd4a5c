import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Compute } from "google-auth-library";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createReferenceResolver } from "../../core/config/references.ts";
import { fileSchema } from "../../core/config/schema/file.ts";
import { createAwsSecretStore } from "../../core/drivers/aws-secrets-manager/secret-store.ts";
import { createBlobLedger } from "../../core/drivers/azure-blob/ledger-store.ts";
import { createKeyVaultStore } from "../../core/drivers/azure-key-vault/secret-store.ts";
import { createDynamoLedger } from "../../core/drivers/dynamodb/ledger-store.ts";
import { createHarborRegistry } from "../../core/drivers/harbor/registry.ts";
import { createKubernetesCluster } from "../../core/drivers/kubernetes/cluster.ts";
import type { Secret } from "../../core/secret.ts";
import {
  credentialName,
  namespaceLabels,
  pullSecretName,
  sandboxConfiguration,
} from "../../functions/sandbox/configuration.ts";
import { environmentReferences } from "../../functions/sandbox/facts.ts";
import { podsOnDemand } from "../../functions/sandbox/pullers/pods-of.ts";
import { startPullers } from "../../functions/sandbox/pullers/start-pullers.ts";
import { type Sandbox, startSandbox } from "../../functions/sandbox/start.ts";
import { writeSandboxFiles } from "../../functions/sandbox/write-files.ts";

const nowMs = () => Date.now();
const size = { clusters: 3, namespacesPerCluster: 20 };
const labelSelector = Object.entries(namespaceLabels)
  .map(([key, value]) => `${key}=${value}`)
  .join(",");
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ ...size, seed: 1 });
});
afterAll(() => sandbox.close());

function runnerOf(cluster: string, which: "runnerToken" | "nodeToken" = "runnerToken") {
  const { caPem, clusters } = sandbox.describe();
  const facts = clusters.find(({ name }) => name === cluster);
  if (facts === undefined) throw new Error(cluster);
  const token = () => facts[which];
  return createKubernetesCluster({
    name: cluster,
    server: facts.server,
    caPem,
    token,
    fieldManager: "capstan-t",
    nowMs,
  });
}

it("starts three clusters with twenty namespaces in under a second", async () => {
  const tookMs: number[] = [];
  for (let at = 0; at < 3; at += 1) {
    const startedMs = performance.now();
    const other = await startSandbox({ ...size, seed: 1 });
    tookMs.push(Math.round(performance.now() - startedMs));
    await other.close();
  }
  process.stdout.write(`sandbox of 3 × 20 started in ${tookMs.join(", ")} ms\n`);
  expect(Math.min(...tookMs)).toBeLessThan(1000);
});

it("draws the same keys from the same seed, others from another", async () => {
  const small = { clusters: 1, namespacesPerCluster: 1 };
  const drawn: string[] = [];
  for (const seed of [1, 1, 2]) {
    const other = await startSandbox({ ...small, seed });
    const { aws, azure, clusters } = other.describe();
    drawn.push([aws.accessKeyId, aws.secretAccessKey, azure.identityHeader].map(reveal).join());
    drawn.push(reveal(clusters[0]?.runnerToken ?? ""));
    await other.close();
  }
  expect(drawn.slice(0, 2)).toEqual(drawn.slice(2, 4));
  expect(new Set(drawn).size).toBe(4);
});

it.for([
  ["v2.11.2", "admin"],
  ["v2.16.0", "robot$capstan-issuer"],
] as const)("Harbor %s has an issuer that may mint: %s", async ([harborVersion, username]) => {
  const other = await startSandbox({ clusters: 1, namespacesPerCluster: 1, seed: 1, harborVersion });
  const { harbor } = other.describe();
  const robotLevel = { level: "system" } as const;
  const registry = createHarborRegistry({ endpoint: harbor.endpoint, issuer: () => harbor.issuer, robotLevel, nowMs });
  const permissions = [
    { kind: "project" as const, namespace: harbor.project, access: [{ resource: "repository", action: "pull" }] },
  ];
  const report = await registry.inspectIssuer({ level: "system", permissions });
  expect(report.version).toContain(harborVersion);
  expect(report.identities).toMatchObject([{ username }]);
  expect(
    (await registry.mint({ name: "x", description: "", level: "system", durationDays: 1, permissions })).id,
  ).toBeGreaterThan(0);
  await other.close();
});

const reveal = (text: string | Secret): string => (typeof text === "string" ? text : text.reveal());

describe("each part is reached by its driver", () => {
  it("Harbor: the issuer mints a robot that may pull the image's repository", async () => {
    const { harbor } = sandbox.describe();
    const issuer = () => harbor.issuer;
    const registry = createHarborRegistry({
      endpoint: harbor.endpoint,
      issuer,
      robotLevel: { level: "system" },
      nowMs,
    });
    expect(await registry.whoami()).toMatchObject({ username: "robot$capstan-issuer", readOnly: false });
    const access = [{ resource: "repository", action: "pull" }];
    const robot = await registry.mint({
      name: "probe-g1",
      description: "test",
      level: "system",
      durationDays: 1,
      permissions: [{ kind: "project", namespace: harbor.project, access }],
    });
    const probe = await registry.probe(robot, { repository: harbor.repository, action: "pull" });
    expect(probe.endpoints).toEqual([{ endpoint: harbor.endpoint, verdict: "accepted" }]);
    await registry.remove(robot.id);
  });

  it("AWS", async () => {
    const { aws } = sandbox.describe();
    const { endpoint, region, accessKeyId, secretAccessKey, table } = aws;
    const access = { endpoint, region, credentials: { accessKeyId, secretAccessKey } };
    expect(await createAwsSecretStore(access).readCurrent("absent")).toBeNull();
    expect((await createDynamoLedger({ ...access, table }).load("absent")).record).toBeNull();
  });

  it("Azure, by its managed identity", async () => {
    const { azure } = sandbox.describe();
    for (const name of ["IDENTITY_ENDPOINT", "IDENTITY_HEADER"]) vi.stubEnv(name, sandbox.env.azure[name]);
    const credential = { kind: "managed" } as const;
    const { vaultUrl, accountUrl, container } = azure;
    expect(await createKeyVaultStore({ vaultUrl, credential, nowMs }).readCurrent("absent")).toBeNull();
    expect((await createBlobLedger({ accountUrl, container, credential }).load("absent")).record).toBeNull();
    vi.unstubAllEnvs();
  });

  it("Google Cloud, by its metadata server", async () => {
    const { gcp } = sandbox.describe();
    vi.stubEnv("GCE_METADATA_HOST", sandbox.env.gcp["GCE_METADATA_HOST"]);
    const reply = await new Compute().request({ url: `${gcp.endpoint}/v1/projects/${gcp.project}/secrets` });
    expect(reply.status).toBe(200);
    vi.unstubAllEnvs();
  });

  it("Kubernetes: a runner sees the labelled namespaces, a node may not list Secrets", async () => {
    for (const { name } of sandbox.clusters) {
      const query = { by: "selector", labelSelector, except: [] } as const;
      expect(await runnerOf(name).listNamespaces(query)).toHaveLength(20);
      await expect(runnerOf(name, "nodeToken").listSecrets("", null)).rejects.toMatchObject({ kind: "denied" });
    }
  });
});

it("a handed-out login is pulled with in the cluster that has it, and in no other", async () => {
  const { harbor } = sandbox.describe();
  const robot = sandbox.harbor.issuer("handed-out");
  const runner = runnerOf("prod-1");
  const empty = await runner.createEmptySecret("team-1", pullSecretName, { made: "here" });
  const { uid, resourceVersion } = empty;
  const target = { namespace: "team-1", name: pullSecretName, uid, resourceVersion };
  const logins = { [harbor.host]: robot };
  await runner.applySecret({ ...target, logins, annotations: {}, labels: { made: "here" }, force: false });
  const pullers = startPullers({
    ...podsOnDemand(sandbox.describe()),
    paceMs: 100,
    random: () => 0,
    nowMs,
  });
  expect(await pullers.pullOnce("prod-1", "team-1")).toMatchObject({ ok: true, username: robot.username, held: false });
  expect(await pullers.pullOnce("prod-2", "team-1")).toMatchObject({ ok: false, held: false });
  await pullers.stop();
});

describe("the files for trying it by hand", () => {
  it("carry a configuration that is valid and finds its secrets, and are readable by their owner alone", async () => {
    const folder = mkdtempSync(join(tmpdir(), "capstan-sandbox-"));
    try {
      const { files, configuration } = await writeSandboxFiles(folder, sandbox);
      const parsed = fileSchema.parse(configuration);
      expect(Object.keys(parsed.clusters)).toEqual(["prod-1", "prod-2", "prod-3"]);
      const resolver = createReferenceResolver({
        env: {},
        readFile: async (path) => readFileSync(path, "utf8"),
        fetchers: {},
      });
      const { harbor, clusters } = sandbox.describe();
      const issuer = await resolver.resolve(configuration.registries.harbor.issuer.password);
      expect(issuer.equals(harbor.issuer.password)).toBe(true);
      for (const { name, runnerToken } of clusters) {
        const token = await resolver.resolve(configuration.clusters[name]?.token ?? "");
        expect(token.equals(runnerToken)).toBe(true);
      }
      expect(readFileSync(configuration.clusters["prod-1"]?.caFile ?? "", "utf8")).toBe(sandbox.caPem);
      for (const path of Object.keys(files)) {
        expect(statSync(path).mode & 0o777).toBe(path.endsWith("ca.pem") ? 0o644 : 0o600);
      }
      const env = readFileSync(join(folder, "env.sh"), "utf8");
      expect(env).toContain(`export IDENTITY_ENDPOINT='${sandbox.azure.identityUrl}'`);
      expect(env).toContain(`export GCE_METADATA_HOST='${sandbox.gcp.metadataHost}'`);
      expect(JSON.stringify(configuration)).not.toContain(issuer.reveal());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("or leave the secrets to each function's environment", async () => {
    const facts = sandbox.describe();
    const configuration = sandboxConfiguration(facts, environmentReferences, "/ca.pem");
    expect(fileSchema.parse(configuration).credentials[credentialName]?.home).toBe("aws");
    for (const { name, site, runnerToken } of facts.clusters) {
      const resolver = createReferenceResolver({
        env: sandbox.env[site],
        readFile: () => Promise.reject(),
        fetchers: {},
      });
      expect((await resolver.resolve(configuration.clusters[name]?.token ?? "")).equals(runnerToken)).toBe(true);
      const issuer = resolver.resolve(configuration.registries.harbor.issuer.password);
      if (site === "aws") expect((await issuer).equals(facts.harbor.issuer.password)).toBe(true);
      else await expect(issuer).rejects.toThrow("CAPSTAN_HARBOR_PASSWORD");
    }
  });
});
