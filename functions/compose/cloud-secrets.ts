import { setTimeout as pause } from "node:timers/promises";
import type { SiteConfig } from "../../core/config/complete.ts";
import { PortError } from "../../core/ports/errors.ts";
import type { Secret } from "../../core/secret.ts";
import { awsLogin, azureLogin, gcpLogin } from "./cloud-logins.ts";
import { reachOf } from "./own-logins.ts";
import type { Surroundings } from "./surroundings.ts";

/** Reads one secret. Null: absent, or without a current value. Throws `PortError`. */
export type CloudSecretReader = (name: string, key: string | null) => Promise<Secret | null>;

type Maker = (site: SiteConfig | null, name: string, around: Surroundings) => Promise<CloudSecretReader>;

/** AWSCURRENT, in the region of an ARN, else the site's, else AWS_REGION's. A site's endpoint serves its own region alone. */
export const awsReader: Maker = async (given, name, around) => {
  const site = given?.kind === "aws" ? given : null;
  const { createAwsSecretStore } = await import("../../core/drivers/aws-secrets-manager/secret-store.ts");
  const ofArn = /^arn:[^:]*:secretsmanager:([^:]+):/.exec(name)?.[1];
  const region = ofArn ?? site?.region ?? around.env["AWS_REGION"] ?? around.env["AWS_DEFAULT_REGION"];
  if (region === undefined || region === "") {
    const why = "aws: no region: name the secret by its ARN, or set AWS_REGION";
    throw new PortError("invalid", why, { system: "aws", operation: "connect" });
  }
  const store = createAwsSecretStore({
    region,
    requestTimeoutMs: around.requestTimeoutMs,
    ...(await awsLogin(site, around)),
    ...(site?.region === region ? reachOf(site.secretsManager) : {}),
  });
  return async (id) => (await store.readCurrent(id))?.value ?? null;
};

/** Of `https://vault/secrets/name[/version]`; the newest version without one. */
export const azureReader: Maker = async (given, name, around) => {
  const site = given?.kind === "azure" ? given : null;
  const [{ VaultClient }, { VaultSecrets }] = await Promise.all([
    import("../../core/drivers/azure-key-vault/vault-client.ts"),
    import("../../core/drivers/azure-key-vault/vault-secrets.ts"),
  ]);
  const vault = new VaultClient({
    vaultUrl: new URL(name).origin,
    caFile: site?.caFile,
    credential: azureLogin(site, around),
    requestTimeoutMs: around.requestTimeoutMs,
    nowMs: around.nowMs,
  });
  const secrets = new VaultSecrets(vault, (ms) => pause(ms));
  return async (url) => {
    const [, , secret = "", version] = new URL(url).pathname.split("/");
    return (await secrets.read("GetSecret", secret, version))?.value ?? null;
  };
};

/** Alias in reading order: the one asked for, else `current`. Never `latest` unasked: it moves with every write. */
export const gcpReader: Maker = async (given, name, around) => {
  const site = given?.kind === "gcp" ? given : null;
  const [{ createGcpClient }, { accessVersion }] = await Promise.all([
    import("../../core/drivers/http/gcp-client.ts"),
    import("../../core/drivers/gcp-secret-manager/versions.ts"),
  ]);
  const { requestTimeoutMs, nowMs } = around;
  const [, project = ""] = name.split("/");
  const access = { project, accessToken: await gcpLogin(site, around), requestTimeoutMs, nowMs };
  const client = createGcpClient({ ...access, ...(site === null ? {} : reachOf(site)) }, "gcp-secret-manager");
  return async (path, alias) => {
    const [, , , secret = ""] = path.split("/");
    return (await accessVersion(client, secret, alias ?? "current"))?.value ?? null;
  };
};
