import { type ClusterWorld, contractManager, contractPageSize, type OutsideSecret } from "./cluster-suite.ts";
import type { KubernetesClient } from "./kubernetes-server.ts";

const key = ".dockerconfigjson";

/** What others do to a cluster, done through its API: the same on the sandbox and on a real server. */
export function worldOf(client: KubernetesClient): ClusterWorld {
  const secret = (namespace: string, name: string) => `/api/v1/namespaces/${namespace}/secrets/${name}`;
  const terminateNamespace = async (name: string) => {
    await client.must("DELETE", `/api/v1/namespaces/${name}`);
  };
  return {
    cluster: client.connect({ fieldManager: contractManager, pageSize: contractPageSize }),
    addNamespace: async (name, labels = {}) => {
      await client.must("POST", "/api/v1/namespaces", { metadata: { name, labels } });
    },
    terminateNamespace,
    removeNamespace: async (name) => {
      await client.must("DELETE", `/api/v1/namespaces/${name}/secrets`);
      await terminateNamespace(name);
      const body = { apiVersion: "v1", kind: "Namespace", metadata: { name }, spec: { finalizers: [] } };
      await client.must("PUT", `/api/v1/namespaces/${name}/finalize`, body);
    },
    writeOutside: async (namespace, name, { text, manager = "kubectl-edit", ...rest }: OutsideSecret) => {
      const { type = "kubernetes.io/dockerconfigjson", immutable, labels = {}, annotations = {} } = rest;
      const body = {
        metadata: { name, labels, annotations },
        type,
        ...(immutable === undefined ? {} : { immutable }),
        data: text === null ? {} : { [key]: Buffer.from(text).toString("base64") },
      };
      const query = `?fieldManager=${manager}`;
      const present = await client.call("GET", secret(namespace, name));
      if (present.status === 200) await client.must("PUT", `${secret(namespace, name)}${query}`, body);
      else await client.must("POST", `/api/v1/namespaces/${namespace}/secrets${query}`, body);
    },
    deleteOutside: async (namespace, name) => {
      await client.must("DELETE", secret(namespace, name));
    },
    setAccount: async (namespace, name, pullSecrets) => {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
      const imagePullSecrets = pullSecrets.map((secret) => ({ name: secret }));
      const how = { type: "application/merge-patch+json" };
      const patched = await client.call("PATCH", `${path}/${name}`, { imagePullSecrets }, how);
      if (patched.status === 404) await client.must("POST", path, { metadata: { name }, imagePullSecrets });
    },
    accountSecrets: async (namespace, name) => {
      const { body } = await client.must("GET", `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`);
      return (body.imagePullSecrets ?? []).map((entry: { readonly name: string }) => entry.name);
    },
    storedText: async (namespace, name) => {
      const { status, body } = await client.call("GET", secret(namespace, name));
      const encoded: unknown = status === 200 ? body.data?.[key] : undefined;
      return typeof encoded === "string" ? Buffer.from(encoded, "base64").toString("utf8") : null;
    },
  };
}
