import type { ClusterConfig, Config } from "../complete.ts";
import { lookup } from "../lookup.ts";
import type { Finding } from "../problem.ts";

/** A Harbor whose endpoints are targets, among the clusters. */
export const isHarbor = (cluster: ClusterConfig | undefined): boolean => cluster !== undefined && "harbor" in cluster;

/** Pull Secrets are in Kubernetes clusters, endpoints at Harbors, and a site's own Secrets in none of the latter. */
export function checkEndpoints(config: Config): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [name, credential] of Object.entries(config.credentials)) {
    credential.targets.forEach(({ kind, clusters, at: index }) => {
      clusters.forEach((cluster, at) => {
        const found = lookup(config.clusters, cluster);
        if (found === undefined || isHarbor(found) === (kind === "endpoint")) return;
        const path = ["credentials", name, "targets", index, "clusters", at];
        findings.push(
          kind === "endpoint"
            ? { path, problem: "is no Harbor: endpoints are at one", mend: "name a cluster with the key harbor" }
            : { path, problem: "is a Harbor, which has no Secrets", mend: "write endpoint: and its name there" },
        );
      });
    });
  }
  for (const [name, site] of Object.entries(config.sites)) {
    if (site.kind !== "kubernetes" || !isHarbor(lookup(config.clusters, site.cluster))) continue;
    const path = ["sites", name, "cluster"];
    findings.push({ path, problem: "is a Harbor, which keeps no Secrets", mend: "name a Kubernetes cluster" });
  }
  return findings;
}
