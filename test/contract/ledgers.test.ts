import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createS3Ledger } from "../../core/drivers/aws-s3-ledger/ledger-store.ts";
import { createGcsLedger } from "../../core/drivers/gcs-ledger/ledger-store.ts";
import { createLocalFileLedger } from "../../core/drivers/local-file/ledger-store.ts";
import { region, ledgerBucket as s3Bucket, secretAccessKey, startAwsHarness } from "./aws-fixtures.ts";
import { startWorld } from "./azure-fixtures.ts";
import { ledgerBucket as gcsBucket, startGcpHarness } from "./gcp-fixtures.ts";
import { startKubernetesStore } from "./kubernetes-store-fixtures.ts";
import { ledgerStoreContract } from "./ledger-store-suite.ts";

const entropy = { hex: (bytes: number) => randomBytes(bytes).toString("hex") };

const s3Ledger = (endpoint: string) =>
  createS3Ledger({
    region,
    bucket: s3Bucket,
    endpoint,
    credentials: async () => ({ accessKeyId: "AKIASANDBOX", secretAccessKey }),
    nowMs: () => Date.now(),
    entropy,
  });

ledgerStoreContract("DynamoDB", async () => {
  const { ledger, close } = await startAwsHarness();
  return { store: ledger, close };
});

ledgerStoreContract("S3", async () => {
  const { aws, close } = await startAwsHarness();
  return { store: s3Ledger(aws.url), close };
});

ledgerStoreContract("Azure Blob", async () => {
  const world = await startWorld();
  return { store: world.ledger(), close: () => world.close() };
});

ledgerStoreContract("GCP annotations", async () => {
  const { ledger, close } = await startGcpHarness();
  return { store: ledger, close };
});

ledgerStoreContract("GCP annotations under a quota of writes", async () => {
  const { ledger, advance, close } = await startGcpHarness({ secretWritesPerSecondMax: 5 });
  // A second of the project's clock passes in every 20 ms, so that the quota bites and the suite stays fast.
  const clock = setInterval(() => advance(1000), 20);
  return {
    store: ledger,
    throttles: true,
    async close() {
      clearInterval(clock);
      await close();
    },
  };
});

ledgerStoreContract("Google Cloud Storage", async () => {
  const { gcp, access, close } = await startGcpHarness();
  const { accessToken, nowMs } = access;
  return { store: createGcsLedger({ bucket: gcsBucket, endpoint: gcp.url, accessToken, nowMs, entropy }), close };
});

ledgerStoreContract("Kubernetes Secrets", async () => {
  const { ledger, close } = await startKubernetesStore();
  return { store: ledger, close };
});

ledgerStoreContract("local file", async () => {
  const directory = await mkdtemp(join(tmpdir(), "capstan-local-"));
  const ledger = createLocalFileLedger({
    directory: join(directory, "site"),
    nowMs: () => Date.now(),
    hex: (bytes: number) => randomBytes(bytes).toString("hex"),
  });
  return { store: ledger, close: () => rm(directory, { recursive: true }) };
});
