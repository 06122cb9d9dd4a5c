import { MemoryCluster } from "../../core/drivers/memory/cluster.ts";
import { MemoryLedgerStore } from "../../core/drivers/memory/ledger-store.ts";
import { MemoryRegistry } from "../../core/drivers/memory/registry.ts";
import { emptyRegistryState } from "../../core/drivers/memory/registry-state.ts";
import { MemorySecretStore } from "../../core/drivers/memory/secret-store.ts";
import type { HomeContext, SiteContext } from "../../core/engine/context.ts";
import type { Act, HomeSettings } from "../../core/protocol/settings.ts";
import type { SiteSettings } from "../../core/protocol/site-effects.ts";
import type { MemoryPorts } from "./perform-now.ts";
import type { Random } from "./random.ts";

export const minuteMs = 60_000;
export const credential = "platform-pull";
export const registryKey = "harbor.example.com";
const proof = { repository: "apps/hello", action: "pull" } as const;
const permissions = [
  { kind: "project", namespace: "apps", access: [{ resource: "repository", action: "pull" }] },
] as const;

/** Sizes and rhythms of one simulated world. */
export interface Shape {
  readonly sites: readonly string[];
  /** Cluster → its site. */
  readonly clusters: Readonly<Record<string, string>>;
  readonly namespacesPerCluster: number;
  readonly tickEveryMs: number;
  readonly drainMs: number;
  readonly rotateEveryMs: number;
  readonly durationDays: number;
}

export function drawShape(random: Random): Shape {
  const sites = ["aws", "azure", "gcp", "onprem"].slice(0, random.int(1, 3));
  const clusters: Record<string, string> = {};
  for (let i = 0; i < random.int(sites.length === 1 ? 0 : 1, 3); i += 1) clusters[`c${i}`] = random.pick(sites);
  return {
    sites,
    clusters,
    namespacesPerCluster: random.int(1, 3),
    tickEveryMs: random.int(2, 10) * minuteMs,
    drainMs: random.int(0, 40) * minuteMs,
    rotateEveryMs: random.int(120, 400) * minuteMs,
    durationDays: random.int(1, 3),
  };
}

/** One simulated hybrid cloud: everything outside in memory, and one clock. */
export class World {
  nowMs = 1_800_000_000_000;
  readonly ports: MemoryPorts;
  readonly home: string;
  readonly shape: Shape;
  readonly #random: Random;

  constructor(shape: Shape, random: Random) {
    this.shape = shape;
    this.#random = random;
    const nowMs = () => this.nowMs;
    const [home] = shape.sites;
    if (home === undefined) throw new Error("a world has a site");
    this.home = home;
    const registry = new MemoryRegistry({
      nowMs,
      entropy: random.entropy(),
      state: { ...emptyRegistryState, projects: { apps: { public: false } } },
    });
    const each = <T>(names: readonly string[], make: (name: string) => T) =>
      Object.fromEntries(names.map((name) => [name, make(name)]));
    this.ports = {
      registries: { main: registry },
      stores: each(shape.sites, () => new MemorySecretStore({})),
      ledgers: each(shape.sites, () => new MemoryLedgerStore({ nowMs })),
      clusters: each(Object.keys(shape.clusters), () => new MemoryCluster({ fieldManager: "capstan-sim" })),
    };
    for (const cluster of Object.values(this.ports.clusters)) {
      for (let i = 0; i < shape.namespacesPerCluster; i += 1) cluster.addNamespace(`ns${i}`, { pull: "yes" });
    }
  }

  get registry(): MemoryRegistry {
    const { main } = this.ports.registries;
    if (main === undefined) throw new Error("a world has a registry");
    return main;
  }

  #common() {
    return { credential, installation: "sim", registry: "main", registryKey, proof, storeName: "platform-pull" };
  }

  homeInput(
    owner: string,
    runnerNowMs: number,
    act: Act | null,
  ): { readonly context: HomeContext; readonly settings: HomeSettings } {
    const { shape, home } = this;
    const entropy = this.#random.entropy();
    const margins = { distributionMaxMs: 60 * minuteMs, drainMs: shape.drainMs, marginMs: 60 * minuteMs };
    return {
      context: {
        ...this.#common(),
        home,
        level: "system",
        durationDays: shape.durationDays,
        permissions,
        scheduleRules: [{ kind: "interval", everyMs: shape.rotateEveryMs, jitterShare: 0.1 }],
        ...margins,
        hashKey: entropy.hex(16),
      },
      settings: {
        credential,
        owner,
        home,
        sites: shape.sites,
        canarySite: home,
        madeOf: {
          registry: "main",
          strategy: "generations",
          level: "system",
          durationDays: shape.durationDays,
          rights: "project:apps:repository:pull",
        },
        limits: {
          drainMs: shape.drainMs,
          leaseMs: 2 * minuteMs,
          pollMs: minuteMs,
          attemptsPerHourMax: 6,
          attemptBackoffMs: minuteMs,
          attemptBackoffMaxMs: 10 * minuteMs,
          replacedMax: 8,
          refusedCountMin: 3,
          refusedSpanMs: 3 * minuteMs,
          emergencyGapMs: 60 * minuteMs,
          emergencyGapMaxMs: 24 * 60 * minuteMs,
          canaryWaitMaxMs: 30 * minuteMs,
          clocksApartMaxMs: 24 * 60 * minuteMs,
          lifeLeftMinMs: 120 * minuteMs + shape.drainMs,
          deletionsPerTickMax: 10,
        },
        act,
        deadlineMs: runnerNowMs + 4 * minuteMs,
        draws: { ledgerId: entropy.hex(16), attempt: entropy.hex(4), round: entropy.hex(16) },
      },
    };
  }

  siteInput(site: string, runnerNowMs: number): { readonly context: SiteContext; readonly settings: SiteSettings } {
    const clusters = Object.entries(this.shape.clusters)
      .filter(([, of]) => of === site)
      .map(([cluster], i) => ({
        cluster,
        canary: i === 0,
        targets: [
          {
            namespaces: { by: "selector" as const, labelSelector: "pull=yes", except: [] },
            secret: "pull",
            adopt: false,
          },
        ],
      }));
    return {
      context: { ...this.#common(), site },
      settings: {
        credential,
        installation: "sim",
        site,
        clusters,
        limits: {
          targetWritesPerTickMax: 1_000,
          concurrencyPerClusterMax: 2,
          triesPerTargetMax: 3,
          canaryWaitMaxMs: 30 * minuteMs,
          pollMs: minuteMs,
        },
        deadlineMs: runnerNowMs + 4 * minuteMs,
      },
    };
  }
}
