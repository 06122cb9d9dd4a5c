import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Config } from "../../core/config/complete.ts";
import { loadConfig } from "../../core/config/load.ts";
import { formatProblem } from "../../core/config/problem.ts";
import { PortError } from "../../core/ports/errors.ts";
import { createFetchers } from "../../functions/compose/fetchers.ts";
import { createSecretSource } from "../../functions/compose/secrets.ts";
import type { Surroundings } from "../../functions/compose/surroundings.ts";
import { systemEntropy } from "../../functions/compose/tools.ts";
import { sandboxConfiguration } from "../../functions/sandbox/configuration.ts";
import { environmentReferences } from "../../functions/sandbox/facts.ts";
import { type Sandbox, startSandbox } from "../../functions/sandbox/start.ts";

type Configuration = ReturnType<typeof sandboxConfiguration>;

let sandbox: Sandbox;
let env: Record<string, string>;
let nowMs = Date.now();
let vault = "";
let project = "";
beforeAll(async () => {
  sandbox = await startSandbox({ clusters: 0, namespacesPerCluster: 0, seed: 3, quotas: false });
  const { aws, azure, gcp } = sandbox.describe();
  vault = azure.vaultUrl;
  project = gcp.project;
  env = {
    KEY_ID: aws.accessKeyId,
    KEY: aws.secretAccessKey.reveal(),
    VAULT_TOKEN: sandbox.azure.issueToken("https://vault.azure.net"),
    STORAGE_TOKEN: sandbox.azure.issueToken("https://storage.azure.com"),
    GCP_TOKEN: sandbox.gcp.issueToken(),
  };
  await putAws("team/harbor", '{"password":"from-aws-json","port":8443}');
  await putAws("plain", "from-aws-plain\n");
  await putAzure("harbor", "the-first");
  await putAzure("harbor", "from-azure");
  for (const text of ["the-first", "from-gcp", "newest"]) await putGcp("harbor", text);
  await changeGcp("PATCH", "secrets/harbor?updateMask=versionAliases", { versionAliases: { current: "2", old: "1" } });
  await putGcp("no-alias", "from-gcp-latest");
});
afterAll(() => sandbox.close());

async function putAws(name: string, text: string) {
  const { region, endpoint } = sandbox.describe().aws;
  const credentials = { accessKeyId: env["KEY_ID"] ?? "", secretAccessKey: env["KEY"] ?? "" };
  const client = new SecretsManagerClient({ region, endpoint, credentials });
  await client.send(new CreateSecretCommand({ Name: name, SecretString: text }));
  client.destroy();
}

async function sent(url: string, method: string, token: string, body: object): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const { ok, status } = await fetch(url, { method, headers, body: JSON.stringify(body) });
  if (!ok) throw new Error(`${method} ${url}: ${status}`);
}

const putAzure = (name: string, value: string) =>
  sent(`${vault}/secrets/${name}?api-version=7.5`, "PUT", env["VAULT_TOKEN"] ?? "", { value });

const changeGcp = (method: string, path: string, body: object) =>
  sent(`${sandbox.gcp.url}/v1/projects/${project}/${path}`, method, env["GCP_TOKEN"] ?? "", body);

async function putGcp(name: string, text: string) {
  await changeGcp("POST", `secrets?secretId=${name}`, { replication: { automatic: {} } }).catch(() => undefined);
  await changeGcp("POST", `secrets/${name}:addVersion`, { payload: { data: Buffer.from(text).toString("base64") } });
}

const logins = {
  aws: { accessKeyId: "env:KEY_ID", secretAccessKey: "env:KEY" },
  azure: { kind: "token", vaultToken: "env:VAULT_TOKEN", storageToken: "env:STORAGE_TOKEN" },
  gcp: { kind: "token", token: "env:GCP_TOKEN" },
};

/** The sandbox's configuration, its sites logging in as `changed` says. */
function configured(changed: Partial<Record<keyof typeof logins, object>> = {}): Config {
  const base: Configuration = sandboxConfiguration(sandbox.describe(), environmentReferences, "/ca.pem");
  const { aws, azure, gcp } = { ...logins, ...changed };
  const sites = {
    aws: { ...base.sites.aws, credentials: aws },
    azure: { ...base.sites.azure, credential: azure },
    gcp: { ...base.sites.gcp, credential: gcp },
  };
  const text = JSON.stringify({ ...base, sites });
  const { config, problems } = loadConfig({ path: "/etc/capstan.yaml", readFile: () => text, env: {} });
  if (config === null) throw new Error(problems.map(formatProblem).join("\n"));
  return config;
}

function resolverOf(config: Config = configured(), platform: Surroundings["platform"] = null) {
  const source = createSecretSource(env);
  const around: Surroundings = {
    env,
    nowMs: () => nowMs,
    sleep: async () => {},
    entropy: systemEntropy,
    requestTimeoutMs: 5_000,
    platform,
    resolve: (reference) => resolve(reference),
  };
  const resolve = source.resolver(createFetchers(config, around));
  return { resolve, scrub: source.scrub };
}

describe("a reference into a cloud is read with the login of its site", () => {
  const references = (): readonly (readonly [string, string])[] => [
    ["aws:plain", "from-aws-plain"],
    ["aws:team/harbor#password", "from-aws-json"],
    [`azure:${vault}/secrets/harbor`, "from-azure"],
    [`gcp:projects/${project}/secrets/harbor`, "from-gcp"],
    [`gcp:projects/${project}/secrets/harbor#old`, "the-first"],
    [`gcp:projects/${project}/secrets/harbor#latest`, "newest"],
    [`gcp:projects/${project}/secrets/no-alias#1`, "from-gcp-latest"],
  ];

  it("each kind, with key, alias and number; the scrubber knows what was read", async () => {
    const { resolve, scrub } = resolverOf();
    for (const [reference, text] of references()) {
      expect([reference, (await resolve(reference)).reveal()]).toEqual([reference, text]);
      expect(scrub(`got ${text}`)).not.toContain(text);
    }
  });

  it("a version of Key Vault by its id", async () => {
    const [first] = sandbox.azure.secret("harbor") ?? [];
    expect(sandbox.azure.secret("harbor")).toHaveLength(2);
    const { resolve } = resolverOf();
    expect((await resolve(`azure:${vault}/secrets/harbor/${first?.versionId}`)).reveal()).toBe("the-first");
  });

  it("the login may be kept in another cloud", async () => {
    await putAzure("aws-key", env["KEY"] ?? "");
    const aws = { accessKeyId: "env:KEY_ID", secretAccessKey: `azure:${vault}/secrets/aws-key` };
    expect((await resolverOf(configured({ aws })).resolve("aws:plain")).reveal()).toBe("from-aws-plain");
  });

  it("is kept for a minute: a driver may ask at each of its requests", async () => {
    const { resolve } = resolverOf();
    const asked = () => sandbox.aws.counts.get("GetSecretValue") ?? 0;
    const before = asked();
    await Promise.all([resolve("aws:plain"), resolve("aws:plain"), resolve("aws:team/harbor#password")]);
    await resolve("aws:team/harbor#password");
    expect(asked()).toBe(before + 2);
    nowMs += 60_000;
    await resolve("aws:plain");
    expect(asked()).toBe(before + 3);
  });
});

async function errorOf(promise: Promise<unknown>): Promise<PortError> {
  const error = await promise.catch((one: unknown) => one);
  expect(error).toBeInstanceOf(PortError);
  return error as PortError;
}

describe("what cannot be read says which reference, and what to do", () => {
  it.each([
    ["aws:absent", "there is no such secret"],
    ["aws:plain#key", "its value is no JSON object"],
    ["aws:team/harbor#port", "no text under this key"],
    ["aws:team/harbor#constructor", "no text under this key"],
  ])("%s", async (reference, words) => {
    const error = await errorOf(resolverOf().resolve(reference));
    expect(error).toMatchObject({ kind: "denied", reason: "bad-credentials", system: "configuration" });
    expect(error.message).toContain(`${reference}: `);
    expect(error.message).toContain(words);
    expect(error.message).not.toContain("from-aws");
  });

  it("no alias current: it asks for one rather than taking the latest", async () => {
    const error = await errorOf(resolverOf().resolve(`gcp:projects/${project}/secrets/no-alias`));
    expect(error.message).toMatch(/secrets\/no-alias: .*alias current; name another: #latest/);
    const named = await errorOf(resolverOf().resolve(`gcp:projects/${project}/secrets/harbor#nope`));
    expect(named.message).toContain("no version of it has this alias");
  });

  it("a vault's secret that is not there", async () => {
    const error = await errorOf(resolverOf().resolve(`azure:${vault}/secrets/absent`));
    expect(error.message).toContain("there is no such secret");
  });

  it("a login that is refused is denied; an outage is one, and mends by itself", async () => {
    const aws = { accessKeyId: "env:KEY_ID", secretAccessKey: "env:KEY_ID" };
    expect(await errorOf(resolverOf(configured({ aws })).resolve("aws:plain"))).toMatchObject({ kind: "denied" });
    const { resolve } = resolverOf();
    const down = sandbox.faults.set({ part: "aws", action: { type: "reply", status: 503, body: "from-aws-plain" } });
    const error = await errorOf(resolve("aws:plain"));
    expect(error).toMatchObject({ kind: "unreachable" });
    expect(error.message).not.toContain("from-aws");
    down.remove();
    expect((await resolve("aws:plain")).reveal()).toBe("from-aws-plain");
  });

  it("a login kept where only that login reaches is refused, also in a circle of two clouds", async () => {
    const own = { accessKeyId: "env:KEY_ID", secretAccessKey: "aws:plain" };
    const { resolve } = resolverOf(configured({ aws: own }));
    const words = "the login to the site aws is kept where only that login reaches";
    expect((await errorOf(resolve("aws:team/harbor#password"))).message).toContain(words);
    expect((await errorOf(resolve("aws:plain"))).message).toContain(words);

    const circle = configured({
      aws: { accessKeyId: "env:KEY_ID", secretAccessKey: `gcp:projects/${project}/secrets/harbor` },
      gcp: { kind: "token", token: "aws:plain" },
    });
    expect((await errorOf(resolverOf(circle).resolve("aws:plain"))).message).toContain(words);
    expect((await resolverOf(circle).resolve(`azure:${vault}/secrets/harbor`)).reveal()).toBe("from-azure");
  });

  it("a login that is kept in the cloud that it is to get into, by federation, is refused", async () => {
    const base = configured({ aws: { accessKeyId: "env:KEY_ID", secretAccessKey: `azure:${vault}/secrets/harbor` } });
    const { aws, azure } = base.sites;
    if (aws?.kind !== "aws" || azure?.kind !== "azure") throw new Error("no such sites");
    const federation = {
      aws: { tenantId: "tenant", clientId: "client", audience: "api://AzureADTokenExchange" },
      gcp: undefined,
    };
    const config = { ...base, sites: { ...base.sites, azure: { ...azure, federation } } };
    const { resolve } = resolverOf(config, { cloud: "aws", site: aws });
    const words = "the login to the site azure is kept where only that login reaches";
    expect((await errorOf(resolve(`azure:${vault}/secrets/harbor`))).message).toContain(words);
  });

  it("without a site, the platform's own login: no region is said", async () => {
    const config = { ...configured(), sites: {} };
    expect((await errorOf(resolverOf(config).resolve("aws:plain"))).message).toContain("no region");
  });
});
