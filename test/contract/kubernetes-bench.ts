import { beforeEach } from "vitest";
import { createKubernetesCluster, type KubernetesClusterOptions } from "../../core/drivers/kubernetes/cluster.ts";
import type { Cluster } from "../../core/ports/cluster.ts";
import { Secret } from "../../core/secret.ts";
import { FaultBoard, type FaultRule } from "../../functions/sandbox/faults.ts";
import { type KubernetesSandbox, startKubernetes } from "../../functions/sandbox/kubernetes/server.ts";
import { kubernetesCertificates } from "./kubernetes-authority.ts";

export const nowMs = () => Date.parse("2026-11-24T00:00:00Z");

export interface DriverBench {
  readonly server: KubernetesSandbox;
  readonly caPem: string;
  /** The namespace of the running test. */
  readonly here: () => string;
  readonly connect: (extra?: Partial<KubernetesClusterOptions>) => Cluster;
  readonly fault: (rule: Omit<FaultRule, "part">) => void;
  readonly clearFaults: () => void;
}

/** One sandbox with faults for a test file, and a fresh namespace for each of its tests. */
export async function driverBench(): Promise<DriverBench> {
  const faults = new FaultBoard();
  const { caPem, tls } = await kubernetesCertificates();
  const server = await startKubernetes({
    name: "driven",
    faults,
    nowMs,
    tls,
    tokens: {
      t0: { username: "admin", groups: ["system:masters"] },
      narrow: { username: "narrow", groups: [] },
    },
    rules: { narrow: [{ verbs: ["get", "patch"], resources: ["secrets"] }] },
  });
  let count = 0;
  beforeEach(() => {
    faults.clear();
    count += 1;
    server.createNamespace(`n${count}`);
  });
  return {
    server,
    caPem,
    here: () => `n${count}`,
    connect: (extra = {}) =>
      createKubernetesCluster({
        name: "driven",
        server: server.url,
        caPem,
        token: () => new Secret("t0"),
        fieldManager: "capstan-driver",
        nowMs,
        ...extra,
      }),
    fault: (rule) => void faults.set({ part: "kubernetes", ...rule }),
    clearFaults: () => faults.clear(),
  };
}

export const reply = (status: number, body = "", headers: Record<string, string> = {}) =>
  ({ type: "reply", status, body, headers }) as const;
