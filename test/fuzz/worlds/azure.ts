import { createBlobLedger } from "../../../core/drivers/azure-blob/ledger-store.ts";
import { createKeyVaultStore } from "../../../core/drivers/azure-key-vault/secret-store.ts";
import { Secret } from "../../../core/secret.ts";
import { container, startWorld } from "../../contract/azure-fixtures.ts";
import { ledgerOperations, storeOperations, valueCanary } from "./stores.ts";
import { impatientMs, patientMs, type World } from "./world.ts";

const hourMs = 3_600_000;

export async function openAzure(): Promise<World> {
  const nowMs = () => Date.now();
  const { azure, faults, close } = await startWorld(nowMs);
  const audiences = ["https://vault.azure.net", "https://storage.azure.com"];
  const tokens = new Map(audiences.map((audience) => [audience, new Secret(azure.issueToken(audience, 24 * hourMs))]));
  const token = (resource: string): Secret => tokens.get(resource) ?? new Secret("none-for-this-audience");
  const credential = { kind: "token" as const, token };
  const { accountUrl, vaultUrl } = azure;
  const [good, tested] = [patientMs, impatientMs].map((requestTimeoutMs) => ({
    store: createKeyVaultStore({ vaultUrl, credential, nowMs, requestTimeoutMs, sleep: async () => {} }),
    ledger: createBlobLedger({ accountUrl, container, credential, requestTimeoutMs }),
  }));
  if (good === undefined || tested === undefined) throw new Error("two sets of drivers");
  return {
    part: "azure",
    faults,
    url: vaultUrl,
    place: /^azure-(?:key-vault|blob): /,
    operations: [
      ...storeOperations(good.store, tested.store, "pull"),
      ...ledgerOperations(good.ledger, tested.ledger, "prod"),
    ],
    canaries: () => [valueCanary, ...[...tokens.values()].map((secret) => ({ name: "token", secret }))],
    close,
  };
}
