import type { TargetWrite } from "../../ports/cluster.ts";
import { MalformedPullSecretError, mergeLogins, parsePullSecret, pullSecretType } from "../../pullsecret/index.ts";
import { Secret } from "../../secret.ts";
import {
  findNamespace,
  findSecret,
  type MemoryClusterSettings,
  type MemoryClusterState,
  type MemoryPullSecret,
  refusal,
  secretKey,
} from "./cluster-state.ts";

type Labels = Readonly<Record<string, string>>;

export interface Stored {
  readonly state: MemoryClusterState;
  readonly result: MemoryPullSecret;
}

/** What somebody else writes: ownership of the text becomes theirs alone. */
export interface OutsideWrite {
  /** Null: a Secret without `.dockerconfigjson`. */
  readonly text: string | null;
  readonly type?: string;
  readonly immutable?: boolean;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly manager?: string;
  readonly controllers?: readonly string[];
}

const emptyText = '{"auths":{}}';

export function createEmptySecret(
  state: MemoryClusterState,
  { fieldManager }: MemoryClusterSettings,
  namespace: string,
  name: string,
  labels: Labels,
): Stored {
  const subject = secretKey(namespace, name);
  const found = findNamespace(state, namespace);
  if (findSecret(state, namespace, name) !== null) throw refusal("create", subject, "conflict", "already-exists");
  if (found === null) throw refusal("create", subject, "not-found");
  if (found.terminating) throw refusal("create", subject, "conflict", "terminating");
  return put(state, {
    namespace,
    name,
    uid: `uid-${state.version + 1}`,
    version: 0,
    type: pullSecretType,
    immutable: false,
    labels: sorted(labels),
    annotations: {},
    text: new Secret(emptyText),
    owners: [fieldManager],
    controllers: [],
    applied: { labels: Object.keys(labels).sort(), annotations: [] },
  });
}

export function applySecret(state: MemoryClusterState, settings: MemoryClusterSettings, write: TargetWrite): Stored {
  const { fieldManager } = settings;
  const subject = secretKey(write.namespace, write.name);
  const before = findSecret(state, write.namespace, write.name);
  if (before === null || before.uid !== write.uid) throw refusal("apply", subject, "conflict", "wrong-uid");
  if (String(before.version) !== write.resourceVersion) throw refusal("apply", subject, "conflict", "stale-writer");
  if (before.type !== pullSecretType) throw refusal("apply", subject, "conflict", "immutable");

  const text = merged(write, before.text?.reveal() ?? null, subject);
  const changes = before.text?.reveal() !== text;
  const foreign = before.owners.some((owner) => owner !== fieldManager);
  if (changes && foreign && !write.force) throw refusal("apply", subject, "conflict", "field-owner");
  if (changes && before.immutable) throw refusal("apply", subject, "conflict", "immutable");
  const after: MemoryPullSecret = {
    ...before,
    labels: applied(before.labels, before.applied.labels, write.labels),
    annotations: applied(before.annotations, before.applied.annotations, write.annotations),
    text: changes ? new Secret(text) : before.text,
    // What a forced write changes is nobody else's any more; what stays the same is owned together.
    owners: changes ? [fieldManager] : [...new Set([...before.owners, fieldManager])].sort(),
    applied: { labels: Object.keys(write.labels).sort(), annotations: Object.keys(write.annotations).sort() },
  };
  // An apply that changes nothing keeps the version (transcripts kubernetes, README 7).
  return JSON.stringify(before) === JSON.stringify(after) && !changes ? { state, result: before } : put(state, after);
}

/** What the last apply named and this one does not goes; what is somebody else's stays. */
function applied(before: Labels, named: readonly string[], wanted: Labels): Labels {
  const kept = Object.entries(before).filter(([key]) => !named.includes(key));
  return sorted({ ...Object.fromEntries(kept), ...wanted });
}

const sorted = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

function merged(write: TargetWrite, current: string | null, subject: string): string {
  try {
    return mergeLogins(current, write.logins, write.repair === true ? "drop" : "refuse");
  } catch (error) {
    if (!(error instanceof MalformedPullSecretError)) throw error;
    if (/^over \d+ bytes$/.test(error.why)) throw refusal("apply", subject, "invalid", "too-large");
    const neighbour = parsePullSecret(pullSecretType, current).state === "malformed";
    const ours = error.entry !== null && Object.hasOwn(write.logins, error.entry);
    throw refusal("apply", subject, "invalid", ours && !neighbour ? undefined : "malformed-neighbour");
  }
}

/** Deletes exactly the version given; absent is success. */
export function deleteSecret(
  state: MemoryClusterState,
  namespace: string,
  name: string,
  uid: string,
  resourceVersion: string,
): MemoryClusterState {
  const found = findSecret(state, namespace, name);
  const subject = secretKey(namespace, name);
  if (found === null) return state;
  if (found.uid !== uid) throw refusal("delete", subject, "conflict", "wrong-uid");
  if (String(found.version) !== resourceVersion) throw refusal("delete", subject, "conflict", "stale-writer");
  return removeSecret(state, namespace, name);
}

export function removeSecret(state: MemoryClusterState, namespace: string, name: string): MemoryClusterState {
  const { [secretKey(namespace, name)]: gone, ...secrets } = state.secrets;
  return gone === undefined ? state : { ...state, version: state.version + 1, secrets };
}

/** Creates or replaces, as an ordinary write by `manager` does; the uid of a present object stays. */
export function writeOutside(
  state: MemoryClusterState,
  namespace: string,
  name: string,
  write: OutsideWrite,
): MemoryClusterState {
  const before = findSecret(state, namespace, name);
  const text = write.text === null ? null : new Secret(write.text);
  const same = before !== null && before.text?.reveal() === text?.reveal();
  const after: MemoryPullSecret = {
    namespace,
    name,
    uid: before?.uid ?? `uid-${state.version + 1}`,
    version: 0,
    type: write.type ?? before?.type ?? pullSecretType,
    immutable: write.immutable ?? before?.immutable ?? false,
    labels: write.labels ?? before?.labels ?? {},
    annotations: write.annotations ?? before?.annotations ?? {},
    text,
    owners: same ? before.owners : text === null ? [] : [write.manager ?? "outside"],
    controllers: write.controllers ?? before?.controllers ?? [],
    applied: before?.applied ?? { labels: [], annotations: [] },
  };
  return put(state, after).state;
}

function put(state: MemoryClusterState, secret: MemoryPullSecret): Stored {
  const version = state.version + 1;
  const result = { ...secret, version };
  const key = secretKey(secret.namespace, secret.name);
  return { state: { ...state, version, secrets: { ...state.secrets, [key]: result } }, result };
}
