import { createAwsSecretStore } from "../../../core/drivers/aws-secrets-manager/secret-store.ts";
import { createDynamoLedger } from "../../../core/drivers/dynamodb/ledger-store.ts";
import { Secret } from "../../../core/secret.ts";
import { ledgerTable, secretAccessKey, startAwsHarness } from "../../contract/aws-fixtures.ts";
import { ledgerOperations, storeOperations, valueCanary } from "./stores.ts";
import { impatientMs, patientMs, type World } from "./world.ts";

export async function openAws(): Promise<World> {
  const { aws, access, faults, close } = await startAwsHarness();
  const [good, tested] = [patientMs, impatientMs].map((requestTimeoutMs) => {
    const options = { ...access, requestTimeoutMs };
    return { store: createAwsSecretStore(options), ledger: createDynamoLedger({ ...options, table: ledgerTable }) };
  });
  if (good === undefined || tested === undefined) throw new Error("two sets of drivers");
  return {
    part: "aws",
    faults,
    url: aws.url,
    place: /^(?:aws-secrets-manager|dynamodb): /,
    operations: [
      ...storeOperations(good.store, tested.store, "pull"),
      ...ledgerOperations(good.ledger, tested.ledger, "prod"),
    ],
    canaries: () => [valueCanary, { name: "access key", secret: new Secret(secretAccessKey) }],
    close,
  };
}
