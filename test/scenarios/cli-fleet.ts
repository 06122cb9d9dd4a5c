import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Sandbox, startSandbox } from "../../functions/sandbox/start.ts";
import { renderTrialConfiguration } from "../../functions/sandbox/trial-configuration.ts";
import { writeSandboxFiles } from "../../functions/sandbox/write-files.ts";
import { Capstan } from "./capstan-process.ts";

export interface CliFleet {
  readonly sandbox: Sandbox;
  readonly folder: string;
  readonly capstan: Capstan;
  /** Changes the file that the CLI reads. */
  edit(change: (text: string) => string): void;
  /** Living robots but for the issuer. */
  robots(): readonly string[];
  /** All that must never be printed. */
  secrets(): readonly string[];
  close(): Promise<void>;
}

interface FleetOptions {
  readonly clusters: number;
  readonly namespacesPerCluster: number;
  /** Path of `capstan.mjs`. */
  readonly entry: string;
}

function fleetOf(sandbox: Sandbox, folder: string, entry: string, env: Readonly<Record<string, string>>): CliFleet {
  const config = join(folder, "capstan.yaml");
  return {
    sandbox,
    folder,
    capstan: new Capstan({ cwd: folder, entry, env }),
    edit: (change) => writeFileSync(config, change(readFileSync(config, "utf8"))),
    robots: () =>
      sandbox.harbor
        .robots()
        .filter(({ deletedAtMs, username }) => deletedAtMs === null && !username.includes("issuer"))
        .map(({ username }) => username),
    secrets() {
      const { harbor, aws, azure, clusters } = sandbox.describe();
      const tokens = clusters.flatMap(({ runnerToken, nodeToken }) => [runnerToken, nodeToken]);
      const keys = [harbor.issuer.password, harbor.admin.password, aws.secretAccessKey, azure.identityHeader];
      return [...sandbox.harbor.secrets(), ...keys, ...tokens].map((secret) => secret.reveal());
    },
    async close() {
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A sandbox with three clouds and the `capstan.yaml` that `capstan sandbox` writes for it. */
export async function startCloudFleet({ entry, ...size }: FleetOptions): Promise<CliFleet> {
  const sandbox = await startSandbox({ ...size, seed: 7 });
  const folder = mkdtempSync(join(tmpdir(), "capstan-clouds-"));
  const { configuration } = await writeSandboxFiles(folder, sandbox);
  writeFileSync(join(folder, "capstan.yaml"), renderTrialConfiguration(configuration));
  return fleetOf(sandbox, folder, entry, { ...sandbox.env.azure, ...sandbox.env.gcp });
}

/** A Harbor and one cluster of a kubeconfig, for `capstan init`: no cloud at all. */
export async function startLocalFleet({ entry, ...size }: FleetOptions): Promise<CliFleet> {
  const sandbox = await startSandbox({ ...size, seed: 8 });
  const folder = mkdtempSync(join(tmpdir(), "capstan-local-"));
  const { clusters, caPem, harbor } = sandbox.describe();
  const authority = Buffer.from(caPem).toString("base64");
  const kubeconfig = {
    apiVersion: "v1",
    kind: "Config",
    clusters: clusters.map(({ name, server }) => ({
      name,
      cluster: { server, "certificate-authority-data": authority },
    })),
    users: clusters.map(({ name, runnerToken }) => ({ name, user: { token: runnerToken.reveal() } })),
    contexts: clusters.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
  };
  writeFileSync(join(folder, "kubeconfig"), stringify(kubeconfig));
  return fleetOf(sandbox, folder, entry, { HARBOR_ISSUER_PASSWORD: harbor.issuer.password.reveal() });
}

/** `capstan init` for the local fleet, and drain and pauses shortened in what it wrote. */
export async function initLocalFleet(fleet: CliFleet, changes: readonly (readonly [string, string])[] = []) {
  const { harbor, clusters } = fleet.sandbox.describe();
  const ran = await fleet.capstan.run([
    ...["init", "--harbor-url", harbor.endpoint, "--issuer", harbor.issuer.username, "--project", harbor.project],
    ...["--kubeconfig", "./kubeconfig", "--context", ...clusters.map(({ name }) => name)],
    ...["--namespace", ...(clusters[0]?.namespaces ?? [])],
  ]);
  const short = [
    ["overlap: 1h", "overlap: 500ms"],
    ["longestPull: 30m", "longestPull: 0s"],
    [
      "    drain:",
      "    limits: { poll: 100ms, lease: 5s, tickDeadline: 5s, requestTimeout: 4s, attemptBackoff: 100ms }\n    drain:",
    ],
    ...changes,
  ] as const;
  fleet.edit((text) => short.reduce((changed, [from, to]) => changed.replace(from, to), text));
  return ran;
}
