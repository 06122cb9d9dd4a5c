import type { SandboxFacts } from "../facts.ts";
import { podsOf } from "../pullers/pods-of.ts";
import type { PullRecord } from "../pullers/pull-pod.ts";
import { type PullStats, PullTally } from "../pullers/tally.ts";
import type { Pace } from "./pace.ts";
import { Pods } from "./pods.ts";

const paceMsMin = 100;
/** Pulls beside the rhythm that are under way at the same time: more would only wait in the registry. */
const beside = 64;
/** A node that went on with what it held before has to pull again. */
const roundsMax = 3;

export interface PullingOptions {
  readonly facts: SandboxFacts;
  readonly pace: Pace;
  readonly seed: number;
  readonly onPull: (record: PullRecord) => void;
}

/** All pulls of a demo: the rhythm of every namespace, and those that are asked for beside it. */
export class Pulling {
  readonly #pods: Pods;
  readonly #tally = new PullTally();
  readonly #namespaces: readonly { readonly cluster: string; readonly namespace: string }[];
  #pulls = 0;
  #failed = 0;

  constructor({ facts, pace, seed, onPull }: PullingOptions) {
    this.#namespaces = facts.clusters.flatMap(({ name, namespaces }) =>
      namespaces.map((namespace) => ({ cluster: name, namespace })),
    );
    const pods = {
      ...podsOf(facts),
      paceMs: Math.max(paceMsMin, (this.#namespaces.length * 1000) / pace.rhythmPerSecond),
      pullsPerSecondMax: pace.pullsPerSecondMax,
      seed,
    };
    this.#pods = new Pods(pods, (record) => {
      this.#tally.add(record);
      this.#pulls += 1;
      if (!record.ok) this.#failed += 1;
      onPull(record);
    });
  }

  get pulls(): number {
    return this.#pulls;
  }

  get failed(): number {
    return this.#failed;
  }

  stats(): PullStats {
    return this.#tally.stats();
  }

  /** Every namespace pulls, beside the rhythm, until it is seen to have done so. `namespace`: `<cluster>/<namespace>`. */
  async everywhere(hasPulled: (namespace: string) => boolean): Promise<void> {
    for (let round = 1; round <= roundsMax; round += 1) {
      const left = this.#namespaces.filter(({ cluster, namespace }) => !hasPulled(`${cluster}/${namespace}`));
      if (left.length === 0) return;
      const queue = left.values();
      const line = async (): Promise<void> => {
        for (const { cluster, namespace } of queue)
          if (!hasPulled(`${cluster}/${namespace}`)) await this.#pods.pullOnce(cluster, namespace);
      };
      await Promise.all(Array.from({ length: beside }, line));
    }
  }

  /** No new pull; those on their way are waited for and counted. */
  stop(): Promise<void> {
    return this.#pods.stop();
  }
}
