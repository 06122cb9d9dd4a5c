import type { Config, CredentialConfig, SiteConfig, TargetConfig } from "../../config/complete.ts";
import { type LabelCondition, parseLabelSelector } from "../../config/label-selector.ts";
import { lookup } from "../../config/lookup.ts";
import type { Manifest, RunnerAccount } from "../rbac.ts";
import { documentOf, storeProvider } from "./secret-store.ts";

const apiVersion = "external-secrets.io/v1";
const intervalMsDefault = 15 * 60_000;

/**
 * What External Secrets needs in one cluster to write the targets that it is to write there: a store per site, and per
 * target an ExternalSecret in each namespace, or (chosen by label) a ClusterExternalSecret. `account`: the
 * ServiceAccount whose workload identity reads the store. Throws a `TypeError` for a store that it cannot read.
 */
export function externalSecretsManifests(config: Config, cluster: string, account: RunnerAccount): readonly Manifest[] {
  const site = storeSite(config, lookup(config.clusters, cluster)?.site ?? "");
  const wanted = Object.entries(config.credentials).flatMap(([name, credential]) =>
    credential.targets
      .filter(({ by, clusters }) => by === "external-secrets" && clusters.includes(cluster))
      .map((target) => ({ name, credential, target })),
  );
  if (wanted.length === 0) return [];
  const store: Manifest = {
    apiVersion,
    kind: "ClusterSecretStore",
    metadata: { name: storeName(site.name) },
    spec: { provider: storeProvider(config, site.site, account) },
  };
  return [
    store,
    ...wanted.flatMap(({ name, credential, target }) => objectsOf(config, site, name, credential, target)),
  ];
}

interface StoreSite {
  readonly name: string;
  readonly site: Exclude<SiteConfig, { kind: "agent" }>;
}

/** An agent's clusters read the store that the agent reads. */
function storeSite(config: Config, name: string): StoreSite {
  const site = lookup(config.sites, name);
  if (site?.kind === "agent") return storeSite(config, site.of);
  if (site === undefined) throw new TypeError(`${name} is no site of this file`);
  return { name, site };
}

const storeName = (site: string) => `capstan-${site}`;

function objectsOf(
  config: Config,
  { name: site, site: { kind } }: StoreSite,
  name: string,
  credential: CredentialConfig,
  target: TargetConfig,
): readonly Manifest[] {
  const { template, data } = documentOf(kind, credential.storeName);
  const { secret, namespaces } = target;
  const spec = {
    refreshInterval: interval(credential.drain.pullModeRefreshMs),
    secretStoreRef: { kind: "ClusterSecretStore", name: storeName(site) },
    target: {
      name: secret,
      template: {
        type: "kubernetes.io/dockerconfigjson",
        // So that all of them are found by one listing.
        metadata: { labels: { "capstan.dev/installation": config.installation } },
        data: { ".dockerconfigjson": template },
      },
    },
    data: [data],
  };
  if (namespaces.by === "names") {
    return namespaces.names.map((namespace) => ({
      apiVersion,
      kind: "ExternalSecret",
      metadata: { name: secret, namespace },
      spec,
    }));
  }
  const chosen = [
    ...(parseLabelSelector(namespaces.labelSelector) ?? []).map(expression),
    ...except(namespaces.except),
  ];
  const namespaceSelectors = [{ matchExpressions: chosen }];
  return [
    {
      apiVersion,
      kind: "ClusterExternalSecret",
      metadata: { name: `capstan-${name}-${secret}` },
      spec: { externalSecretName: secret, namespaceSelectors, externalSecretSpec: spec },
    },
  ];
}

function expression({ key, operator, values }: LabelCondition): object {
  if (values === null) return { key, operator: operator === "in" ? "Exists" : "DoesNotExist" };
  return { key, operator: operator === "in" ? "In" : "NotIn", values };
}

const except = (names: readonly string[]) =>
  names.length === 0 ? [] : [{ key: "kubernetes.io/metadata.name", operator: "NotIn", values: names }];

/** As Go writes a duration. */
function interval(pullModeRefreshMs: number): string {
  const ms = pullModeRefreshMs > 0 ? pullModeRefreshMs : intervalMsDefault;
  return ms % 60_000 === 0 ? `${ms / 60_000}m` : `${Math.ceil(ms / 1_000)}s`;
}
