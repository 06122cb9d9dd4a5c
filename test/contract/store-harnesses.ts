import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gcpSecretStoreOver } from "../../core/drivers/gcp-secret-manager/secret-store.ts";
import { createAgeIdentity } from "../../core/drivers/local-file/age.ts";
import { createLocalFileStore } from "../../core/drivers/local-file/secret-store.ts";
import { throttledFault } from "../../functions/sandbox/aws/replies.ts";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import type { Listener } from "../../functions/sandbox/listener.ts";
import { startAwsHarness } from "./aws-fixtures.ts";
import { startWorld } from "./azure-fixtures.ts";
import { type GcpHarness, officialClient, startGcpHarness } from "./gcp-fixtures.ts";
import { officialGcpClient } from "./gcp-official.ts";
import { startKubernetesStore } from "./kubernetes-store-fixtures.ts";
import type { SecretStoreHarness } from "./secret-store-suite.ts";

const requestsOf =
  ({ counts }: Listener) =>
  (): number =>
    [...counts.values()].reduce((sum, count) => sum + count, 0);
const json = { "content-type": "application/json" };
const reply = (body: object, headers: Readonly<Record<string, string>> = {}) =>
  ({ type: "reply", status: 429, headers: { ...json, ...headers }, body: JSON.stringify(body) }) as const;

function gcpSide({ gcp, faults, close }: GcpHarness): Omit<SecretStoreHarness, "store"> {
  const throttled = reply({ error: { code: 429, message: "x", status: "RESOURCE_EXHAUSTED" } });
  const misbehave = { board: faults, part: "gcp", throttled } as const;
  return { fence: true, unknownVersionId: "main/4711", close, requests: requestsOf(gcp), misbehave };
}

/** One store of each kind over its part of the sandbox. */
export const storeHarnesses = {
  async aws(): Promise<SecretStoreHarness> {
    const { aws, faults, store, close } = await startAwsHarness();
    const misbehave = { board: faults, part: "aws", throttled: throttledFault() } as const;
    return { store, fence: true, close, requests: requestsOf(aws), misbehave };
  },
  async azure(): Promise<SecretStoreHarness> {
    const world = await startWorld();
    const throttled = reply({ error: { code: "Throttled", message: "x" } }, { "retry-after": "1" });
    return {
      store: world.store(),
      fence: false,
      unknownVersionId: "main/00000000000000000000000000000000",
      close: () => world.close(),
      requests: requestsOf(world.azure),
      misbehave: { board: world.faults, part: "azure", throttled },
    };
  },
  async gcp(): Promise<SecretStoreHarness> {
    const harness = await startGcpHarness();
    return { ...gcpSide(harness), store: harness.store };
  },
  /** The driver as it is, everything below it by Google's own client. */
  async gcpOfficial(): Promise<SecretStoreHarness> {
    const harness = await startGcpHarness();
    const client = officialClient(harness);
    const close = async (): Promise<void> => {
      await client.close();
      await harness.close();
    };
    return { ...gcpSide(harness), store: gcpSecretStoreOver(officialGcpClient(client, harness.access)), close };
  },
  async kubernetes(): Promise<SecretStoreHarness> {
    const { server, faults, store, close } = await startKubernetesStore();
    const status = { kind: "Status", apiVersion: "v1", status: "Failure", reason: "TooManyRequests", code: 429 };
    const misbehave = { board: faults, part: "kubernetes", throttled: reply(status, { "retry-after": "1" }) } as const;
    return { store, fence: true, close, requests: requestsOf(server), misbehave };
  },
  async local(): Promise<SecretStoreHarness> {
    const directory = await mkdtemp(join(tmpdir(), "capstan-local-"));
    const { identity } = await createAgeIdentity();
    const store = createLocalFileStore({
      directory: join(directory, "site"),
      nowMs: () => Date.now(),
      hex: (bytes) => randomBytes(bytes).toString("hex"),
      identity,
    });
    // No server; two runners on one folder are the one thing that can be made harder.
    const misbehave = { board: new FaultBoard(), part: "aws", throttled: { type: "cut-before" } } as const;
    return { store, fence: true, close: () => rm(directory, { recursive: true }), misbehave };
  },
} satisfies Record<string, () => Promise<SecretStoreHarness>>;
