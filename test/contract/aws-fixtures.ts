import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { createAwsSecretStore } from "../../core/drivers/aws-secrets-manager/secret-store.ts";
import { createDynamoLedger } from "../../core/drivers/dynamodb/ledger-store.ts";
import type { LedgerStore } from "../../core/ports/ledger-store.ts";
import type { SecretStore } from "../../core/ports/secret-store.ts";
import { Secret } from "../../core/secret.ts";
import type { AwsRates } from "../../functions/sandbox/aws/quotas.ts";
import { type AwsSandbox, startAws } from "../../functions/sandbox/aws/start-aws.ts";
import { FaultBoard } from "../../functions/sandbox/faults.ts";

export const region = "eu-central-1";
export const secretAccessKey = "cAnArY/SecretAccessKey/0123456789abcdefg";
export const ledgerBucket = "capstan-ledgers";
export const ledgerTable = "capstan-ledger";

export interface AwsHarness {
  readonly faults: FaultBoard;
  readonly aws: AwsSandbox;
  readonly store: SecretStore;
  readonly ledger: LedgerStore;
  readonly access: Parameters<typeof createAwsSecretStore>[0];
  /** Moves the account's clock; it stands still otherwise. */
  advance(ms: number): void;
  close(): Promise<void>;
}

export async function startAwsHarness(rates: AwsRates = {}): Promise<AwsHarness> {
  const faults = new FaultBoard();
  let nowMs = Date.UTC(2026, 10, 24, 12);
  const aws = await startAws({
    faults,
    nowMs: () => nowMs,
    accessKeyId: "AKIASANDBOX",
    secretAccessKey,
    region,
    tables: [ledgerTable],
    rates,
    buckets: [ledgerBucket],
  });
  const access = {
    region,
    endpoint: aws.url,
    credentials: { accessKeyId: "AKIASANDBOX", secretAccessKey: new Secret(secretAccessKey) },
    requestTimeoutMs: 5000,
  };
  return {
    faults,
    aws,
    access,
    store: createAwsSecretStore({ ...access, tags: { "managed-by": "capstan" } }),
    ledger: createDynamoLedger({ ...access, table: ledgerTable }),
    advance: (ms) => {
      nowMs += ms;
    },
    close: () => aws.close(),
  };
}

/** The official client as it comes, with its own request handler: somebody else at the same account. */
export function sdkClient({ aws }: AwsHarness): SecretsManagerClient {
  return new SecretsManagerClient({
    region,
    endpoint: aws.url,
    maxAttempts: 1,
    credentials: { accessKeyId: "AKIASANDBOX", secretAccessKey },
  });
}
