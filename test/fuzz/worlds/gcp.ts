import { createGcpAnnotationLedger } from "../../../core/drivers/gcp-annotation-ledger/ledger-store.ts";
import { createGcpSecretStore } from "../../../core/drivers/gcp-secret-manager/secret-store.ts";
import { Secret } from "../../../core/secret.ts";
import { startGcpHarness } from "../../contract/gcp-fixtures.ts";
import { ledgerOperations, storeOperations, valueCanary } from "./stores.ts";
import { impatientMs, patientMs, type World } from "./world.ts";

export async function openGcp(): Promise<World> {
  const { gcp, access, faults, token, close } = await startGcpHarness();
  const [good, tested] = [patientMs, impatientMs].map((requestTimeoutMs) => {
    const options = { ...access, requestTimeoutMs };
    return { store: createGcpSecretStore(options), ledger: createGcpAnnotationLedger(options) };
  });
  if (good === undefined || tested === undefined) throw new Error("two sets of drivers");
  return {
    part: "gcp",
    faults,
    url: gcp.url,
    place: /^gcp-(?:secret-manager|annotation-ledger): /,
    operations: [
      ...storeOperations(good.store, tested.store, "pull"),
      ...ledgerOperations(good.ledger, tested.ledger, "prod"),
    ],
    canaries: () => [valueCanary, { name: "access token", secret: new Secret(token) }],
    close,
  };
}
