import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";
import type { InvokeResult } from "../../../core/app/invoke.ts";
import type { CloudName } from "../facts.ts";
import type { HostAnswer, HostEvent, HostQuestion } from "./hosts/serve.ts";

export type { HostEvent } from "./hosts/serve.ts";

export interface FunctionHostOptions {
  readonly cloud: CloudName;
  /** Path of the built `index.mjs`. */
  readonly bundle: string;
  /** All of the function's environment; nothing of this process's is passed on. */
  readonly env: Readonly<Record<string, string>>;
  /** Every line that the function writes to stdout or stderr. */
  readonly onLog?: (line: string) => void;
}

interface Pending {
  readonly resolve: (result: InvokeResult) => void;
  readonly reject: (error: Error) => void;
}

interface Running {
  readonly worker: Worker;
  readonly pending: Map<number, Pending>;
}

const scripts: Readonly<Record<CloudName, URL>> = {
  aws: new URL("./hosts/aws.ts", import.meta.url),
  azure: new URL("./hosts/azure.ts", import.meta.url),
  gcp: new URL("./hosts/gcp.ts", import.meta.url),
};

/**
 * One function instance of a cloud: its built bundle in a worker thread of its own, called through what
 * registers it in that cloud. Started by the first event; invocations may overlap.
 */
export class FunctionHost {
  readonly #options: FunctionHostOptions;
  #running: Running | null = null;
  #closed = false;
  #invocations = 0;

  constructor(options: FunctionHostOptions) {
    this.#options = options;
  }

  /**
   * The cloud's scheduler (`"tick"`) or a manual invocation. Rejects with what the cloud would answer to
   * a refused or failed invocation, and when the instance is killed meanwhile.
   */
  invoke(event: HostEvent): Promise<InvokeResult> {
    if (this.#closed) return Promise.reject(new Error(`the ${this.#options.cloud} function is closed`));
    this.#running ??= this.#start();
    const { worker, pending } = this.#running;
    this.#invocations += 1;
    const question: HostQuestion = { id: this.#invocations, event };
    return new Promise<InvokeResult>((resolve, reject) => {
      pending.set(question.id, { resolve, reject });
      worker.postMessage(question);
    });
  }

  /** Ends the instance from outside, whatever it is doing; the next event starts a new one. */
  async kill(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    if (running === null) return;
    this.#giveUp(running, new Error(`the ${this.#options.cloud} function was killed`));
    await running.worker.terminate();
  }

  /** Kills the instance and takes no further event. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.kill();
  }

  #start(): Running {
    const { cloud, bundle, env, onLog } = this.#options;
    const worker = new Worker(scripts[cloud], {
      // A home of its own: SDKs would find the logins of whoever runs this.
      env: { HOME: dirname(bundle), ...env },
      workerData: { bundle },
      execArgv: [],
      stdout: true,
      stderr: true,
    });
    const running: Running = { worker, pending: new Map() };
    for (const stream of [worker.stdout, worker.stderr]) {
      createInterface({ input: stream }).on("line", (line) => onLog?.(line));
    }
    worker.on("message", (answer: HostAnswer) => {
      const waiting = running.pending.get(answer.id);
      running.pending.delete(answer.id);
      if ("error" in answer) waiting?.reject(new Error(answer.error));
      else waiting?.resolve(answer.result as InvokeResult);
    });
    worker.on("error", (error) => this.#giveUp(running, error instanceof Error ? error : new Error(String(error))));
    worker.on("exit", () => {
      if (this.#running === running) this.#running = null;
      this.#giveUp(running, new Error(`the ${cloud} function ended`));
    });
    return running;
  }

  #giveUp(running: Running, error: Error): void {
    for (const { reject } of running.pending.values()) reject(error);
    running.pending.clear();
  }
}
