import { PortError } from "../ports/errors.ts";
import type { CallFailure, CallReply, CallResults, PortCall } from "./calls.ts";
import type { Ports } from "./ports.ts";

function named<T>(all: Readonly<Record<string, T>>, what: string, name: string): T {
  const found = all[name];
  if (found !== undefined) return found;
  throw new PortError("denied", `${what} ${name} is not configured for this runner`, {
    system: what,
    operation: "reach",
  });
}

/** Makes one call; every outcome is a value. Anything but a `PortError` is a defect of a driver and is thrown on. */
export async function perform(ports: Ports, call: PortCall): Promise<CallReply> {
  try {
    return { ok: true, value: (await dispatch(ports, call)) as CallResults[PortCall["call"]] };
  } catch (error) {
    if (error instanceof PortError) return { ok: false, failure: failureOf(error) };
    throw error;
  }
}

export function failureOf(error: PortError): CallFailure {
  const { kind, message: text, reason, retryAfterMs } = error;
  return { kind, text, reason, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function dispatch(ports: Ports, call: PortCall): Promise<unknown> {
  switch (call.call) {
    case "registry.mint":
      return named(ports.registries, "registry", call.on).mint(call.request);
    case "registry.list":
      return named(ports.registries, "registry", call.on).list(call.namePrefix);
    case "registry.read":
      return named(ports.registries, "registry", call.on).read(call.id);
    case "registry.remove":
      return named(ports.registries, "registry", call.on).remove(call.id);
    case "registry.renew":
      return named(ports.registries, "registry", call.on).renew(call.id, call.request);
    case "registry.refresh":
      return named(ports.registries, "registry", call.on).refresh(call.id, call.password);
    case "registry.probe":
      return named(ports.registries, "registry", call.on).probe(call.login, call.scope);
    case "registry.whoami":
      return named(ports.registries, "registry", call.on).whoami();
    case "usage.usedSince":
      return named(ports.registries, "registry", call.on).usedSince(call.username, call.sinceMs);
    case "ledger.load":
      return named(ports.ledgers, "ledger of site", call.on).load(call.key);
    case "ledger.save":
      return named(ports.ledgers, "ledger of site", call.on).save(call.key, call.expected, call.text);
    case "cluster.listNamespaces":
      return named(ports.clusters, "cluster", call.on).listNamespaces(call.query);
    case "cluster.listSecrets":
      return named(ports.clusters, "cluster", call.on).listSecrets(call.labelSelector, call.continueToken);
    case "cluster.readSecret":
      return named(ports.clusters, "cluster", call.on).readSecret(call.namespace, call.name);
    case "cluster.readExternalSecret":
      return named(ports.clusters, "cluster", call.on).readExternalSecret(call.namespace, call.name);
    case "cluster.createEmptySecret":
      return named(ports.clusters, "cluster", call.on).createEmptySecret(call.namespace, call.name, call.labels);
    case "cluster.applySecret":
      return named(ports.clusters, "cluster", call.on).applySecret(call.write);
    default:
      return dispatchStore(ports, call);
  }
}

function dispatchStore(ports: Ports, call: Extract<PortCall, { call: `store.${string}` }>): Promise<unknown> {
  const store = named(ports.stores, "store of site", call.on);
  switch (call.call) {
    case "store.stage":
      return store.stage(call.name, call.value, call.tag, call.token);
    case "store.readVersion":
      return store.readVersion(call.name, call.versionId);
    case "store.readCurrent":
      return store.readCurrent(call.name);
    case "store.flip":
      return store.flip(call.name, call.request);
    case "store.readRound":
      return store.readRound(call.name);
    case "store.writeRound":
      return store.writeRound(call.name, call.round);
    case "store.listVersions":
      return store.listVersions(call.name);
    case "store.discard":
      return store.discard(call.name, call.versionIds);
  }
}
