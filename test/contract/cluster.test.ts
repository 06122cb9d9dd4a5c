import { MemoryCluster } from "../../core/drivers/memory/cluster.ts";
import { clusterContract, contractManager, contractPageSize, type OutsideSecret } from "./cluster-suite.ts";
import { startSandboxServer } from "./kubernetes-server.ts";
import { kubernetesContract } from "./kubernetes-suite.ts";

clusterContract("memory", async () => {
  const cluster = new MemoryCluster({ fieldManager: contractManager, pageSize: contractPageSize });
  const world = {
    cluster,
    addNamespace: (name: string, labels = {}) => cluster.addNamespace(name, labels),
    terminateNamespace: (name: string) => cluster.addNamespace(name, {}, true),
    removeNamespace: (name: string) => cluster.removeNamespace(name),
    writeOutside: (namespace: string, name: string, secret: OutsideSecret) =>
      cluster.writeOutside(namespace, name, secret),
    deleteOutside: (namespace: string, name: string) => cluster.deleteSecretOutside(namespace, name),
    setAccount: (namespace: string, name: string, pullSecrets: readonly string[]) =>
      cluster.setAccount(namespace, name, pullSecrets),
    accountSecrets: (namespace: string, name: string) => cluster.state.accounts?.[`${namespace}/${name}`] ?? [],
    storedText: (namespace: string, name: string) =>
      cluster.state.secrets[`${namespace}/${name}`]?.text?.reveal() ?? null,
  };
  return { world, close: async () => {} };
});

kubernetesContract("the sandbox", startSandboxServer);
