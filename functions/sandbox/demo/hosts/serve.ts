import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";

/** `"tick"`: the cloud's scheduler. Otherwise the document of a manual invocation. */
export type HostEvent = "tick" | { readonly capstan: Readonly<Record<string, unknown>> };

export interface HostQuestion {
  readonly id: number;
  readonly event: HostEvent;
}

export type HostAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

/** Address of the bundle that this worker was started for. */
export function bundleUrl(): string {
  return pathToFileURL((workerData as { bundle: string }).bundle).href;
}

/** Answers the questions of `FunctionHost`, several at a time. Clouds pass documents on as JSON. */
export function serve(handle: (event: HostEvent) => Promise<unknown>): void {
  const answer = (text: HostAnswer): void => parentPort?.postMessage(text);
  parentPort?.on("message", ({ id, event }: HostQuestion) => {
    handle(event).then(
      (result) => answer({ id, result: JSON.parse(JSON.stringify(result ?? null)) as unknown }),
      (error: unknown) => answer({ id, error: error instanceof Error ? error.message : String(error) }),
    );
  });
}
