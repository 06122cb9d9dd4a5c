import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { ClusterConfig, Config } from "../../core/config/complete.ts";
import { lookup } from "../../core/config/lookup.ts";
import type { KubeconfigEntry } from "../../core/drivers/kubernetes/kubeconfig.ts";
import { ProcessGate } from "../../core/drivers/kubernetes/process-gate.ts";
import type { DatedToken } from "../../core/drivers/kubernetes/token.ts";
import { heedRetryAfter } from "../../core/engine/retry-after.ts";
import type { Cluster } from "../../core/ports/cluster.ts";
import { PortError } from "../../core/ports/errors.ts";
import type { NamespaceWatch } from "../../core/ports/namespace-watch.ts";
import { Secret } from "../../core/secret.ts";
import { lateDriver, setupError } from "./late-driver.ts";
import type { Surroundings } from "./surroundings.ts";

const calls: Readonly<Record<keyof (Cluster & NamespaceWatch), true>> = {
  listNamespaces: true,
  listSecrets: true,
  readSecret: true,
  readExternalSecret: true,
  createEmptySecret: true,
  applySecret: true,
  deleteSecret: true,
  linkPullSecret: true,
  unlinkPullSecret: true,
  watchNamespaces: true,
};

/** What all clusters of one process share. */
export function newProcessGate(nowMs: () => number): ProcessGate {
  return new ProcessGate({ nowMs, sleep: (ms) => delay(ms, undefined, { ref: false }) });
}

/**
 * One cluster's driver: by server and token, or by a kubeconfig's context. Whatever keeps it from being
 * reached is a `PortError` of its own calls, in the words of `readKubeconfig` where these tell the way out.
 */
export function clusterDriver(
  config: Config,
  name: string,
  around: Surroundings,
  processGate: ProcessGate,
): Cluster & NamespaceWatch {
  const found = lookup(config.clusters, name);
  if (found !== undefined && "harbor" in found) return harborDriver(found.harbor, name, around);
  const system = `kubernetes ${name}`;
  const driver = lateDriver<Cluster & NamespaceWatch>(system, calls, async () => {
    const { createKubernetesCluster } = await import("../../core/drivers/kubernetes/cluster.ts");
    return createKubernetesCluster({
      name,
      fieldManager: `capstan-${config.installation}`,
      requestTimeoutMs: around.requestTimeoutMs,
      nowMs: around.nowMs,
      processGate,
      ...(await clusterReach(config, name, around)),
    });
  });
  return heedRetryAfter(driver, around.nowMs);
}

type ByHarbor = Extract<ClusterConfig, { harbor: object }>["harbor"];

/** A Harbor's registry endpoints in a cluster's place. */
function harborDriver({ endpoint, caFile, username, password }: ByHarbor, name: string, around: Surroundings) {
  const driver = lateDriver<Cluster & NamespaceWatch>(`harbor ${name}`, calls, async () => {
    const { createHarborEndpoints } = await import("../../core/drivers/harbor/endpoints.ts");
    return createHarborEndpoints({
      endpoint,
      ...(caFile === undefined ? {} : { caFile }),
      login: async () => ({ username, password: await around.resolve(password) }),
      nowMs: around.nowMs,
      requestTimeoutMs: around.requestTimeoutMs,
    });
  });
  return heedRetryAfter(driver, around.nowMs);
}

/** Address, authority and login of one cluster, for whoever else keeps something in it. */
export async function clusterReach(config: Config, name: string, around: Surroundings) {
  const cluster = lookup(config.clusters, name);
  if (cluster === undefined) throw new Error(`no cluster ${name} in the configuration`);
  if ("server" in cluster) return byServer(cluster, around);
  if ("harbor" in cluster) throw new Error(`${name} is a Harbor, and no cluster`);
  if ("context" in cluster) return byKubeconfig(cluster, `kubernetes ${name}`, around);
  const { cloudReach } = await import("./cloud-clusters.ts");
  return cloudReach(cluster, lookup(config.sites, cluster.site) ?? null, around);
}

type ByServer = Extract<ClusterConfig, { server: string }>;
type ByKubeconfig = Extract<ClusterConfig, { context: string }>;

function byServer({ server, caFile, token }: ByServer, around: Surroundings) {
  return { server, caFile, token: () => around.resolve(token) };
}

async function byKubeconfig(cluster: ByKubeconfig, system: string, around: Surroundings) {
  const { readKubeconfig } = await import("../../core/drivers/kubernetes/kubeconfig.ts");
  const read = (): KubeconfigEntry =>
    readKubeconfig({
      files: cluster.kubeconfig === undefined ? undefined : [cluster.kubeconfig],
      context: cluster.context,
      env: around.env,
      home: around.env["HOME"] ?? homedir(),
      allowExec: cluster.allowExec,
    });
  const { server, caPem, tlsServerName } = read();
  const token = async (): Promise<Secret | DatedToken> => {
    try {
      // Read anew: whoever refreshes a login writes it into the file.
      return await tokenOf(read(), around);
    } catch (error) {
      throw setupError(system, error);
    }
  };
  return { server, caPem, tlsServerName, token };
}

async function tokenOf(entry: KubeconfigEntry, around: Surroundings): Promise<Secret | DatedToken> {
  if (entry.token !== undefined) return entry.token;
  if (entry.exec !== undefined) {
    const { execTokenSource } = await import("../../core/drivers/kubernetes/exec-plugin.ts");
    return execTokenSource(entry.exec, { env: around.env, timeoutMs: around.requestTimeoutMs })();
  }
  const text = entry.tokenFile === undefined ? "" : (await readFile(entry.tokenFile, "utf8")).trim();
  if (text !== "") return new Secret(text);
  throw new PortError("denied", `kubeconfig: context ${entry.context} has no token`, {
    system: "kubeconfig",
    operation: "read",
    reason: "bad-credentials",
  });
}
