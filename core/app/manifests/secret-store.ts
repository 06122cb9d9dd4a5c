import type { Config, SiteConfig } from "../../config/complete.ts";
import { lookup } from "../../config/lookup.ts";
import type { RunnerAccount } from "../rbac.ts";

type StoreSite = Exclude<SiteConfig, { kind: "agent" }>;

/** Provider of a ClusterSecretStore (External Secrets' documentation, v1). Throws a `TypeError` for one that it cannot read. */
export function storeProvider(config: Config, site: StoreSite, { namespace, name }: RunnerAccount): object {
  const serviceAccountRef = { name, namespace };
  switch (site.kind) {
    case "aws":
      return { aws: { service: "SecretsManager", region: site.region, auth: { jwt: { serviceAccountRef } } } };
    case "azure":
      return { azurekv: { authType: "WorkloadIdentity", vaultUrl: site.vaultUrl, serviceAccountRef } };
    case "gcp":
      // Cluster and location are taken from the metadata server where External Secrets runs.
      return { gcpsm: { projectID: site.project, auth: { workloadIdentity: { serviceAccountRef } } } };
    case "kubernetes": {
      const cluster = lookup(config.clusters, site.cluster);
      const url = cluster !== undefined && "server" in cluster ? cluster.server : "https://kubernetes.default.svc";
      const caProvider = { type: "ConfigMap", name: "kube-root-ca.crt", key: "ca.crt", namespace };
      const auth = { serviceAccount: { name, namespace } };
      return { kubernetes: { remoteNamespace: site.namespace, server: { url, caProvider }, auth } };
    }
    case "local":
      throw new TypeError("belongs to a site of kind local: files on one machine are read by nobody else");
  }
}

/** Template of `.dockerconfigjson`, and where in the store its one value comes from. */
export function documentOf(
  kind: StoreSite["kind"],
  storeName: string,
): { readonly template: string; readonly data: object } {
  if (kind === "kubernetes") {
    // The whole document stands under one key.
    return {
      template: "{{ (.document | fromJson).dockerconfigjson }}",
      data: { secretKey: "document", remoteRef: { key: storeName, property: "value" } },
    };
  }
  const version = kind === "gcp" ? { version: "current" } : {};
  const remoteRef = { key: storeName, property: "dockerconfigjson", ...version };
  return { template: "{{ .config }}", data: { secretKey: "config", remoteRef } };
}
