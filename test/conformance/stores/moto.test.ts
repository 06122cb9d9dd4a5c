import { randomBytes } from "node:crypto";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describe, test } from "vitest";
import { createS3Ledger } from "../../../core/drivers/aws-s3-ledger/ledger-store.ts";
import { createAwsSecretStore } from "../../../core/drivers/aws-secrets-manager/secret-store.ts";
import { createDynamoLedger } from "../../../core/drivers/dynamodb/ledger-store.ts";
import { Secret } from "../../../core/secret.ts";
import { awsRuleCases } from "../../contract/aws-rule-cases.ts";
import { describeContract } from "../../contract/contract-case.ts";
import { ledgerStoreContract } from "../../contract/ledger-store-suite.ts";
import { secretStoreContract } from "../../contract/secret-store-suite.ts";
import { deviationsOf } from "./deviations.ts";

const endpoint = process.env["CAPSTAN_MOTO_URL"];
const region = "eu-central-1";
const bucket = "capstan-conformance";
const table = "capstan-conformance";
const keys = { accessKeyId: "AKIAMOTO", secretAccessKey: "moto" };
const closed = async () => {};

async function createTable(endpoint: string): Promise<void> {
  const client = new DynamoDBClient({ endpoint, region, credentials: keys });
  const key = { AttributeName: "pk" };
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ ...key, KeyType: "HASH" }],
      AttributeDefinitions: [{ ...key, AttributeType: "S" }],
    }),
  );
}

/** moto asks nobody who they are. */
async function createBucket(endpoint: string): Promise<void> {
  const body = `<CreateBucketConfiguration><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
  const reply = await fetch(`${endpoint}/${bucket}`, { method: "PUT", body });
  if (!reply.ok) throw new Error(`moto made no bucket: status ${reply.status}`);
}

if (endpoint === undefined) describe.skip("moto is not installed here", () => test("nothing", () => {}));
else {
  const credentials = { accessKeyId: keys.accessKeyId, secretAccessKey: new Secret(keys.secretAccessKey) };
  const access = { endpoint, region, credentials };
  secretStoreContract(
    "moto: Secrets Manager",
    async () => ({ store: createAwsSecretStore(access), fence: true, close: closed }),
    { fails: deviationsOf("moto: Secrets Manager") },
  );
  describeContract(
    "moto: rules",
    awsRuleCases,
    async () => ({
      client: new SecretsManagerClient({ endpoint, region, credentials: keys, maxAttempts: 1 }),
      close: closed,
    }),
    { fails: deviationsOf("moto: rules") },
  );
  ledgerStoreContract(
    "moto: DynamoDB",
    async () => {
      await createTable(endpoint);
      return { store: createDynamoLedger({ ...access, table }), close: closed };
    },
    { fails: deviationsOf("moto: DynamoDB") },
  );
  ledgerStoreContract(
    "moto: S3",
    async () => {
      await createBucket(endpoint);
      const entropy = { hex: (bytes: number) => randomBytes(bytes).toString("hex") };
      const options = { region, bucket, endpoint, credentials: async () => keys, nowMs: () => Date.now(), entropy };
      return { store: createS3Ledger(options), close: closed };
    },
    { fails: deviationsOf("moto: S3") },
  );
}
