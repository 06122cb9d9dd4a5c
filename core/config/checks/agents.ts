import type { AgentSite } from "../agents.ts";
import { isAgentSite } from "../agents.ts";
import type { Config } from "../complete.ts";
import { lookup } from "../lookup.ts";
import type { Finding } from "../problem.ts";

/** An agent reads a store that home's runner flips for the site it belongs to, and decides nothing itself. */
export function checkAgents(config: Config): readonly Finding[] {
  const findings: Finding[] = [];
  const agents = Object.entries(config.sites).flatMap(([name, site]) =>
    site.kind === "agent" ? [{ name, site }] : [],
  );
  for (const { name, site } of agents) findings.push(...checkOf(config, name, site));
  for (const [name, credential] of Object.entries(config.credentials)) {
    const own = [credential.home, ...credential.sites];
    for (const key of ["home", "canarySite"] as const) {
      if (!isAgentSite(config, credential[key])) continue;
      findings.push({
        path: ["credentials", name, key],
        problem: "is the site of an agent, which has no store of its own",
        mend: `name the site whose store it reads (sites.${credential[key]}.of)`,
      });
    }
    for (const { name: agent, site } of agents) {
      if (!own.includes(agent) || own.includes(site.of)) continue;
      findings.push({
        path: ["credentials", name, "sites"],
        problem: `has the agent ${agent} and not the site whose store it reads`,
        mend: `add ${site.of} to credentials.${name}.sites`,
      });
    }
  }
  return findings;
}

function checkOf(config: Config, name: string, { of }: AgentSite): readonly Finding[] {
  const path = ["sites", name, "of"];
  const kind = lookup(config.sites, of)?.kind;
  // A name that is not there is named by another check.
  if (kind !== "agent" && kind !== "local") return [];
  const problem = kind === "agent" ? "is an agent itself" : "keeps its values in files of one machine";
  return [{ path, problem, mend: "name a site of kind aws, azure, gcp or kubernetes" }];
}
