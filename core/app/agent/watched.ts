import type { Config } from "../../config/complete.ts";
import { lookup } from "../../config/lookup.ts";
import { sitesOf } from "../settings.ts";

/** One watch of an agent: whom it concerns when a namespace of this name comes up there. */
export interface Watched {
  readonly cluster: string;
  readonly labelSelector: string;
  readonly credentialsFor: (namespace: string) => readonly string[];
}

/** More would hold connections open for hardly anything: what is not watched is seen by the next scheduled tick. */
export const watchesMax = 32;

/**
 * The watches that these sites' targets need: one per cluster and label selector. Namespaces chosen by name are
 * watched by one without a selector.
 */
export function watchedBy(config: Config, sites: readonly string[]): readonly Watched[] {
  const wishes = new Map<string, { cluster: string; selector: string; ask: ((name: string) => string | null)[] }>();
  for (const [credential, { targets, ...rest }] of Object.entries(config.credentials)) {
    if (!sitesOf(rest).some((site) => sites.includes(site))) continue;
    for (const { clusters, namespaces } of targets) {
      for (const cluster of clusters) {
        if (!sites.includes(lookup(config.clusters, cluster)?.site ?? "")) continue;
        const selector = namespaces.by === "selector" ? namespaces.labelSelector : "";
        const concerns = (name: string) =>
          namespaces.by === "selector" ? !namespaces.except.includes(name) : namespaces.names.includes(name);
        const key = JSON.stringify([cluster, selector]);
        const wish = wishes.get(key) ?? { cluster, selector, ask: [] };
        wish.ask.push((name) => (concerns(name) ? credential : null));
        wishes.set(key, wish);
      }
    }
  }
  return [...wishes.values()].map(({ cluster, selector, ask }) => ({
    cluster,
    labelSelector: selector,
    credentialsFor: (name) => [...new Set(ask.flatMap((one) => one(name) ?? []))],
  }));
}
