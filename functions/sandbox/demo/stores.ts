import { createAwsSecretStore } from "../../../core/drivers/aws-secrets-manager/secret-store.ts";
import { createKeyVaultStore } from "../../../core/drivers/azure-key-vault/secret-store.ts";
import { createGcpSecretStore } from "../../../core/drivers/gcp-secret-manager/secret-store.ts";
import { decodeValue } from "../../../core/engine/value.ts";
import type { SecretStore } from "../../../core/ports/secret-store.ts";
import { Secret } from "../../../core/secret.ts";
import type { CloudName } from "../facts.ts";
import type { Sandbox } from "../start.ts";

export interface StoreAtEnd {
  /** Versions that still hold a value, pending ones too. */
  readonly versions: number;
  /** Id of the version that readers get. */
  readonly current: string | null;
  readonly epoch: number | null;
  readonly username: string | null;
}

/** What each store answers when it is asked at the end, by the same drivers, over HTTP. */
export async function askStores(
  sandbox: Sandbox,
  name: string,
  nowMs: () => number,
): Promise<Readonly<Record<CloudName, StoreAtEnd>>> {
  const { aws, azure, gcp } = sandbox.describe();
  const stores: Readonly<Record<CloudName, SecretStore>> = {
    aws: createAwsSecretStore({
      region: aws.region,
      endpoint: aws.endpoint,
      credentials: { accessKeyId: aws.accessKeyId, secretAccessKey: aws.secretAccessKey },
    }),
    azure: createKeyVaultStore({
      vaultUrl: azure.vaultUrl,
      credential: { kind: "token", token: (resource) => new Secret(sandbox.azure.issueToken(resource)) },
      nowMs,
    }),
    gcp: createGcpSecretStore({
      project: gcp.project,
      endpoint: gcp.endpoint,
      accessToken: async () => new Secret(sandbox.gcp.issueToken()),
      nowMs,
    }),
  };
  const asked = await Promise.all(
    Object.entries(stores).map(async ([cloud, store]) => [cloud, await ask(store, name)] as const),
  );
  return Object.fromEntries(asked) as Record<CloudName, StoreAtEnd>;
}

async function ask(store: SecretStore, name: string): Promise<StoreAtEnd> {
  const [versions, current] = await Promise.all([store.listVersions(name), store.readCurrent(name)]);
  const decoded = current === null ? null : decodeValue(current.value);
  const value = decoded?.is === "ours" ? decoded.value : null;
  return {
    versions: versions.length,
    current: current?.versionId ?? null,
    epoch: value?.epoch ?? null,
    username: value?.login.username ?? null,
  };
}
