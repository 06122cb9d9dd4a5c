import type { Config } from "../config/complete.ts";
import type { Ports } from "../engine/ports.ts";
import type { Clock } from "../ports/clock.ts";
import type { Entropy } from "../ports/entropy.ts";
import type { IssuerInspection } from "../ports/issuer.ts";
import type { NamespaceWatch } from "../ports/namespace-watch.ts";
import type { StoreNotices } from "../ports/store-notices.ts";
import type { CloudName, TrustInspection } from "../ports/trust.ts";
import type { LeaseOwners } from "./lease-owners.ts";
import type { Log } from "./log.ts";

/** What every command works with; put together by a composition root. */
export interface Tools {
  readonly config: Config;
  readonly ports: Ports;
  /** By the same names as `ports.registries`; a registry without one is not looked at. */
  readonly issuers: Readonly<Record<string, IssuerInspection>>;
  /** By the same names as `ports.clusters`. */
  readonly watches: Readonly<Record<string, NamespaceWatch>>;
  /** The cloud whose identity this process has; null: none, or not known. */
  readonly platform: CloudName | null;
  /** By site: those in other clouds that the platform's identity is to get into. */
  readonly trusts: Readonly<Record<string, TrustInspection>>;
  /** By the same names as `ports.stores`; a store without any has nothing to say. */
  readonly storeNotices: Readonly<Record<string, StoreNotices>>;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Names this process's ticks in leases. */
  readonly owners: LeaseOwners;
  readonly log: Log;
}
