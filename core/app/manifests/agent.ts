import { createHash } from "node:crypto";
import { isAgentSite } from "../../config/agents.ts";
import type { Config } from "../../config/complete.ts";
import { lookup } from "../../config/lookup.ts";
import { type Manifest, type RunnerAccount, rbacManifests } from "../rbac.ts";
import { sitesOf } from "../settings.ts";
import { podOf, probePort } from "./agent-pod.ts";
import { identityFields, type WorkloadIdentity } from "./identity.ts";

export interface AgentManifestOptions {
  readonly account: RunnerAccount;
  readonly form: "deployment" | "cronjob";
  /** Image with `capstan` as its entry point. */
  readonly image: string;
  /** Null: none is named (EKS Pod Identity, or a principal of GKE's pool). */
  readonly identity: WorkloadIdentity | null;
  /** Text of `capstan.yaml`, and the files that it names for this agent, by their names beside it. */
  readonly files: Readonly<Record<string, string>>;
}

const everyMinutes = 5;
/** A CronJob leaves eleven of 63 characters to the names of its Jobs. */
const nameCharactersMax = 52;

/** The cluster of this agent that it runs in. Throws a `TypeError` where it has none, or several. */
export function clusterOfAgent(config: Config, site: string): string {
  const inside = Object.entries(config.clusters).filter(
    ([, cluster]) => cluster.site === site && "inCluster" in cluster,
  );
  const [only, ...more] = inside.map(([name]) => name);
  if (!isAgentSite(config, site)) throw new TypeError(`${site} is no site of kind agent`);
  if (only === undefined || more.length > 0)
    throw new TypeError(`the agent ${site} needs exactly one cluster with inCluster: true, it has ${inside.length}`);
  return only;
}

/**
 * All that an agent needs in its cluster: namespace, account with its workload identity, rights, configuration, and a
 * Deployment or a CronJob that the pod security standard `restricted` takes. Throws a `TypeError` as `clusterOfAgent`.
 */
export function agentManifests(config: Config, site: string, options: AgentManifestOptions): readonly Manifest[] {
  const { account, form, files, identity } = options;
  const cluster = clusterOfAgent(config, site);
  const name = `capstan-agent-${site}`.slice(0, nameCharactersMax).replace(/-+$/, "");
  const labels = { "app.kubernetes.io/name": "capstan-agent", "app.kubernetes.io/instance": site };
  const metadata = { name, namespace: account.namespace, labels };
  const { annotations } = identityFields(identity);
  const rights = rbacManifests(config, cluster, account).map((manifest): Manifest => {
    if (manifest.kind === "Namespace") return withMetadata(manifest, { labels: restricted });
    return manifest.kind === "ServiceAccount" && annotations !== undefined
      ? withMetadata(manifest, { annotations })
      : manifest;
  });
  const configuration: Manifest = { apiVersion: "v1", kind: "ConfigMap", metadata, data: files };
  const timesMs = timesOf(config, site);
  const runner = form === "deployment" ? deployment : cronJob;
  return [...rights, configuration, runner({ site, name, metadata, labels, timesMs, options })];
}

const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };

function withMetadata(manifest: Manifest, more: object): Manifest {
  return { ...manifest, metadata: { ...manifest.metadata, ...more } };
}

interface Runner {
  readonly site: string;
  readonly name: string;
  readonly metadata: Manifest["metadata"];
  readonly labels: Readonly<Record<string, string>>;
  readonly timesMs: { readonly tickMsMax: number; readonly requestMsMax: number };
  readonly options: AgentManifestOptions;
}

function deployment({ site, name, metadata, labels, timesMs, options }: Runner): Manifest {
  const args = ["agent", "--site", site, "--probe-port", String(probePort)];
  const template = podOf({ ...options, name, labels, args, stays: true, graceMs: timesMs.requestMsMax });
  // Two at once are safe: a new one may begin before the old one has ended.
  const spec = { replicas: 1, revisionHistoryLimit: 3, selector: { matchLabels: labels }, template };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec };
}

function cronJob({ site, name, metadata, labels, timesMs, options }: Runner): Manifest {
  const args = ["agent", "--site", site, "--once"];
  const template = podOf({ ...options, name, labels, args, stays: false, graceMs: timesMs.requestMsMax });
  const jobSeconds = Math.ceil((timesMs.tickMsMax + 2 * timesMs.requestMsMax) / 1_000) + 60;
  const spec = {
    // Agents of other clusters call at another minute.
    schedule: `${minuteOf(site)}-59/${everyMinutes} * * * *`,
    concurrencyPolicy: "Forbid",
    startingDeadlineSeconds: 120,
    successfulJobsHistoryLimit: 1,
    failedJobsHistoryLimit: 3,
    jobTemplate: {
      spec: { backoffLimit: 0, activeDeadlineSeconds: jobSeconds, ttlSecondsAfterFinished: 3_600, template },
    },
  };
  return { apiVersion: "batch/v1", kind: "CronJob", metadata, spec };
}

function minuteOf(site: string): number {
  return createHash("sha256").update(site).digest().readUInt32BE() % everyMinutes;
}

/** The longest of the credentials that this agent works for. */
function timesOf(config: Config, site: string): Runner["timesMs"] {
  const limits = Object.values(config.credentials)
    .filter((credential) => sitesOf(credential).includes(site))
    .map((credential) => credential.limits);
  return {
    tickMsMax: Math.max(60_000, ...limits.map(({ tickDeadlineMs }) => tickDeadlineMs)),
    requestMsMax: Math.max(20_000, ...limits.map(({ requestTimeoutMs }) => requestTimeoutMs)),
  };
}

/** Files that this agent reads at its start: authorities of its Harbors and of its store. Absolute paths. */
export function filesOfAgent(config: Config, site: string): readonly string[] {
  const agent = lookup(config.sites, site);
  const of = agent?.kind === "agent" ? lookup(config.sites, agent.of) : undefined;
  const store = of?.kind === "aws" ? [of.secretsManager.caFile, of.ledger.caFile] : [];
  const vault = of?.kind === "azure" ? [of.caFile, of.ledger.caFile] : [];
  const google = of?.kind === "gcp" ? [of.caFile, of.ledger.kind === "gcs" ? of.ledger.caFile : undefined] : [];
  const harbors = Object.values(config.credentials)
    .filter((credential) => sitesOf(credential).includes(site))
    .map(({ registry }) => lookup(config.registries, registry)?.caFile);
  return [...new Set([...harbors, ...store, ...vault, ...google].filter((path) => path !== undefined))].sort();
}
