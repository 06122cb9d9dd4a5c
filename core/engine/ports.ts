import type { Cluster } from "../ports/cluster.ts";
import type { LedgerStore } from "../ports/ledger-store.ts";
import type { Registry } from "../ports/registry.ts";
import type { SecretStore } from "../ports/secret-store.ts";
import type { UsageEvidence } from "../ports/usage.ts";

/** Everything outside that a runner may reach, by the names that configuration gives. A site's runner has only its own. */
export interface Ports {
  readonly registries: Readonly<Record<string, Registry & UsageEvidence>>;
  readonly stores: Readonly<Record<string, SecretStore>>;
  readonly ledgers: Readonly<Record<string, LedgerStore>>;
  readonly clusters: Readonly<Record<string, Cluster>>;
}
