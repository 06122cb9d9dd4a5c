import type { DiscoverTools } from "../../core/app/discover.ts";
import type { Config } from "../../core/config/complete.ts";
import { lookup } from "../../core/config/lookup.ts";
import { clusterDriver, newProcessGate } from "./clusters.ts";
import { createFetchers } from "./fetchers.ts";
import { loginOf } from "./issuer-login.ts";
import { platformOf } from "./platform.ts";
import type { SecretSource } from "./secrets.ts";
import type { Surroundings } from "./surroundings.ts";
import { systemClock, systemEntropy } from "./tools.ts";

const requestTimeoutMs = 60_000;

/**
 * What `discover` may reach: one Harbor, as its retirer or issuer, and all clusters of the file whose Secrets
 * may be listed.
 */
export async function composeDiscovery(
  config: Config,
  name: string,
  env: NodeJS.ProcessEnv,
  secrets: SecretSource,
): Promise<DiscoverTools> {
  const registry = lookup(config.registries, name);
  if (registry === undefined) throw new Error(`no registry ${name} in the configuration`);
  const around: Surroundings = {
    env,
    ...systemClock,
    entropy: systemEntropy,
    requestTimeoutMs,
    platform: platformOf(config, [], env),
    resolve: (reference) => resolve(reference),
  };
  const resolve = secrets.resolver(createFetchers(config, around));
  const { createHarborInventory } = await import("../../core/drivers/harbor/inventory.ts");
  const inventory = createHarborInventory({
    endpoint: registry.endpoint,
    ...(registry.caFile === undefined ? {} : { caFile: registry.caFile }),
    issuer: loginOf(registry.retirer ?? registry.issuer, config, around),
    nowMs: around.nowMs,
    requestTimeoutMs,
  });
  const clusters = Object.keys(config.clusters).filter((one) => lookup(config.clusters, one)?.rights !== "named");
  const processGate = newProcessGate(around.nowMs);
  return {
    inventory,
    clusters: Object.fromEntries(clusters.map((one) => [one, clusterDriver(config, one, around, processGate)])),
    nowMs: around.nowMs,
    hosts: [registry.endpoint, ...registry.pullEndpoints].map((endpoint) => new URL(endpoint).host),
  };
}
