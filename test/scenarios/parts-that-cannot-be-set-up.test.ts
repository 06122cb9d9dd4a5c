import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { tick } from "../../core/app/tick.ts";
import type { Tools } from "../../core/app/tools.ts";
import { loadConfig } from "../../core/config/load.ts";
import { formatProblem } from "../../core/config/problem.ts";
import { createAgeIdentity } from "../../core/drivers/local-file/age.ts";
import type { Cluster } from "../../core/ports/cluster.ts";
import { createSecretSource } from "../../functions/compose/secrets.ts";
import { composeTools } from "../../functions/compose/tools.ts";
import { type Sandbox, startSandbox } from "../../functions/sandbox/start.ts";

let sandbox: Sandbox;
let folder = "";
let env: Record<string, string>;
beforeAll(async () => {
  sandbox = await startSandbox({ clusters: 1, namespacesPerCluster: 1, seed: 5 });
  folder = mkdtempSync(join(tmpdir(), "capstan-parts-"));
  const { harbor, clusters } = sandbox.describe();
  const { identity } = await createAgeIdentity();
  const token = clusters[0]?.runnerToken.reveal() ?? "";
  env = { ISSUER: harbor.issuer.password.reveal(), AGE: identity.reveal(), PLUGIN_TOKEN: token };
  writeFileSync(join(folder, "kubeconfig"), kubeconfig());
});
afterAll(async () => {
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
});

/** One cluster, and users that log in (or do not) in different ways. */
function kubeconfig(): string {
  const { clusters, caPem } = sandbox.describe();
  const authority = Buffer.from(caPem).toString("base64");
  const print = "console.log(JSON.stringify({ status: { token: process.env.PLUGIN_TOKEN } }))";
  const plugin = (script: string) => ({ exec: { command: process.execPath, args: ["-e", script] } });
  const users = {
    exec: plugin(print),
    "broken-exec": plugin("process.exit(7)"),
    "other-exec": { exec: { command: "somebodys-plugin" } },
    "token-file": { tokenFile: "absent-token" },
    certificate: { "client-certificate-data": "eA==" },
  };
  return stringify({
    clusters: [
      { name: "c", cluster: { server: clusters[0]?.server, "certificate-authority-data": authority } },
      { name: "nowhere", cluster: { server: "not an address" } },
    ],
    users: Object.entries(users).map(([name, user]) => ({ name, user })),
    contexts: [
      ...Object.keys(users).map((name) => ({ name, context: { cluster: "c", user: name } })),
      { name: "nowhere", context: { cluster: "nowhere", user: "exec" } },
    ],
  });
}

function compose(clusters: object, around: NodeJS.ProcessEnv = env) {
  const { harbor, aws } = sandbox.describe();
  const credential = (targets: readonly object[]) => ({
    registry: "harbor",
    registryHost: harbor.host,
    home: "local",
    robot: { permissions: [{ namespace: harbor.project, access: [{ resource: "repository", action: "pull" }] }] },
    proof: { repository: harbor.repository },
    targets,
  });
  const targets = [{ clusters: "all", namespaces: { names: ["team-1"] }, secret: "pull" }];
  const text = stringify({
    format: 1,
    installation: "parts",
    registries: {
      harbor: {
        kind: "harbor",
        endpoint: harbor.endpoint,
        issuer: { username: harbor.issuer.username, password: "env:ISSUER" },
      },
      lost: {
        kind: "harbor",
        endpoint: harbor.endpoint,
        caFile: "absent.pem",
        issuer: { username: "x", password: "env:ISSUER" },
      },
    },
    sites: {
      local: { kind: "local", directory: "./values", identity: "env:AGE" },
      aws: {
        kind: "aws",
        region: aws.region,
        credentials: { accessKeyId: "env:KEY_ID", secretAccessKey: "env:KEY" },
        secretsManager: { endpoint: aws.endpoint },
        ledger: { kind: "dynamodb", table: aws.table, endpoint: aws.endpoint },
      },
    },
    clusters,
    credentials: {
      pull: credential(targets),
      both: { ...credential([]), sites: ["aws"] },
      lost: { ...credential([]), registry: "lost" },
    },
  });
  const { config, problems } = loadConfig({ path: join(folder, "capstan.yaml"), readFile: () => text, env });
  if (config === null) throw new Error(problems.map(formatProblem).join("\n"));
  const secrets = createSecretSource(around);
  return composeTools({ config, sites: ["local", "aws"], env: around, secrets, log: () => undefined });
}

const oneTick = (tools: Tools) => tick(tools, { sites: ["local", "aws"], credentials: [], acts: {}, deadlineMs: null });

describe("what cannot be set up fails its own calls, and nothing else", () => {
  const broken = {
    "wrong-context": [{ context: "absent" }, 'invalid: kubeconfig: no entry "absent" in contexts'],
    "no-file": [{ context: "exec", kubeconfig: "absent" }, "invalid: kubeconfig: .*absent cannot be read .ENOENT"],
    "refused-exec": [
      { context: "other-exec" },
      "denied: .*runs the exec plugin somebodys-plugin, which is not allowed",
    ],
    "broken-exec": [{ context: "broken-exec", allowExec: [process.execPath] }, "denied: exec plugin .*status 7"],
    "no-token": [{ context: "token-file" }, "invalid: .*absent-token cannot be read .ENOENT"],
    "by-certificate": [{ context: "certificate" }, "denied: .*logs in by client-certificate-data"],
    "no-address": [{ context: "nowhere", allowExec: [process.execPath] }, "invalid: .*its server is no address"],
  } as const;

  it("clusters: each is named with the way out, the others are served; so are other sites and credentials", async () => {
    const site = "local";
    const kubeconfigs = Object.entries(broken).map(([name, [given]]) => [
      name,
      { site, kubeconfig: "./kubeconfig", ...given },
    ]);
    const server = sandbox.describe().clusters[0]?.server;
    const { aws } = sandbox.describe();
    const keys = { KEY_ID: aws.accessKeyId, KEY: aws.secretAccessKey.reveal() };
    await oneTick(compose({}, { ...env, ...keys }));
    const tools = compose({
      good: { site, context: "exec", kubeconfig: "./kubeconfig", allowExec: [process.execPath] },
      "no-ca": { site, server, caFile: "absent-ca.pem", token: "env:PLUGIN_TOKEN" },
      "no-env": { site, server, token: "env:NOT_SET" },
      ...Object.fromEntries(kubeconfigs),
    });
    await oneTick(tools);
    const result = await oneTick(tools);
    const ends = result.runs.map((run) => [run.credential, run.role, run.site, run.outcome.end]);
    expect(ends).toEqual([
      ["pull", "home", "local", "waiting"],
      ["pull", "site", "local", "waiting"],
      ["both", "home", "local", "waiting"],
      ["both", "site", "local", "served"],
      ["both", "site", "aws", "blocked"],
      ["lost", "home", "local", "waiting"],
      ["lost", "site", "local", "nothing"],
    ]);

    const report = result.runs.find((run) => run.role === "site" && run.credential === "pull")?.outcome;
    const unserved = report !== undefined && "report" in report ? (report.report?.unserved ?? []) : [];
    const said = Object.fromEntries(unserved.map(({ target, reason, text }) => [target, `${reason}: ${text}`]));
    expect(Object.keys(said).sort()).toEqual(["no-ca", "no-env", ...Object.keys(broken)].sort());
    for (const [name, [, words]] of Object.entries(broken)) {
      const [reason, ...rest] = words.split(": ");
      expect(said[name]).toMatch(new RegExp(`^${reason}: kubernetes ${name}: .*${rest.join(": ")}`));
    }
    expect(said["no-ca"]).toMatch(/^invalid: kubernetes no-ca: .*absent-ca\.pem cannot be read \(ENOENT\)$/);
    expect(said["no-env"]).toBe("denied: env:NOT_SET: the environment variable is not set");
    expect(sandbox.clusters[0]?.secret("team-1", "pull")?.data[".dockerconfigjson"]).toContain("pull-g1-");

    const of = (credential: string, where: string) =>
      result.runs
        .filter((run) => run.credential === credential && run.site === where)
        .flatMap((run) => run.outcome.problems.map(({ text }) => text))
        .join("\n");
    expect(of("both", "aws")).toContain("site aws: env:KEY_ID: the environment variable is not set");
    expect(of("lost", "local")).toMatch(/cannot list robots: .*absent\.pem cannot be read \(ENOENT\)/);
  });

  it("is tried again: mended outside, it works without a new start", async () => {
    const tools = compose({ later: { site: "local", context: "token-file", kubeconfig: "./later" } });
    const cluster = tools.ports.clusters["later"] as Cluster;
    const asked = () => cluster.listNamespaces({ by: "names", names: ["team-1"] });
    await expect(asked()).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringContaining("later cannot be"),
    });
    writeFileSync(join(folder, "later"), kubeconfig());
    await expect(asked()).rejects.toMatchObject({ kind: "invalid", message: expect.stringContaining("absent-token") });
    writeFileSync(join(folder, "absent-token"), env["PLUGIN_TOKEN"] ?? "");
    expect(await asked()).toEqual([{ name: "team-1", terminating: false }]);
    rmSync(join(folder, "absent-token"));
  });
});
