import { readFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { agentManifests, filesOfAgent } from "../../core/app/manifests/agent.ts";
import { externalSecretsManifests } from "../../core/app/manifests/external-secrets.ts";
import { identityOf, type WorkloadIdentity } from "../../core/app/manifests/identity.ts";
import { lookup } from "../../core/config/lookup.ts";
import type { CliActions, CliResult, ManifestsOptions } from "./actions.ts";
import { type ConfigFile, readConfigFile } from "./config-file.ts";
import { exitCode } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { refuse } from "./flags.ts";
import { pickClusters, pickSites } from "./pick.ts";
import { yamlLines } from "./rbac.ts";

/** What etcd takes of an object is 1.5 MiB; a ConfigMap's data is held to 1 MiB by the API server. */
const filesBytesMax = 1024 * 1024;

/** `capstan manifests`: prints, and changes nothing. Document: `{agent, manifests}`, or `{clusters: [{cluster, manifests}]}`. */
export const manifests: CliActions["manifests"] = async (options, context) => {
  const file = await readConfigFile(context);
  const { agent } = options;
  if (agent === null) return forExternalSecrets(file, options);
  pickSites(file, [agent]);
  const identity = identityFlag(file, agent, options.identity);
  const files = filesBeside(file, agent);
  const made = usage("agent", () => agentManifests(file.config, agent, { ...options, identity, files }));
  return { exitCode: exitCode.done, data: { agent, manifests: made }, table: yamlLines(made) };
};

function forExternalSecrets(file: ConfigFile, { clusters: names, account }: ManifestsOptions): CliResult {
  const made = pickClusters(file, names).map((cluster) => ({
    cluster,
    manifests: usage("externalSecrets", () => externalSecretsManifests(file.config, cluster, account)),
  }));
  const clusters = made.filter(({ manifests: found }) => found.length > 0);
  if (clusters.length === 0) throw refuse("externalSecrets", "no target there has by: external-secrets");
  const table = clusters.flatMap(({ cluster, manifests: found }) => [`# Cluster ${cluster}`, ...yamlLines(found)]);
  return { exitCode: exitCode.done, data: { clusters }, table };
}

function identityFlag({ config }: ConfigFile, agent: string, text: string | null): WorkloadIdentity | null {
  const site = lookup(config.sites, agent);
  const kind = site?.kind === "agent" ? (lookup(config.sites, site.of)?.kind ?? "") : "";
  return text === null ? null : usage("identity", () => identityOf(kind, text));
}

/** What the core refuses in words about the option, as wrong usage. */
function usage<T>(flag: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof TypeError) throw refuse(flag, error.message);
    throw error;
  }
}

/** The configuration's text, and the authorities that the agent needs, which must lie in the file's own folder. */
function filesBeside({ config, path }: ConfigFile, agent: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = { "capstan.yaml": readFileSync(path, "utf8") };
  for (const caFile of filesOfAgent(config, agent)) {
    const name = relative(dirname(path), caFile);
    if (!/^[\w.-]{1,253}$/.test(name) || name.startsWith(".."))
      throw new Failure(exitCode.configuration, `${caFile}: a file that an agent needs lies beside capstan.yaml`);
    files[name] = readFileSync(caFile, "utf8");
  }
  const bytes = Object.values(files).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes > filesBytesMax)
    throw new Failure(exitCode.configuration, `${path}: over ${filesBytesMax} bytes: a ConfigMap takes no more`);
  return files;
}
