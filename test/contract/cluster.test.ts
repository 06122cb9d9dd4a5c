import { createKubernetesCluster } from "../../core/drivers/kubernetes/cluster.ts";
import { MemoryCluster } from "../../core/drivers/memory/cluster.ts";
import { Secret } from "../../core/secret.ts";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { startKubernetes } from "../../functions/sandbox/kubernetes/server.ts";
import { clusterContract, contractManager, contractPageSize, type OutsideSecret } from "./cluster-suite.ts";
import { kubernetesCertificates } from "./kubernetes-authority.ts";

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
    storedText: (namespace: string, name: string) =>
      cluster.state.secrets[`${namespace}/${name}`]?.text?.reveal() ?? null,
  };
  return { world, close: async () => {} };
});

clusterContract("kubernetes driver against the sandbox", async () => {
  const { caPem, tls } = await kubernetesCertificates();
  const nowMs = () => Date.now();
  const server = await startKubernetes({
    name: "contract",
    faults: new FaultBoard(),
    nowMs,
    tls,
    tokens: { t0: { username: "admin", groups: ["system:masters"] } },
  });
  const cluster = createKubernetesCluster({
    name: "contract",
    server: server.url,
    caPem,
    token: () => new Secret("t0"),
    fieldManager: contractManager,
    pageSize: contractPageSize,
    nowMs,
  });
  const key = ".dockerconfigjson";
  const world = {
    cluster,
    addNamespace: server.createNamespace,
    terminateNamespace: server.terminateNamespace,
    removeNamespace: server.deleteNamespace,
    writeOutside: (namespace: string, name: string, { text, ...rest }: OutsideSecret) =>
      server.putSecret(namespace, name, text === null ? {} : { [key]: text }, rest),
    deleteOutside: server.deleteSecret,
    storedText: (namespace: string, name: string) => server.secret(namespace, name)?.data[key] ?? null,
  };
  return { world, close: () => server.close() };
});
