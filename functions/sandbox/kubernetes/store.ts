import { randomUUID } from "node:crypto";
import type { KubeObject, Metadata, ResourceName } from "./objects.ts";

/** Pages already begun that stay readable; older ones answer 410. */
const snapshotsMax = 64;

const objectKey = (resource: ResourceName, namespace: string, name: string) => `${resource}/${namespace}/${name}`;

/** As Kubernetes prints a time. */
export const wholeSeconds = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Objects of one cluster under one version counter. */
export class ObjectStore {
  readonly #objects = new Map<string, KubeObject>();
  /** Each object as it was before its last write; null: absent then. */
  readonly #before = new Map<string, KubeObject | null>();
  readonly #sorted = new Map<string, readonly KubeObject[]>();
  readonly #snapshots = new Map<string, readonly KubeObject[]>();
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
    this.#before.set(key, this.#objects.get(key) ?? null);
    if (object === null) this.#objects.delete(key);
    else this.#objects.set(key, object);
    this.#sorted.delete(resource);
  }

  /** All of a resource in the order of their keys, as etcd has them. */
  list(resource: ResourceName, stale = false): readonly KubeObject[] {
    const source = stale ? new Map([...this.#objects, ...this.#before]) : this.#objects;
    const known = stale ? undefined : this.#sorted.get(resource);
    if (known !== undefined) return known;
    const found = [...source]
      .filter(([key, object]) => object !== null && key.startsWith(`${resource}/`))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object as KubeObject);
    if (!stale) this.#sorted.set(resource, found);
    return found;
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

  /** As etcd's compaction does every five minutes: every page begun before is too old. */
  forgetSnapshots(): void {
    this.#snapshots.clear();
  }
}
