import type { Config, SiteConfig } from "../../core/config/complete.ts";
import { lookup } from "../../core/config/lookup.ts";
import { loadTogether } from "./load-together.ts";
import { shareStore } from "./shared-store.ts";
import { type SiteDrivers, siteDrivers } from "./sites.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Drivers of these sites. An agent's are those of the site whose store it reads: shared with it where both are
 * wanted (home's runner), else logged in to as the pod.
 */
export function driversOf(
  config: Config,
  names: readonly string[],
  around: Surroundings,
): Readonly<Record<string, SiteDrivers>> {
  const site = (name: string) => {
    const found = lookup(config.sites, name);
    if (found === undefined) throw new Error(`no site ${name} in the configuration`);
    return found;
  };
  const made: Record<string, SiteDrivers> = {};
  const drivers = (name: string, as: SiteConfig): SiteDrivers => {
    const { store, ledger } = siteDrivers(config, name, as, around);
    return { store, ledger: loadTogether(ledger) };
  };
  for (const name of names) if (site(name).kind !== "agent") made[name] = drivers(name, site(name));
  for (const name of names) {
    const agent = site(name);
    if (agent.kind !== "agent") continue;
    const { of } = agent;
    const wanted = Object.hasOwn(made, of);
    const { store, ledger } = made[of] ?? drivers(of, asPod(site(of)));
    const { own, shared } = shareStore(store, of);
    if (wanted) made[of] = { store: own, ledger };
    made[name] = { store: shared, ledger };
  }
  return made;
}

/** The same account, with the login that the platform gives a pod. */
function asPod(site: SiteConfig): SiteConfig {
  switch (site.kind) {
    case "aws": {
      const { credentials: _keys, federation: _trust, ...rest } = site;
      return rest;
    }
    case "azure": {
      const { federation: _trust, ...rest } = site;
      return { ...rest, credential: { kind: "managed" } };
    }
    case "gcp": {
      const { federation: _trust, ...rest } = site;
      return { ...rest, credential: { kind: "default" } };
    }
    default:
      return site;
  }
}
