import { createBlobLedger } from "../../core/drivers/azure-blob/ledger-store.ts";
import { createKeyVaultStore } from "../../core/drivers/azure-key-vault/secret-store.ts";
import type { LedgerStore } from "../../core/ports/ledger-store.ts";
import type { SecretStore } from "../../core/ports/secret-store.ts";
import { Secret } from "../../core/secret.ts";
import type { VaultRates } from "../../functions/sandbox/azure/quotas.ts";
import { type AzureSandbox, startAzure } from "../../functions/sandbox/azure/start-azure.ts";
import { FaultBoard, type FaultRule, type SetFault } from "../../functions/sandbox/faults.ts";

export const container = "ledgers";
export const identityHeader = "identity-header-of-the-tests";

/** One sandbox and drivers over it. `sleeps` collects what the store waited for, without waiting. */
export interface AzureWorld {
  readonly azure: AzureSandbox;
  readonly faults: FaultBoard;
  readonly sleeps: number[];
  fault(rule: Omit<FaultRule, "part">): SetFault;
  store(changes?: { readonly token?: string; readonly pace?: (method: string) => Promise<void> }): SecretStore;
  ledger(changes?: { readonly token?: string; readonly container?: string }): LedgerStore;
  /** A request with a good token, past every driver; the status. */
  vault(method: string, path: string, body?: object): Promise<number>;
  close(): Promise<void>;
}

export async function startWorld(nowMs: () => number = Date.now, rates: VaultRates = {}): Promise<AzureWorld> {
  const faults = new FaultBoard();
  const azure = await startAzure({ faults, nowMs, identityHeader, containers: [container], rates });
  const sleeps: number[] = [];
  const credential = (token?: string) => ({
    kind: "token" as const,
    token: (resource: string) => new Secret(token ?? azure.issueToken(resource)),
  });
  return {
    azure,
    faults,
    sleeps,
    fault: (rule) => faults.set({ part: "azure", ...rule }),
    store: (changes = {}) =>
      createKeyVaultStore({
        vaultUrl: azure.vaultUrl,
        credential: credential(changes.token),
        nowMs,
        requestTimeoutMs: 5_000,
        pace: changes.pace,
        sleep: async (ms) => {
          sleeps.push(ms);
        },
      }),
    ledger: (changes = {}) =>
      createBlobLedger({
        accountUrl: azure.accountUrl,
        container: changes.container ?? container,
        credential: credential(changes.token),
        requestTimeoutMs: 5_000,
      }),
    async vault(method, path, body) {
      const reply = await fetch(`${azure.vaultUrl}/${path}?api-version=7.5`, {
        method,
        headers: { authorization: `Bearer ${azure.issueToken("https://vault.azure.net")}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      await reply.arrayBuffer();
      return reply.status;
    },
    close: () => azure.close(),
  };
}

/** The id as Key Vault has it, out of one of the driver's. */
export function bareId(versionId: string): string {
  return versionId.split("/")[1] ?? "";
}
