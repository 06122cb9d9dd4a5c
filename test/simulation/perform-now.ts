import type { MemoryCluster } from "../../core/drivers/memory/cluster.ts";
import type { MemoryLedgerStore } from "../../core/drivers/memory/ledger-store.ts";
import type { MemoryRegistry } from "../../core/drivers/memory/registry.ts";
import type { MemorySecretStore } from "../../core/drivers/memory/secret-store.ts";
import type { CallReply, CallResults, PortCall } from "../../core/engine/calls.ts";
import { failureOf } from "../../core/engine/perform.ts";
import { PortError } from "../../core/ports/errors.ts";

/** The outside of a simulated world, by the names that configuration would give. */
export interface MemoryPorts {
  readonly registries: Readonly<Record<string, MemoryRegistry>>;
  readonly stores: Readonly<Record<string, MemorySecretStore>>;
  readonly ledgers: Readonly<Record<string, MemoryLedgerStore>>;
  readonly clusters: Readonly<Record<string, MemoryCluster>>;
}

function named<T>(all: Readonly<Record<string, T>>, name: string): T {
  const found = all[name];
  if (found === undefined) throw new Error(`no ${name} in this world`);
  return found;
}

/** A call's effect and reply in one step, as `core/engine/perform.ts` makes it in production. */
export function performNow(ports: MemoryPorts, call: PortCall): CallReply {
  try {
    return { ok: true, value: dispatch(ports, call) as CallResults[PortCall["call"]] };
  } catch (error) {
    if (error instanceof PortError) return { ok: false, failure: failureOf(error) };
    throw error;
  }
}

function dispatch(ports: MemoryPorts, call: PortCall): unknown {
  const registry = () => named(ports.registries, call.on);
  const ledger = () => named(ports.ledgers, call.on);
  const cluster = () => named(ports.clusters, call.on);
  const store = () => named(ports.stores, call.on);
  switch (call.call) {
    case "registry.mint":
      return registry().mintNow(call.request);
    case "registry.list":
      return registry().listNow(call.namePrefix);
    case "registry.read":
      return registry().readNow(call.id);
    case "registry.remove":
      return registry().removeNow(call.id);
    case "registry.renew":
      return registry().renewNow(call.id, call.request);
    case "registry.refresh":
      return registry().refreshNow(call.id, call.password);
    case "registry.probe":
      return registry().probeNow(call.login, call.scope);
    case "registry.whoami":
      return registry().whoamiNow();
    case "usage.usedSince":
      return registry().usedSinceNow(call.username, call.sinceMs);
    case "ledger.load":
      return ledger().loadNow(call.key);
    case "ledger.save":
      return ledger().saveNow(call.key, call.expected, call.text);
    case "cluster.listNamespaces":
      return cluster().listNamespacesNow(call.query);
    case "cluster.listSecrets":
      return cluster().listSecretsNow(call.labelSelector, call.continueToken);
    case "cluster.readSecret":
      return cluster().readSecretNow(call.namespace, call.name);
    case "cluster.createEmptySecret":
      return cluster().createEmptySecretNow(call.namespace, call.name, call.labels);
    case "cluster.applySecret":
      return cluster().applySecretNow(call.write);
    case "store.stage":
      return store().stageNow(call.name, call.value, call.tag, call.token);
    case "store.readVersion":
      return store().readVersionNow(call.name, call.versionId);
    case "store.readCurrent":
      return store().readCurrentNow(call.name);
    case "store.flip":
      return store().flipNow(call.name, call.request);
    case "store.readRound":
      return store().readRoundNow(call.name);
    case "store.writeRound":
      return store().writeRoundNow(call.name, call.round);
    case "store.listVersions":
      return store().listVersionsNow(call.name);
    case "store.discard":
      return store().discardNow(call.name, call.versionIds);
  }
}
