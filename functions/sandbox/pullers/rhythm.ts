import type { PulledCluster, PullersOptions } from "./start-pullers.ts";

const namespacesAgainMs = 250;

type Pull = (cluster: string, namespace: string, stopping: AbortSignal) => Promise<void>;

/** One endless line of pulls per namespace, as long as its cluster names it. */
export function startRhythm(options: PullersOptions, pull: Pull): { stop(): Promise<void> } {
  const lines = new Map<string, Promise<void>>();
  const stopping = new AbortController();

  async function line(cluster: PulledCluster, namespace: string): Promise<void> {
    await pause(options.random() * options.paceMs, stopping.signal);
    while (!stopping.signal.aborted && namesOf(cluster).includes(namespace)) {
      const startedMs = performance.now();
      await pull(cluster.name, namespace, stopping.signal);
      const intervalMs = options.paceMs * (0.5 + options.random());
      await pause(intervalMs - (performance.now() - startedMs), stopping.signal);
    }
  }

  function open(): void {
    for (const cluster of options.clusters) {
      for (const namespace of namesOf(cluster)) {
        const key = `${cluster.name}/${namespace}`;
        if (!lines.has(key))
          lines.set(
            key,
            line(cluster, namespace).finally(() => lines.delete(key)),
          );
      }
    }
  }

  open();
  const dynamic = options.clusters.some(({ namespaces }) => typeof namespaces === "function");
  const timer = dynamic ? setInterval(open, namespacesAgainMs) : undefined;
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await Promise.all(lines.values());
    },
  };
}

function namesOf(cluster: PulledCluster): readonly string[] {
  return typeof cluster.namespaces === "function" ? cluster.namespaces() : cluster.namespaces;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, Math.max(0, ms));
    signal.addEventListener("abort", done);
  });
}
