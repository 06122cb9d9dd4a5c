import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { sandboxConfiguration } from "./configuration.ts";
import type { Sandbox } from "./start.ts";

export interface SandboxFiles {
  /** Path → what it is for; absolute. */
  readonly files: Readonly<Record<string, string>>;
  /** Input of `capstan.yaml`, its references pointing to these files. */
  readonly configuration: ReturnType<typeof sandboxConfiguration>;
}

/**
 * Writes what a person needs to try the CLI by hand: the authority, a token per cluster, the issuer's
 * password, AWS keys, and `env.sh` with the identities that Azure's and Google's SDKs look for. All but
 * the authority get mode 0600, the directory 0700.
 */
export async function writeSandboxFiles(directory: string, sandbox: Sandbox): Promise<SandboxFiles> {
  const facts = sandbox.describe();
  const folder = resolve(directory);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files: Record<string, string> = {};
  const write = async (name: string, text: string, purpose: string, mode = 0o600): Promise<void> => {
    const path = join(folder, name);
    await writeFile(path, text, { mode });
    // The mode above is only for a new file.
    await chmod(path, mode);
    files[path] = purpose;
  };

  await write("ca.pem", facts.caPem, "authority of the clusters' certificates", 0o644);
  for (const { name, issuer, admin } of facts.harbors) {
    await write(`${name}-issuer.secret`, issuer.password.reveal(), `password of ${issuer.username} at ${name}`);
    await write(`${name}-admin.secret`, admin.password.reveal(), `password of the administrator of ${name}`);
  }
  await write("aws-access-key-id", facts.aws.accessKeyId, "AWS access key id");
  await write("aws-secret-access-key.secret", facts.aws.secretAccessKey.reveal(), "AWS secret access key");
  for (const { name, runnerToken, nodeToken } of facts.clusters) {
    await write(`${name}.token`, runnerToken.reveal(), `a runner's token for cluster ${name}`);
    await write(`${name}-node.token`, nodeToken.reveal(), `a node's token for cluster ${name}`);
  }
  const identities = { ...sandbox.env.azure, ...sandbox.env.gcp };
  const exported = Object.entries(identities).filter(([name]) => !name.startsWith("CAPSTAN_"));
  const lines = exported.map(([name, value]) => `export ${name}='${value}'\n`).join("");
  await write("env.sh", lines, "to be sourced: identities of Azure and Google Cloud");

  const path = (name: string): string => join(folder, name);
  const references = {
    issuer: (harbor: string) => `file:${path(`${harbor}-issuer.secret`)}`,
    clusterToken: (cluster: string) => `file:${path(`${cluster}.token`)}`,
    aws: {
      accessKeyId: `file:${path("aws-access-key-id")}`,
      secretAccessKey: `file:${path("aws-secret-access-key.secret")}`,
    },
  };
  return { files, configuration: sandboxConfiguration(facts, references, path("ca.pem")) };
}
