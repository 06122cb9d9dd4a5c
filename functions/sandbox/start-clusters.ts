import { Secret } from "../../core/secret.ts";
import { namespaceLabels } from "./configuration.ts";
import type { CloudName, ClusterFacts } from "./facts.ts";
import type { FaultBoard } from "./faults.ts";
import type { AllowRule } from "./kubernetes/rights.ts";
import { type KubernetesSandbox, startKubernetes } from "./kubernetes/server.ts";

const sites: readonly CloudName[] = ["aws", "azure", "gcp"];
const runner = "system:serviceaccount:capstan:capstan";
const nodes = "system:node:sandbox";

/** What a runner needs in a cluster, and what its nodes need to pull. */
const rules: Readonly<Record<string, readonly AllowRule[]>> = {
  [runner]: [
    { verbs: ["get", "list", "watch"], resources: ["namespaces"] },
    { verbs: ["get", "list", "create", "patch", "delete"], resources: ["secrets"] },
    { verbs: ["get", "patch"], resources: ["serviceaccounts"] },
    { verbs: ["get"], resources: ["externalsecrets"] },
  ],
  [nodes]: [{ verbs: ["get"], resources: ["secrets"] }],
};

export interface ClusterTokens {
  readonly name: string;
  readonly runner: string;
  readonly node: string;
}

/** Names `prod-1` … and their tokens. */
export function clusterTokens(
  count: number,
  draw: (label: string, length: number) => string,
): readonly ClusterTokens[] {
  return Array.from({ length: count }, (_, at) => {
    const name = `prod-${at + 1}`;
    return { name, runner: draw(`${name}/runner`, 40), node: draw(`${name}/node`, 40) };
  });
}

export interface ClustersOptions {
  readonly tokens: readonly ClusterTokens[];
  readonly namespacesPerCluster: number;
  readonly tls: { readonly cert: string; readonly key: string };
  readonly faults: FaultBoard;
  readonly nowMs: () => number;
  readonly ports?: { readonly kubernetes?: number };
}

/** Starts the clusters, shared out over the clouds in turn, each with namespaces `team-1` … */
export function startClusters(
  options: ClustersOptions,
): Promise<readonly { readonly server: KubernetesSandbox; readonly facts: ClusterFacts }[]> {
  const namespaces = Array.from({ length: options.namespacesPerCluster }, (_, at) => `team-${at + 1}`);
  const firstPort = options.ports?.kubernetes;
  const starting = options.tokens.map(async ({ name, ...token }, at) => {
    const server = await startKubernetes({
      name,
      faults: options.faults,
      nowMs: options.nowMs,
      tls: options.tls,
      ...(firstPort === undefined ? {} : { port: firstPort + at }),
      tokens: {
        [token.runner]: { username: runner, groups: ["system:serviceaccounts", "system:authenticated"] },
        [token.node]: { username: nodes, groups: ["system:nodes", "system:authenticated"] },
      },
      rules,
    });
    for (const namespace of namespaces) server.createNamespace(namespace, namespaceLabels);
    const facts: ClusterFacts = {
      name,
      site: sites[at % sites.length] ?? "aws",
      server: server.url,
      runnerToken: new Secret(token.runner),
      nodeToken: new Secret(token.node),
      namespaces,
    };
    return { server, facts };
  });
  return Promise.all(starting);
}
