import { pullSecretName } from "../configuration.ts";
import type { SandboxFacts } from "../facts.ts";
import type { PulledCluster, PullersOptions } from "./start-pullers.ts";

export interface SandboxPods extends Pick<PullersOptions, "registry" | "image" | "secretName"> {
  readonly clusters: readonly (PulledCluster & { readonly namespaces: readonly string[] })[];
}

/** Pods in every namespace of a sandbox: what they pull, and whose Secrets their nodes may read. */
export function podsOf({ harbor, clusters, caPem }: Pick<SandboxFacts, "harbor" | "clusters" | "caPem">): SandboxPods {
  return {
    clusters: clusters.map(({ name, server, nodeToken, namespaces }) => ({
      name,
      server,
      caPem,
      token: nodeToken.reveal(),
      namespaces,
    })),
    registry: { endpoint: harbor.endpoint, host: harbor.host },
    image: harbor.image,
    secretName: pullSecretName,
  };
}

/** The same without a rhythm: they pull when they are asked to. */
export function podsOnDemand(facts: Parameters<typeof podsOf>[0]): SandboxPods {
  const pods = podsOf(facts);
  return { ...pods, clusters: pods.clusters.map((cluster) => ({ ...cluster, namespaces: [] })) };
}
