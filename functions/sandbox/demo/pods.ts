import { Worker } from "node:worker_threads";
import type { PullRecord } from "../pullers/pull-pod.ts";
import type { PodsAnswer, PodsOptions, PodsQuestion } from "./threads/pods.ts";

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Pods that pull, in a thread of their own: nodes are other machines than the registry and the API servers, which have
 * this process's main thread to themselves.
 */
export class Pods {
  readonly #worker: Worker;
  readonly #pulls = new Map<number, Waiting>();
  readonly #stopped: Promise<void>;
  #asked = 0;
  #failure: Error | null = null;

  constructor(options: PodsOptions, onPull: (record: PullRecord) => void) {
    this.#worker = new Worker(new URL("./threads/pods.ts", import.meta.url), {
      workerData: options,
      execArgv: [],
      env: {},
    });
    this.#worker.on("message", (answer: PodsAnswer) => {
      if (answer.told === "record") onPull(answer.record);
      if (answer.told === "pulled") {
        this.#pulls.get(answer.id)?.resolve();
        this.#pulls.delete(answer.id);
      }
    });
    this.#worker.on("error", (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    this.#stopped = new Promise((resolve) => this.#worker.on("exit", () => resolve()));
  }

  /** One pull beside the rhythm; resolves when it is over and its record was told, never after `stop`. Rejects when the thread breaks. */
  pullOnce(cluster: string, namespace: string): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve, reject) => {
      this.#pulls.set(id, { resolve, reject });
      this.#ask({ ask: "pull", id, cluster, namespace });
    });
  }

  /** No new pull; those on their way are waited for, and their records told. */
  async stop(): Promise<void> {
    this.#ask({ ask: "stop" });
    await this.#stopped;
  }

  #ask(question: PodsQuestion): void {
    this.#worker.postMessage(question);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#pulls.values()) reject(this.#failure);
    this.#pulls.clear();
  }
}
