import { startAwsHarness } from "./aws-fixtures.ts";
import { ledgerStoreContract } from "./ledger-store-suite.ts";
import { secretStoreContract } from "./secret-store-suite.ts";

secretStoreContract("AWS Secrets Manager", async () => ({ ...(await startAwsHarness()), fence: true }));

ledgerStoreContract("DynamoDB", async () => {
  const { ledger, close } = await startAwsHarness();
  return { store: ledger, close };
});
