import { MemoryCluster } from "../../core/drivers/memory/cluster.ts";
import { MemoryLedgerStore } from "../../core/drivers/memory/ledger-store.ts";
import { MemoryRegistry } from "../../core/drivers/memory/registry.ts";
import { emptyRegistryState } from "../../core/drivers/memory/registry-state.ts";
import { MemorySecretStore } from "../../core/drivers/memory/secret-store.ts";
import type { HomeContext, SiteContext } from "../../core/engine/context.ts";
import type { Act, HomeSettings } from "../../core/protocol/settings.ts";
import type { SiteSettings } from "../../core/protocol/site-effects.ts";
import type { Strategy } from "../../core/protocol/state.ts";
import { Secret } from "../../core/secret.ts";
import type { MemoryPorts } from "./perform-now.ts";
import type { Random } from "./random.ts";
import { rightsSeen } from "./rights.ts";

export const minuteMs = 60_000;
export const credential = "platform-pull";
export const registryKey = "harbor.example.com";
const proof = { repository: "apps/hello", action: "pull" } as const;
const permissions = [
  { kind: "project", namespace: "apps", access: [{ resource: "repository", action: "pull" }] },
] as const;

const undrawn = `Cp1${"0".repeat(48)}`;

export const waveWaitMaxMs = 40 * minuteMs;
/** As configuration gives them where it says nothing. */
export const waveSlowdownMax = 5;
export const waveLatencyMinMs = 2_000;

/** Where one credential lives. */
export interface Place {
  readonly name: string;
  readonly home: string;
  readonly registry: string;
  readonly registryKey: string;
  readonly storeName: string;
  /** Name of its pull Secrets; credentials of several registries may share one. */
  readonly secret: string;
}

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
  /** `generations` when left out. `auto`: the issuer's rights come and go. */
  readonly strategy?: Strategy | "auto";
  /** One when left out. The second one lives at a registry of its own and shares its targets with the first. */
  readonly credentials?: number;
  /** Secrets that others wrote are taken over. */
  readonly adopt?: boolean;
  /** Another installation's robots stand at the registries, under names that ours could have without their attempts. */
  readonly namesTaken?: boolean;
  /** Secrets that a cluster lists at once. */
  readonly pageSize?: number;
  /** Shares of a site's targets in percent, a tick each; all at once when left out. */
  readonly waves?: readonly number[];
}

function placesOf(shape: Shape): readonly Place[] {
  return Array.from({ length: shape.credentials ?? 1 }, (_, i): Place => {
    const home = shape.sites[i % shape.sites.length];
    if (home === undefined) throw new Error("a world has a site");
    const name = i === 0 ? credential : `${credential}-${i + 1}`;
    const atSecond = i === 1;
    return {
      name,
      home,
      registry: atSecond ? "second" : "main",
      registryKey: atSecond ? "harbor2.example.com" : registryKey,
      storeName: name,
      secret: i < 2 ? "pull" : `pull-${i + 1}`,
    };
  });
}

/** One simulated hybrid cloud: everything outside in memory, and one clock. */
export class World {
  nowMs = 1_800_000_000_000;
  rotateEveryMs: number;
  /** What the file says now. */
  strategy: Strategy | "auto";
  readonly ports: MemoryPorts;
  readonly home: string;
  readonly shape: Shape;
  /** The first is the one that is meant where none is named. */
  readonly places: readonly [Place, ...Place[]];
  readonly #random: Random;

  constructor(shape: Shape, random: Random) {
    this.shape = shape;
    this.rotateEveryMs = shape.rotateEveryMs;
    this.strategy = shape.strategy ?? "generations";
    this.#random = random;
    const nowMs = () => this.nowMs;
    const [first, ...others] = placesOf(shape);
    if (first === undefined) throw new Error("a world has a credential");
    this.places = [first, ...others];
    this.home = first.home;
    const registry = () =>
      new MemoryRegistry({
        nowMs,
        entropy: random.entropy(),
        state: { ...emptyRegistryState, projects: { apps: { public: false } } },
      });
    const each = <T>(names: readonly string[], make: (name: string) => T) =>
      Object.fromEntries(names.map((name) => [name, make(name)]));
    this.ports = {
      registries: others.length === 0 ? { main: registry() } : { main: registry(), second: registry() },
      stores: each(shape.sites, () => new MemorySecretStore({})),
      ledgers: each(shape.sites, () => new MemoryLedgerStore({ nowMs })),
      clusters: each(
        Object.keys(shape.clusters),
        () => new MemoryCluster({ fieldManager: "capstan-sim", pageSize: shape.pageSize ?? 500 }),
      ),
    };
    if (shape.namesTaken === true) for (const place of this.places) this.#takeNames(place);
    for (const cluster of Object.values(this.ports.clusters)) {
      for (let i = 0; i < shape.namespacesPerCluster; i += 1) cluster.addNamespace(`ns${i}`, { pull: "yes" });
    }
  }

  get registry(): MemoryRegistry {
    const { main } = this.ports.registries;
    if (main === undefined) throw new Error("a world has a registry");
    return main;
  }

  registryOf(place: Place): MemoryRegistry {
    const registry = this.ports.registries[place.registry];
    if (registry === undefined) throw new Error(`no registry ${place.registry} in this world`);
    return registry;
  }

  #takeNames(place: Place): void {
    const registry = this.registryOf(place);
    for (let generation = 1; generation <= 3; generation += 1) {
      const name = `${place.name}-g${generation}`;
      registry.mintNow({ name, description: "another installation's", level: "system", durationDays: -1, permissions });
    }
  }

  #common(place: Place) {
    const { name, registry, registryKey: key, storeName } = place;
    return { credential: name, installation: "sim", registry, registryKey: key, proof, storeName };
  }

  homeInput(
    owner: string,
    runnerNowMs: number,
    act: Act | null,
    place: Place = this.places[0],
  ): { readonly context: HomeContext; readonly settings: HomeSettings } {
    const { shape, strategy } = this;
    const { home } = place;
    const entropy = this.#random.entropy();
    const margins = { distributionMaxMs: 60 * minuteMs, drainMs: shape.drainMs, marginMs: 60 * minuteMs };
    return {
      context: {
        ...this.#common(place),
        home,
        level: "system",
        durationDays: shape.durationDays,
        permissions,
        scheduleRules: [{ kind: "interval", everyMs: this.rotateEveryMs, jitterShare: 0.1 }],
        ...margins,
        hashKey: entropy.hex(16),
        // Drawn where it may be needed alone: the histories of other worlds stay what they were.
        freshPassword: new Secret(strategy === "generations" ? undrawn : `Cp1${entropy.hex(24)}`),
        auto: strategy === "auto" ? rightsSeen(this.registryOf(place).state, this.#random.chance(0.05)) : null,
      },
      settings: {
        credential: place.name,
        owner,
        home,
        sites: shape.sites,
        canarySite: home,
        madeOf: {
          registry: place.registry,
          strategy: strategy === "auto" ? "generations" : strategy,
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
          marginMs: 60 * minuteMs,
          deletionsPerTickMax: 10,
        },
        act,
        deadlineMs: runnerNowMs + 4 * minuteMs,
        draws: { ledgerId: entropy.hex(16), attempt: entropy.hex(4), round: entropy.hex(16) },
      },
    };
  }

  siteInput(
    site: string,
    runnerNowMs: number,
    place: Place = this.places[0],
  ): { readonly context: SiteContext; readonly settings: SiteSettings } {
    const clusters = Object.entries(this.shape.clusters)
      .filter(([, of]) => of === site)
      .map(([cluster], i) => ({
        cluster,
        canary: i === 0,
        targets: [
          {
            namespaces: { by: "selector" as const, labelSelector: "pull=yes", except: [] },
            secret: place.secret,
            adopt: this.shape.adopt ?? false,
          },
        ],
      }));
    return {
      context: { ...this.#common(place), site },
      settings: {
        credential: place.name,
        installation: "sim",
        site,
        clusters,
        limits: {
          targetWritesPerTickMax: 1_000,
          concurrencyPerClusterMax: 2,
          triesPerTargetMax: 3,
          canaryWaitMaxMs: 30 * minuteMs,
          waves: this.shape.waves ?? [],
          waveFailuresMax: 0,
          waveSlowdownMax,
          waveLatencyMinMs,
          waveWaitMaxMs,
          contestedPauseMs: 10 * minuteMs,
          contestedPauseMaxMs: 6 * 60 * minuteMs,
          contestedEndsMs: 24 * 60 * minuteMs,
          pollMs: minuteMs,
        },
        resume: false,
        deadlineMs: runnerNowMs + 4 * minuteMs,
      },
    };
  }
}
