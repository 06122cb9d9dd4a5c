import type { NamespaceFacts, NamespaceQuery, SecretFacts } from "../../ports/cluster.ts";
import { type ErrorKind, type ErrorReason, PortError } from "../../ports/errors.ts";
import { managerWithTool, parsePullSecret, toolsThatWrite } from "../../pullsecret/index.ts";
import type { Secret } from "../../secret.ts";
import { labelMatcher } from "./label-selector.ts";

export interface MemoryNamespace {
  readonly labels: Readonly<Record<string, string>>;
  readonly terminating: boolean;
}

export interface MemoryPullSecret {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly version: number;
  readonly type: string;
  readonly immutable: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly text: Secret | null;
  /** Field managers that own the text, sorted. */
  readonly owners: readonly string[];
  /** Controllers that own the object, `Kind/name`. */
  readonly controllers: readonly string[];
  /** Keys of labels and annotations that our last apply named; the next one drops those it does not. */
  readonly applied: { readonly labels: readonly string[]; readonly annotations: readonly string[] };
}

/** A whole cluster as one plain value that never changes: keeping the reference keeps the world as it was. */
export interface MemoryClusterState {
  /** The cluster's one counter of versions; uids are drawn from it, too. */
  readonly version: number;
  readonly namespaces: Readonly<Record<string, MemoryNamespace>>;
  /** By `namespace/name`. */
  readonly secrets: Readonly<Record<string, MemoryPullSecret>>;
  /** Names in the `imagePullSecrets` of ServiceAccounts, by `namespace/name`. Absent: there are none. */
  readonly accounts?: Readonly<Record<string, readonly string[]>>;
  /** Which of these were put there by us. */
  readonly linked?: Readonly<Record<string, readonly string[]>>;
}

export const emptyClusterState: MemoryClusterState = { version: 1, namespaces: {}, secrets: {} };

export interface MemoryClusterSettings {
  readonly fieldManager: string;
  readonly pageSize: number;
}

export const secretKey = (namespace: string, name: string) => `${namespace}/${name}`;

export function findSecret(state: MemoryClusterState, namespace: string, name: string): MemoryPullSecret | null {
  const key = secretKey(namespace, name);
  return (Object.hasOwn(state.secrets, key) ? state.secrets[key] : undefined) ?? null;
}

export function findNamespace(state: MemoryClusterState, name: string): MemoryNamespace | null {
  return (Object.hasOwn(state.namespaces, name) ? state.namespaces[name] : undefined) ?? null;
}

export function refusal(operation: string, subject: string, kind: ErrorKind, reason?: ErrorReason): PortError {
  const where = { system: "memory cluster", operation, ...(reason === undefined ? {} : { reason }) };
  return new PortError(kind, `memory cluster: ${operation} ${subject}: ${reason ?? kind}`, where);
}

export function listNamespaces(state: MemoryClusterState, query: NamespaceQuery): readonly NamespaceFacts[] {
  const matches = labelMatcher(query.by === "selector" ? query.labelSelector : "");
  return Object.entries(state.namespaces)
    .filter(([name, { labels }]) =>
      query.by === "names" ? query.names.includes(name) : matches(labels) && !query.except.includes(name),
    )
    .map(([name, { terminating }]) => ({ name, terminating }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A page from the state as it is; the token is the last key of the page before. */
export function listSecrets(
  state: MemoryClusterState,
  settings: MemoryClusterSettings,
  labelSelector: string,
  continueToken: string | null,
): { readonly secrets: readonly SecretFacts[]; readonly continueToken: string | null } {
  const matches = labelMatcher(labelSelector);
  const rest = Object.entries(state.secrets)
    .filter(([key, { labels }]) => matches(labels) && (continueToken === null || key > continueToken))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const page = rest.slice(0, settings.pageSize);
  const last = page.at(-1);
  return {
    secrets: page.map(([, secret]) => factsOf(secret, settings)),
    continueToken: last !== undefined && rest.length > page.length ? last[0] : null,
  };
}

/** By reference: a Secret's state never changes, and is read far more often than written. */
const knownFacts = new WeakMap<MemoryPullSecret, { readonly fieldManager: string; readonly facts: SecretFacts }>();

export function factsOf(secret: MemoryPullSecret, settings: MemoryClusterSettings): SecretFacts {
  const known = knownFacts.get(secret);
  if (known?.fieldManager === settings.fieldManager) return known.facts;
  const facts = readFacts(secret, settings);
  knownFacts.set(secret, { fieldManager: settings.fieldManager, facts });
  return facts;
}

function readFacts(secret: MemoryPullSecret, { fieldManager }: MemoryClusterSettings): SecretFacts {
  const others = secret.owners.filter((owner) => owner !== fieldManager).map(managerWithTool);
  return {
    namespace: secret.namespace,
    name: secret.name,
    uid: secret.uid,
    resourceVersion: String(secret.version),
    type: secret.type,
    immutable: secret.immutable,
    labels: secret.labels,
    annotations: secret.annotations,
    otherOwners: [...others, ...secret.controllers, ...toolsThatWrite(secret)].sort(),
    content: parsePullSecret(secret.type, secret.text?.reveal() ?? null),
  };
}
