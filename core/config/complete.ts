import { expandCredentials, type SingleCredential } from "./expand.ts";
import { lookup } from "./lookup.ts";
import type { FileConfig } from "./schema/file.ts";
import { withSources } from "./sources.ts";

export type RegistryConfig = FileConfig["registries"][string];
export type SiteConfig = FileConfig["sites"][string];
export type ClusterConfig = FileConfig["clusters"][string];
type FileTarget = SingleCredential["targets"][number];

/** Pull Secrets that hold a credential; `clusters` are names. `at`: place of the target in the file. */
export type TargetConfig = Omit<FileTarget, "clusters"> & { readonly clusters: readonly string[]; readonly at: number };

/** A credential at one registry, with everything that follows from the rest of the file filled in. */
export type CredentialConfig = Omit<
  SingleCredential,
  "targets" | "sites" | "canarySite" | "storeName" | "registryHost"
> & {
  readonly targets: readonly TargetConfig[];
  /** Sites other than home. */
  readonly sites: readonly string[];
  readonly canarySite: string;
  readonly storeName: string;
  /** `host[:port]`, the key in pull Secrets. */
  readonly registryHost: string;
};

/** What `loadConfig` gives: defaults filled in, spans in milliseconds, paths absolute. */
export type Config = Omit<FileConfig, "credentials"> & {
  readonly credentials: Readonly<Record<string, CredentialConfig>>;
};

/** Fills in what follows from other parts of the file. Unknown names are left as they are: the checks name them. */
export function completeConfig(file: FileConfig): Config {
  const credentials = expandCredentials(file).map(([name, credential]) => {
    const own = [credential.home, ...(credential.sites ?? Object.keys(file.sites))];
    const all = (kind: FileTarget["kind"]) =>
      Object.entries(file.clusters).flatMap(([cluster, found]) =>
        own.includes(found.site) && "harbor" in found === (kind === "endpoint") ? [cluster] : [],
      );
    const targets = withSources(
      credential.targets.map((target, at) => ({
        ...target,
        clusters: target.clusters === "all" ? all(target.kind) : target.clusters,
        at,
      })),
    );
    const used = targets.flatMap((target) =>
      target.clusters.map((cluster) => lookup(file.clusters, cluster)?.site ?? ""),
    );
    const sites = credential.sites ?? withStores(file, used);
    const completed: CredentialConfig = {
      ...credential,
      targets,
      sites: [...new Set(sites)].filter((site) => site !== credential.home),
      canarySite: credential.canarySite ?? credential.home,
      storeName: credential.storeName ?? `capstan-${name}`,
      registryHost: credential.registryHost ?? hostOf(lookup(file.registries, credential.registry)),
    };
    return [name, completed] as const;
  });
  return { ...file, credentials: Object.fromEntries(credentials) };
}

/** The site whose store an agent reads takes part wherever the agent does. */
function withStores(file: FileConfig, used: readonly string[]): readonly string[] {
  return used.flatMap((name) => {
    const site = lookup(file.sites, name);
    if (name === "") return [];
    return site?.kind === "agent" ? [name, site.of] : [name];
  });
}

/** `URL.host` leaves out a scheme's own port, as image names do. */
function hostOf(registry: RegistryConfig | undefined): string {
  const first = registry?.pullEndpoints[0];
  return first === undefined ? "" : new URL(first).host;
}

/** How long a replaced generation lives on after all are served: the longest of the three waits. */
export function drainMsOf(drain: CredentialConfig["drain"]): number {
  return Math.max(drain.overlapMs, drain.longestPullMs, drain.pullModeRefreshMs);
}
