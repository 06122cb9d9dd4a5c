import type { Config, SiteConfig } from "./complete.ts";
import { lookup } from "./lookup.ts";

export type AgentSite = Extract<SiteConfig, { kind: "agent" }>;

/** Is this site's runner an agent inside a cluster? Nobody else plays it unasked: what it reaches, only it reaches. */
export function isAgentSite(config: Pick<Config, "sites">, site: string): boolean {
  return lookup(config.sites, site)?.kind === "agent";
}
