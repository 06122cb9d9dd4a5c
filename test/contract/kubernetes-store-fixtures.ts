import { randomBytes } from "node:crypto";
import { createKubernetesLedger } from "../../core/drivers/kubernetes-store/ledger-store.ts";
import { createKubernetesStore } from "../../core/drivers/kubernetes-store/secret-store.ts";
import type { LedgerStore } from "../../core/ports/ledger-store.ts";
import type { SecretStore } from "../../core/ports/secret-store.ts";
import { Secret } from "../../core/secret.ts";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { type KubernetesSandbox, startKubernetes } from "../../functions/sandbox/kubernetes/server.ts";
import { kubernetesCertificates } from "./kubernetes-authority.ts";

const entropy = { hex: (bytes: number) => randomBytes(bytes).toString("hex") };
export const namespace = "capstan";
export const storeToken = "cAnArY-token-of-the-store";

export interface KubernetesStoreHarness {
  readonly faults: FaultBoard;
  readonly server: KubernetesSandbox;
  readonly store: SecretStore;
  readonly ledger: LedgerStore;
  readonly access: Parameters<typeof createKubernetesStore>[0];
  close(): Promise<void>;
}

/** A cluster in which one user may do with Secrets of one namespace exactly what the driver says it needs. */
export async function startKubernetesStore(): Promise<KubernetesStoreHarness> {
  const faults = new FaultBoard();
  const nowMs = () => Date.UTC(2026, 10, 24, 12);
  const { caPem, tls } = await kubernetesCertificates();
  const username = "system:serviceaccount:capstan:store";
  const server = await startKubernetes({
    name: "onprem",
    faults,
    nowMs,
    tls,
    tokens: { [storeToken]: { username, groups: ["system:authenticated"] } },
    rules: { [username]: [{ verbs: ["get", "create", "patch"], resources: ["secrets"], namespaces: [namespace] }] },
  });
  server.createNamespace(namespace);
  const access = {
    server: server.url,
    caPem,
    namespace,
    token: () => new Secret(storeToken),
    fieldManager: "capstan-contract",
    requestTimeoutMs: 5000,
    nowMs,
  };
  return {
    faults,
    server,
    access,
    store: createKubernetesStore(access),
    ledger: createKubernetesLedger({ ...access, entropy }),
    close: () => server.close(),
  };
}
