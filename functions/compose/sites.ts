import type { Config, SiteConfig } from "../../core/config/complete.ts";
import type { LedgerStore } from "../../core/ports/ledger-store.ts";
import type { SecretStore } from "../../core/ports/secret-store.ts";
import type { Surroundings } from "./surroundings.ts";

export interface SiteDrivers {
  readonly store: SecretStore;
  readonly ledger: LedgerStore;
}

type Of<Kind extends SiteConfig["kind"]> = Extract<SiteConfig, { kind: Kind }>;

async function awsSite(site: Of<"aws">, around: Surroundings): Promise<SiteDrivers> {
  const [{ createAwsSecretStore }, { createDynamoLedger }] = await Promise.all([
    import("../../core/drivers/aws-secrets-manager/secret-store.ts"),
    import("../../core/drivers/dynamodb/ledger-store.ts"),
  ]);
  const { credentials } = site;
  const keys = credentials && {
    credentials: {
      accessKeyId: (await around.resolve(credentials.accessKeyId)).reveal(),
      secretAccessKey: await around.resolve(credentials.secretAccessKey),
      ...(credentials.sessionToken === undefined
        ? {}
        : { sessionToken: await around.resolve(credentials.sessionToken) }),
    },
  };
  const common = { region: site.region, requestTimeoutMs: around.requestTimeoutMs, ...keys };
  const { secretsManager, ledger } = site;
  return {
    store: createAwsSecretStore({ ...common, ...reach(secretsManager) }),
    ledger: createDynamoLedger({ ...common, ...reach(ledger), table: ledger.table, entropy: around.entropy }),
  };
}

function reach(from: { readonly endpoint?: string | undefined; readonly caFile?: string | undefined }): {
  endpoint?: string;
  caFile?: string;
} {
  return {
    ...(from.endpoint === undefined ? {} : { endpoint: from.endpoint }),
    ...(from.caFile === undefined ? {} : { caFile: from.caFile }),
  };
}

async function azureSite(site: Of<"azure">, around: Surroundings): Promise<SiteDrivers> {
  const [{ createKeyVaultStore }, { createBlobLedger }] = await Promise.all([
    import("../../core/drivers/azure-key-vault/secret-store.ts"),
    import("../../core/drivers/azure-blob/ledger-store.ts"),
  ]);
  const given = site.credential;
  const credential =
    given.kind === "managed"
      ? { kind: "managed" as const, clientId: given.clientId }
      : {
          kind: "token" as const,
          token: (resource: string) =>
            around.resolve(resource.includes("storage") ? given.storageToken : given.vaultToken),
        };
  const { requestTimeoutMs, nowMs } = around;
  return {
    store: createKeyVaultStore({ vaultUrl: site.vaultUrl, caFile: site.caFile, credential, requestTimeoutMs, nowMs }),
    ledger: createBlobLedger({
      accountUrl: site.ledger.accountUrl,
      container: site.ledger.container,
      caFile: site.ledger.caFile,
      credential,
      requestTimeoutMs,
    }),
  };
}

async function gcpSite(site: Of<"gcp">, around: Surroundings): Promise<SiteDrivers> {
  const [{ createGcpSecretStore }, { createGcpAnnotationLedger }, { createGcpAccessToken }] = await Promise.all([
    import("../../core/drivers/gcp-secret-manager/secret-store.ts"),
    import("../../core/drivers/gcp-annotation-ledger/ledger-store.ts"),
    import("../../core/drivers/http/gcp-credential.ts"),
  ]);
  const given = site.credential;
  const accessToken = createGcpAccessToken(
    given.kind === "default" ? { kind: "default" } : { kind: "token", token: () => around.resolve(given.token) },
  );
  const { requestTimeoutMs, nowMs } = around;
  const common = { project: site.project, accessToken, requestTimeoutMs, nowMs, ...reach(site) };
  return { store: createGcpSecretStore(common), ledger: createGcpAnnotationLedger(common) };
}

async function localSite(site: Of<"local">, around: Surroundings): Promise<SiteDrivers> {
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

/** The secret store and the ledger's home of one site. SDKs are loaded here, when needed, and nowhere else. */
export async function siteDrivers(config: Config, name: string, around: Surroundings): Promise<SiteDrivers> {
  const site = config.sites[name];
  if (site === undefined) throw new Error(`no site ${name} in the configuration`);
  switch (site.kind) {
    case "aws":
      return awsSite(site, around);
    case "azure":
      return azureSite(site, around);
    case "gcp":
      return gcpSite(site, around);
    case "local":
      return localSite(site, around);
  }
}
