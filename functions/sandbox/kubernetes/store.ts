import { randomBytes, randomUUID } from "node:crypto";
import type { KubeObject, Metadata, ResourceName } from "./objects.ts";

/** One write, for watchers: the object as it was and as it is; null: absent. */
export interface Change {
  readonly version: number;
  readonly resource: ResourceName;
  readonly before: KubeObject | null;
  readonly after: KubeObject | null;
}

/** Changes that a watch can begin at; older ones are too old. */
const changesMax = 10_000;

/** Pages already begun that stay readable; older ones answer 410. */
const snapshotsMax = 64;

const objectKey = (resource: ResourceName, namespace: string, name: string) => `${resource}/${namespace}/${name}`;

const keysOf = (objects: ReadonlyMap<string, unknown>, resource: ResourceName): readonly string[] =>
  [...objects.keys()].filter((key) => key.startsWith(`${resource}/`)).sort((a, b) => (a < b ? -1 : 1));

/** As Kubernetes prints a time. */
export const wholeSeconds = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Objects of one cluster under one version counter. */
export class ObjectStore {
  readonly #objects = new Map<string, KubeObject>();
  /** Each object as it was before its last write; null: absent then. */
  readonly #before = new Map<string, KubeObject | null>();
  readonly #sorted = new Map<string, readonly KubeObject[]>();
  /** Of each resource, in order; only what comes and goes changes them. */
  readonly #sortedKeys = new Map<string, readonly string[]>();
  readonly #snapshots = new Map<string, readonly KubeObject[]>();
  readonly #byNamespace = new WeakMap<readonly KubeObject[], ReadonlyMap<string, readonly KubeObject[]>>();
  readonly #changes: Change[] = [];
  /** Each with what it does when its connection is to break. */
  readonly #watchers = new Map<(change: Change) => void, () => void>();
  /** API groups of kinds that were installed. */
  readonly installed = new Set<string>();
  /** Changes up to this version are forgotten. */
  #compacted = 0;
  readonly #nowMs: () => number;
  /** Far from 1, which writers use as a version that no object has. */
  #version = 200;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get version(): number {
    return this.#version;
  }

  time(): string {
    return wholeSeconds(this.#nowMs());
  }

  get(resource: ResourceName, namespace: string, name: string, stale = false): KubeObject | null {
    const key = objectKey(resource, namespace, name);
    const old = stale ? this.#before.get(key) : undefined;
    return old === undefined ? (this.#objects.get(key) ?? null) : old;
  }

  /** Stores the object under the next version; `created` gives it an identity first. */
  put(resource: ResourceName, object: KubeObject, created: boolean): KubeObject {
    const { metadata } = object;
    const identity = created ? { uid: randomUUID(), creationTimestamp: this.time() } : {};
    this.#version += 1;
    const stored = { ...object, metadata: { ...metadata, ...identity, resourceVersion: String(this.#version) } };
    this.#write(resource, stored.metadata, stored);
    return stored;
  }

  remove(resource: ResourceName, object: KubeObject): void {
    this.#version += 1;
    this.#write(resource, object.metadata, null);
  }

  #write(resource: ResourceName, { namespace, name }: Metadata, object: KubeObject | null): void {
    const key = objectKey(resource, namespace ?? "", name);
    const before = this.#objects.get(key) ?? null;
    this.#before.set(key, before);
    if (object === null) this.#objects.delete(key);
    else this.#objects.set(key, object);
    this.#sorted.delete(resource);
    if (before === null || object === null) this.#sortedKeys.delete(resource);
    this.#tell({ version: this.#version, resource, before, after: object });
  }

  #tell(change: Change): void {
    this.#changes.push(change);
    const oldest = this.#changes.length > changesMax ? this.#changes.shift() : undefined;
    if (oldest !== undefined) this.#compacted = oldest.version;
    for (const watcher of this.#watchers.keys()) watcher(change);
  }

  /** What was changed after that version; null when that is not known any more. */
  changesAfter(version: number): readonly Change[] | null {
    return version < this.#compacted ? null : this.#changes.filter((change) => change.version > version);
  }

  /** Calls back at each change, in order, until the returned function is called. */
  watch(watcher: (change: Change) => void, onDrop: () => void): () => void {
    this.#watchers.set(watcher, onDrop);
    return () => this.#watchers.delete(watcher);
  }

  /** Every watch under way breaks off, in the midst of its answer. */
  dropWatches(): void {
    for (const drop of this.#watchers.values()) drop();
  }

  /** Five characters, as the server puts at the end of names that it makes up. */
  randomName(): string {
    const letters = "bcdfghjklmnpqrstvwxz2456789";
    return [...randomBytes(5)].map((byte) => letters[byte % letters.length]).join("");
  }

  /** All of a resource in the order of their keys, as etcd has them. */
  list(resource: ResourceName, stale = false): readonly KubeObject[] {
    if (stale) {
      const past = new Map([...this.#objects, ...this.#before]);
      return keysOf(past, resource).flatMap((key) => past.get(key) ?? []);
    }
    const known = this.#sorted.get(resource);
    if (known !== undefined) return known;
    const keys = this.#sortedKeys.get(resource) ?? keysOf(this.#objects, resource);
    this.#sortedKeys.set(resource, keys);
    const found = keys.flatMap((key) => this.#objects.get(key) ?? []);
    this.#sorted.set(resource, found);
    return found;
  }

  /** Those of one namespace. */
  listIn(resource: ResourceName, namespace: string): readonly KubeObject[] {
    const all = this.list(resource);
    let index = this.#byNamespace.get(all);
    if (index === undefined) {
      index = Map.groupBy(all, ({ metadata }) => metadata.namespace ?? "");
      this.#byNamespace.set(all, index);
    }
    return index.get(namespace) ?? [];
  }

  /** Keeps the list as it is now for pages to come. */
  keepSnapshot(resource: ResourceName, version: number, objects: readonly KubeObject[]): void {
    this.#snapshots.set(`${resource} ${version}`, objects);
    const [oldest] = this.#snapshots.keys();
    if (this.#snapshots.size > snapshotsMax && oldest !== undefined) this.#snapshots.delete(oldest);
  }

  snapshot(resource: ResourceName, version: number): readonly KubeObject[] | null {
    return this.#snapshots.get(`${resource} ${version}`) ?? null;
  }

  /** As etcd's compaction does every five minutes: every page begun before, and every watch, is too old. */
  compact(): void {
    this.#snapshots.clear();
    this.#changes.length = 0;
    this.#compacted = this.#version;
  }
}
