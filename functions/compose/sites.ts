import type { Config, SiteConfig } from "../../core/config/complete.ts";
import type { AwsAccess } from "../../core/drivers/http/aws-client.ts";
import type { PaceOptions } from "../../core/drivers/http/pace.ts";
import { heedRetryAfter } from "../../core/engine/retry-after.ts";
import type { LedgerStore } from "../../core/ports/ledger-store.ts";
import type { SecretStore } from "../../core/ports/secret-store.ts";
import { awsLogin, azureLogin, gcpLogin } from "./cloud-logins.ts";
import { clusterReach } from "./clusters.ts";
import { lateDriver, onceMade } from "./late-driver.ts";
import { reachOf, type SiteOf } from "./own-logins.ts";
import type { Surroundings } from "./surroundings.ts";

export interface SiteDrivers {
  readonly store: SecretStore;
  readonly ledger: LedgerStore;
}

const storeCalls: Readonly<Record<keyof SecretStore, true>> = {
  stage: true,
  readVersion: true,
  readCurrent: true,
  flip: true,
  readRound: true,
  writeRound: true,
  listVersions: true,
  discard: true,
};
const ledgerCalls: Readonly<Record<keyof LedgerStore, true>> = { load: true, save: true };

/**
 * The secret store and the ledger's home of one site, made at their first call: a login that cannot be
 * resolved fails this site's calls alone. SDKs are loaded there, and nowhere else.
 */
export function siteDrivers(config: Config, name: string, site: SiteConfig, around: Surroundings): SiteDrivers {
  const drivers = onceMade((): Promise<SiteDrivers> => {
    switch (site.kind) {
      case "aws":
        return awsSite(site, around);
      case "azure":
        return azureSite(site, around);
      case "gcp":
        return gcpSite(site, around);
      case "kubernetes":
        return kubernetesSite(config, site, around);
      case "local":
        return localSite(site, around);
      case "agent":
        throw new Error(`the agent ${name} has no store of its own`);
    }
  });
  const system = `site ${name}`;
  return {
    store: heedRetryAfter(
      lateDriver(system, storeCalls, async () => (await drivers()).store),
      around.nowMs,
    ),
    ledger: heedRetryAfter(
      lateDriver(system, ledgerCalls, async () => (await drivers()).ledger),
      around.nowMs,
    ),
  };
}

/** A turn is waited for as long as an answer may take. */
function paceOptions({ nowMs, sleep, requestTimeoutMs }: Surroundings): PaceOptions {
  return { nowMs, sleep, waitMsMax: requestTimeoutMs };
}

async function awsSite(site: SiteOf<"aws">, around: Surroundings): Promise<SiteDrivers> {
  const [{ createAwsSecretStore }, { createAwsPace }] = await Promise.all([
    import("../../core/drivers/aws-secrets-manager/secret-store.ts"),
    import("../../core/drivers/aws-secrets-manager/pace.ts"),
  ]);
  const login = await awsLogin(site, around);
  const common = { region: site.region, requestTimeoutMs: around.requestTimeoutMs, ...login };
  const { secretsManager, ledger } = site;
  const { kmsKeyId, rateLimits } = secretsManager;
  const pace = createAwsPace(rateLimits, paceOptions(around));
  return {
    store: createAwsSecretStore({ ...common, ...reachOf(secretsManager), kmsKeyId, pace }),
    ledger:
      ledger.kind === "dynamodb" ? await dynamoLedger(ledger, common, around) : await s3Ledger(ledger, common, around),
  };
}

type AwsLedger<Kind> = Extract<SiteOf<"aws">["ledger"], { kind: Kind }>;

async function dynamoLedger(
  ledger: AwsLedger<"dynamodb">,
  common: AwsAccess,
  around: Surroundings,
): Promise<LedgerStore> {
  const { createDynamoLedger } = await import("../../core/drivers/dynamodb/ledger-store.ts");
  return createDynamoLedger({ ...common, ...reachOf(ledger), table: ledger.table, entropy: around.entropy });
}

async function s3Ledger(ledger: AwsLedger<"s3">, common: AwsAccess, around: Surroundings): Promise<LedgerStore> {
  const { createS3Ledger } = await import("../../core/drivers/aws-s3-ledger/ledger-store.ts");
  const [{ keySourceOf }, { sdkKeys }] = await Promise.all([
    import("./aws-keys.ts"),
    import("../../core/drivers/http/aws-client.ts"),
  ]);
  const { region, requestTimeoutMs } = common;
  const { nowMs, entropy } = around;
  const keys = await keySourceOf(common);
  return createS3Ledger({
    region,
    bucket: ledger.bucket,
    ...reachOf(ledger),
    credentials: async () => sdkKeys(await keys()),
    requestTimeoutMs,
    nowMs,
    entropy,
  });
}

async function azureSite(site: SiteOf<"azure">, around: Surroundings): Promise<SiteDrivers> {
  const [{ createKeyVaultStore }, { createVaultPace }, { createBlobLedger }] = await Promise.all([
    import("../../core/drivers/azure-key-vault/secret-store.ts"),
    import("../../core/drivers/azure-key-vault/pace.ts"),
    import("../../core/drivers/azure-blob/ledger-store.ts"),
  ]);
  const credential = azureLogin(site, around);
  const { requestTimeoutMs, nowMs } = around;
  const { vaultUrl, caFile } = site;
  const pace = createVaultPace(site.rateLimits, paceOptions(around));
  return {
    store: createKeyVaultStore({ vaultUrl, caFile, credential, requestTimeoutMs, nowMs, pace }),
    ledger: createBlobLedger({
      accountUrl: site.ledger.accountUrl,
      container: site.ledger.container,
      caFile: site.ledger.caFile,
      credential,
      requestTimeoutMs,
    }),
  };
}

async function gcpSite(site: SiteOf<"gcp">, around: Surroundings): Promise<SiteDrivers> {
  const [{ createGcpSecretStore }, { createGcpPace }, { createGcpAnnotationLedger }] = await Promise.all([
    import("../../core/drivers/gcp-secret-manager/secret-store.ts"),
    import("../../core/drivers/http/gcp-pace.ts"),
    import("../../core/drivers/gcp-annotation-ledger/ledger-store.ts"),
  ]);
  const accessToken = await gcpLogin(site, around);
  const { requestTimeoutMs, nowMs } = around;
  const key = site.kmsKeyName === undefined ? {} : { kmsKeyName: site.kmsKeyName };
  const pace = createGcpPace(site.rateLimits, paceOptions(around));
  const common = { project: site.project, accessToken, requestTimeoutMs, nowMs, pace, ...reachOf(site), ...key };
  const store = createGcpSecretStore(common);
  const { ledger } = site;
  if (ledger.kind === "secret-annotation") return { store, ledger: createGcpAnnotationLedger(common) };
  const { createGcsLedger } = await import("../../core/drivers/gcs-ledger/ledger-store.ts");
  const { entropy } = around;
  const gcs = { bucket: ledger.bucket, accessToken, requestTimeoutMs, nowMs, entropy, ...reachOf(ledger) };
  return { store, ledger: createGcsLedger(gcs) };
}

async function kubernetesSite(config: Config, site: SiteOf<"kubernetes">, around: Surroundings): Promise<SiteDrivers> {
  const [{ createKubernetesStore }, { createKubernetesLedger }] = await Promise.all([
    import("../../core/drivers/kubernetes-store/secret-store.ts"),
    import("../../core/drivers/kubernetes-store/ledger-store.ts"),
  ]);
  const reach = await clusterReach(config, site.cluster, around);
  const token = async () => {
    const given = await reach.token();
    return "untilMs" in given ? given.token : given;
  };
  const common = {
    ...reach,
    token,
    namespace: site.namespace,
    fieldManager: `capstan-${config.installation}`,
    requestTimeoutMs: around.requestTimeoutMs,
    nowMs: around.nowMs,
  };
  return {
    store: createKubernetesStore(common),
    ledger: createKubernetesLedger({ ...common, entropy: around.entropy }),
  };
}

async function localSite(site: SiteOf<"local">, around: Surroundings): Promise<SiteDrivers> {
  const [{ createLocalFileStore }, { createLocalFileLedger }] = await Promise.all([
    import("../../core/drivers/local-file/secret-store.ts"),
    import("../../core/drivers/local-file/ledger-store.ts"),
  ]);
  const common = { directory: site.directory, nowMs: around.nowMs, hex: (bytes: number) => around.entropy.hex(bytes) };
  return {
    store: createLocalFileStore({ ...common, identity: () => around.resolve(site.identity) }),
    ledger: createLocalFileLedger(common),
  };
}
