import type { PullRecord } from "./pull-pod.ts";

const failuresMax = 50;

export interface PullCount {
  readonly pulls: number;
  readonly failed: number;
  /** Succeeded, but not with the first login tried. */
  readonly degraded: number;
}

export interface PullStats extends PullCount {
  /** The first 50. */
  readonly failures: readonly PullRecord[];
  /** `<cluster>/<namespace>` → counts. */
  readonly perNamespace: Readonly<Record<string, PullCount>>;
}

const nothing: PullCount = { pulls: 0, failed: 0, degraded: 0 };

/** Counts every pull; keeps the first failures whole. */
export class PullTally {
  #total = nothing;
  readonly #perNamespace = new Map<string, PullCount>();
  readonly #failures: PullRecord[] = [];

  add(record: PullRecord): void {
    this.#total = plus(this.#total, record);
    const key = `${record.cluster}/${record.namespace}`;
    this.#perNamespace.set(key, plus(this.#perNamespace.get(key) ?? nothing, record));
    if (!record.ok && this.#failures.length < failuresMax) this.#failures.push(record);
  }

  stats(): PullStats {
    return { ...this.#total, failures: [...this.#failures], perNamespace: Object.fromEntries(this.#perNamespace) };
  }
}

function plus(count: PullCount, record: PullRecord): PullCount {
  return {
    pulls: count.pulls + 1,
    failed: count.failed + (record.ok ? 0 : 1),
    degraded: count.degraded + (record.ok && record.causes.length > 0 ? 1 : 0),
  };
}
