import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as wait } from "node:timers/promises";
import { LeaseOwners } from "../../core/app/lease-owners.ts";
import type { Log } from "../../core/app/log.ts";
import { sitesOf } from "../../core/app/settings.ts";
import type { Tools } from "../../core/app/tools.ts";
import type { Config } from "../../core/config/complete.ts";
import type { Ports } from "../../core/engine/ports.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Entropy } from "../../core/ports/entropy.ts";
import { clusterDriver, newProcessGate } from "./clusters.ts";
import { createFetchers } from "./fetchers.ts";
import { platformOf } from "./platform.ts";
import { registryDrivers } from "./registries.ts";
import type { SecretSource } from "./secrets.ts";
import { driversOf } from "./site-drivers.ts";
import { storeNotices } from "./store-notices.ts";
import type { Surroundings } from "./surroundings.ts";
import { trustInspections } from "./trusts.ts";

export const systemEntropy: Entropy = { hex: (bytes) => randomBytes(bytes).toString("hex") };

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  async sleep(ms, signal) {
    // A wait that is cut short is no failure: the caller looks at its signal.
    await wait(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  },
};

export interface ComposeOptions {
  readonly config: Config;
  /** Sites whose runners this process plays. */
  readonly sites: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly secrets: SecretSource;
  readonly log: Log;
}

/**
 * Everything outside that these runners may reach, and nothing else: a replica's runner needs nothing of
 * home's. Nothing is read or asked yet; what cannot be reached later fails its own calls.
 */
export function composeTools(options: ComposeOptions): Tools {
  const { config, sites, env, secrets, log } = options;
  const played = Object.entries(config.credentials).filter(([, credential]) =>
    sitesOf(credential).some((site) => sites.includes(site)),
  );
  const limits = played.map(([, credential]) => credential.limits.requestTimeoutMs);
  const around: Surroundings = {
    env,
    ...systemClock,
    entropy: systemEntropy,
    requestTimeoutMs: limits.length === 0 ? 20_000 : Math.min(...limits),
    platform: platformOf(config, sites, env),
    resolve: (reference) => resolve(reference),
  };
  // References into clouds are read with logins that may be references themselves.
  const resolve = secrets.resolver(createFetchers(config, around));
  const wantedSites = new Set(sites.filter((site) => config.sites[site] !== undefined));
  for (const [, credential] of played) {
    // Home writes into every site's store and reads every site's report.
    if (sites.includes(credential.home)) for (const site of sitesOf(credential)) wantedSites.add(site);
  }
  const used = new Set(played.flatMap(([, credential]) => credential.targets.flatMap((target) => target.clusters)));
  const wantedClusters = [...used].filter((cluster) => sites.includes(config.clusters[cluster]?.site ?? ""));

  const drivers = Object.entries(driversOf(config, [...wantedSites], around));
  const processGate = newProcessGate(around.nowMs);
  const clusters = Object.fromEntries(
    wantedClusters.map((name) => [name, clusterDriver(config, name, around, processGate)]),
  );
  const registries = registryDrivers(
    config,
    played.map(([name]) => name),
    around,
  );
  const ports: Ports = {
    registries,
    clusters,
    stores: Object.fromEntries(drivers.map(([site, { store }]) => [site, store])),
    ledgers: Object.fromEntries(drivers.map(([site, { ledger }]) => [site, ledger])),
  };
  return {
    config,
    ports,
    issuers: registries,
    watches: clusters,
    platform: around.platform?.cloud ?? null,
    trusts: trustInspections(config, [...wantedSites], around),
    storeNotices: storeNotices(config, [...wantedSites], around),
    clock: systemClock,
    entropy: systemEntropy,
    owners: new LeaseOwners(`${hostname()}/${process.pid}/${systemEntropy.hex(4)}`),
    log,
  };
}
