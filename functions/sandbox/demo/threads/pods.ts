import { parentPort, workerData } from "node:worker_threads";
import type { PullRecord } from "../../pullers/pull-pod.ts";
import { type PullersOptions, startPullers } from "../../pullers/start-pullers.ts";
import { seededRandom } from "../random.ts";

/** What the thread is started with: all that a copy can carry. */
export type PodsOptions = Pick<PullersOptions, "registry" | "image" | "secretName" | "paceMs" | "pullsPerSecondMax"> & {
  readonly clusters: readonly {
    readonly name: string;
    readonly server: string;
    readonly caPem: string;
    readonly token: string;
    readonly namespaces: readonly string[];
  }[];
  readonly seed: number;
};

export type PodsQuestion =
  | { readonly ask: "pull"; readonly id: number; readonly cluster: string; readonly namespace: string }
  | { readonly ask: "stop" };

/** Records come before the answer to whoever asked for their pull. */
export type PodsAnswer =
  | { readonly told: "record"; readonly record: PullRecord }
  | { readonly told: "pulled"; readonly id: number }
  | { readonly told: "stopped" };

const tell = (answer: PodsAnswer): void => parentPort?.postMessage(answer);

const { seed, ...options } = workerData as PodsOptions;
const pullers = startPullers({
  ...options,
  random: seededRandom(seed),
  nowMs: () => Date.now(),
  onPull: (record) => tell({ told: "record", record }),
});

async function answer(question: PodsQuestion): Promise<void> {
  if (question.ask === "pull") {
    await pullers.pullOnce(question.cluster, question.namespace);
    return tell({ told: "pulled", id: question.id });
  }
  await pullers.stop();
  tell({ told: "stopped" });
  parentPort?.close();
}

// What fails here is a defect: it ends the thread, and with it whoever waits for a pull.
parentPort?.on("message", (question: PodsQuestion) => void answer(question));
