import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import type { Config } from "../../core/config/complete.ts";
import type { Cluster } from "../../core/ports/cluster.ts";
import { Secret } from "../../core/secret.ts";
import type { Surroundings } from "./surroundings.ts";

/** One cluster's driver: by server and token, or by a kubeconfig's context. */
export async function clusterDriver(config: Config, name: string, around: Surroundings): Promise<Cluster> {
  const cluster = config.clusters[name];
  if (cluster === undefined) throw new Error(`no cluster ${name} in the configuration`);
  const { createKubernetesCluster } = await import("../../core/drivers/kubernetes/cluster.ts");
  const common = {
    name,
    fieldManager: `capstan-${config.installation}`,
    requestTimeoutMs: around.requestTimeoutMs,
    nowMs: around.nowMs,
  };
  if ("server" in cluster)
    return createKubernetesCluster({
      ...common,
      server: cluster.server,
      caFile: cluster.caFile,
      token: () => around.resolve(cluster.token),
    });
  const { readKubeconfig } = await import("../../core/drivers/kubernetes/kubeconfig.ts");
  const files = cluster.kubeconfig === undefined ? undefined : [cluster.kubeconfig];
  const entry = readKubeconfig({
    files,
    context: cluster.context,
    env: around.env,
    home: around.env["HOME"] ?? homedir(),
  });
  const { server, caPem, tlsServerName } = entry;
  const token = async (): Promise<Secret> => {
    if (entry.token !== undefined) return entry.token;
    if (entry.tokenFile !== undefined) return new Secret((await readFile(entry.tokenFile, "utf8")).trim());
    throw new Error(`kubeconfig: context ${entry.context} has no token`);
  };
  return createKubernetesCluster({ ...common, server, caPem, tlsServerName, token });
}
