import { describe, test } from "vitest";
import { createAwsSecretStore } from "../../../core/drivers/aws-secrets-manager/secret-store.ts";
import { createBlobLedger } from "../../../core/drivers/azure-blob/ledger-store.ts";
import { createKeyVaultStore } from "../../../core/drivers/azure-key-vault/secret-store.ts";
import { createDynamoLedger } from "../../../core/drivers/dynamodb/ledger-store.ts";
import { createGcpAnnotationLedger } from "../../../core/drivers/gcp-annotation-ledger/ledger-store.ts";
import { createGcpSecretStore } from "../../../core/drivers/gcp-secret-manager/secret-store.ts";
import { createGcpAccessToken } from "../../../core/drivers/http/gcp-credential.ts";
import { Secret } from "../../../core/secret.ts";
import { ledgerStoreContract } from "../../contract/ledger-store-suite.ts";
import { secretStoreContract } from "../../contract/secret-store-suite.ts";
import { patient } from "./patient.ts";

/**
 * The contracts on real accounts, each where its variables are set. They leave secrets named `contract-…` and
 * ledgers `prod/contract-…` behind: use an account that is emptied afterwards.
 */
const { env } = process;
const closed = async () => {};
const nowMs = () => Date.now();

const region = env["AWS_REGION"];
const table = env["CAPSTAN_CONFORMANCE_AWS_TABLE"];
if (region === undefined || table === undefined) {
  describe.skip("AWS: needs AWS_REGION, a login of the SDK's and CAPSTAN_CONFORMANCE_AWS_TABLE", () =>
    test("-", () => {}));
} else {
  secretStoreContract("AWS Secrets Manager, the account", async () => ({
    store: patient(createAwsSecretStore({ region })),
    fence: true,
    close: closed,
  }));
  ledgerStoreContract("DynamoDB, the account", async () => ({
    store: patient(createDynamoLedger({ region, table })),
    close: closed,
  }));
}

const vaultUrl = env["CAPSTAN_CONFORMANCE_VAULT_URL"];
const accountUrl = env["CAPSTAN_CONFORMANCE_BLOB_ACCOUNT_URL"];
const tokens = { vault: env["CAPSTAN_CONFORMANCE_VAULT_TOKEN"], storage: env["CAPSTAN_CONFORMANCE_STORAGE_TOKEN"] };
if (vaultUrl === undefined || accountUrl === undefined || tokens.vault === undefined || tokens.storage === undefined) {
  const names = "VAULT_URL, VAULT_TOKEN, BLOB_ACCOUNT_URL (with a container `ledgers`), STORAGE_TOKEN";
  describe.skip(`Azure: needs CAPSTAN_CONFORMANCE_ ${names}`, () => test("-", () => {}));
} else {
  const credential = {
    kind: "token",
    token: (resource: string) => new Secret((resource.includes("storage") ? tokens.storage : tokens.vault) ?? ""),
  } as const;
  secretStoreContract("Azure Key Vault, the account", async () => ({
    store: patient(createKeyVaultStore({ vaultUrl, credential, nowMs })),
    fence: false,
    unknownVersionId: "main/00000000000000000000000000000000",
    close: closed,
  }));
  ledgerStoreContract("Azure Blob, the account", async () => ({
    store: patient(createBlobLedger({ accountUrl, container: "ledgers", credential })),
    close: closed,
  }));
}

const project = env["CAPSTAN_CONFORMANCE_GCP_PROJECT"];
if (project === undefined) {
  const needs = "CAPSTAN_CONFORMANCE_GCP_PROJECT and application default credentials";
  describe.skip(`Google Cloud: needs ${needs}`, () => test("-", () => {}));
} else {
  const access = { project, accessToken: createGcpAccessToken({ kind: "default" }), nowMs };
  secretStoreContract("GCP Secret Manager, the account", async () => ({
    store: patient(createGcpSecretStore(access)),
    fence: true,
    unknownVersionId: "main/4711",
    close: closed,
  }));
  ledgerStoreContract("GCP annotations, the account", async () => ({
    store: createGcpAnnotationLedger(access),
    throttles: true,
    close: closed,
  }));
}
