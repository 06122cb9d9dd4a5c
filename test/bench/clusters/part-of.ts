import type { Cluster } from "../../../core/ports/cluster.ts";

const label = "bench.capstan.dev/cluster";

/**
 * A part of one API server as a cluster of its own: its Secrets carry a label more, and lists ask for that. The
 * requests are the same, and so is what they do. `cluster`: as composed, a plain object of functions.
 */
export function partOf(cluster: Cluster, name: string): Cluster {
  return {
    ...cluster,
    listSecrets: (selector, token) => cluster.listSecrets(`${selector},${label}=${name}`, token),
    createEmptySecret: (namespace, secret, labels) =>
      cluster.createEmptySecret(namespace, secret, { ...labels, [label]: name }),
    applySecret: (write) => cluster.applySecret({ ...write, labels: { ...write.labels, [label]: name } }),
  };
}
