import type { Config } from "../complete.ts";
import { lookup } from "../lookup.ts";
import type { Finding, PathSegment } from "../problem.ts";
import { suggest } from "../suggest.ts";

/** Everything that is named elsewhere exists, and a cluster's site takes part. */
export function checkNames(config: Config): readonly Finding[] {
  const findings: Finding[] = [];
  const demand = (path: readonly PathSegment[], what: string, name: string, known: readonly string[]) => {
    if (known.includes(name)) return true;
    const near = suggest(name, known);
    const listed = known.length === 0 ? `add it under ${what}s` : `known: ${known.slice(0, 20).join(", ")}`;
    findings.push({
      path,
      problem: `names no ${what} of this file`,
      mend: near === null ? listed : `did you mean ${near}?`,
    });
    return false;
  };
  const sites = Object.keys(config.sites);
  const clusters = Object.keys(config.clusters);

  for (const [name, site] of Object.entries(config.sites)) {
    if (site.kind === "kubernetes") demand(["sites", name, "cluster"], "cluster", site.cluster, clusters);
    if (site.kind === "agent") demand(["sites", name, "of"], "site", site.of, sites);
  }
  for (const [name, cluster] of Object.entries(config.clusters)) {
    demand(["clusters", name, "site"], "site", cluster.site, sites);
  }
  for (const [name, credential] of Object.entries(config.credentials)) {
    const at = ["credentials", name];
    demand([...at, "registry"], "registry", credential.registry, Object.keys(config.registries));
    demand([...at, "home"], "site", credential.home, sites);
    credential.sites.forEach((site, index) => {
      demand([...at, "sites", index], "site", site, sites);
    });
    const own = [credential.home, ...credential.sites];
    if (demand([...at, "canarySite"], "site", credential.canarySite, sites) && !own.includes(credential.canarySite)) {
      findings.push({
        path: [...at, "canarySite"],
        problem: "is no site of this credential",
        mend: `choose one of ${own.join(", ")}, or add it to sites`,
      });
    }
    for (const target of credential.targets) {
      target.clusters.forEach((cluster, index) => {
        const path = [...at, "targets", target.at, "clusters", index];
        if (!demand(path, "cluster", cluster, clusters)) return;
        const site = lookup(config.clusters, cluster)?.site ?? "";
        if (own.includes(site) || !sites.includes(site)) return;
        findings.push({
          path,
          problem: `belongs to the site ${site}, which is none of this credential's`,
          mend: `add ${site} to credentials.${name}.sites`,
        });
      });
    }
  }
  return findings;
}
