import type { SiteConfig } from "../../core/config/complete.ts";
import type { AwsAccess } from "../../core/drivers/http/aws-client.ts";
import type { AzureCredential } from "../../core/drivers/http/azure-credential.ts";
import type { Secret } from "../../core/secret.ts";
import type { Surroundings } from "./surroundings.ts";

export type SiteOf<Kind extends SiteConfig["kind"]> = Extract<SiteConfig, { kind: Kind }>;

/** How to log in to each cloud as a site says; null: as the platform does (role, managed identity, default credentials). */
export async function awsLogin(
  site: SiteOf<"aws"> | null,
  around: Surroundings,
): Promise<Pick<AwsAccess, "credentials">> {
  const given = site?.credentials;
  if (given === undefined) return {};
  const { accessKeyId, secretAccessKey, sessionToken } = given;
  return {
    credentials: {
      accessKeyId: (await around.resolve(accessKeyId)).reveal(),
      secretAccessKey: await around.resolve(secretAccessKey),
      ...(sessionToken === undefined ? {} : { sessionToken: await around.resolve(sessionToken) }),
    },
  };
}

export function azureLogin(site: SiteOf<"azure"> | null, around: Surroundings): AzureCredential {
  const given = site?.credential ?? { kind: "managed" };
  if (given.kind === "managed") return { kind: "managed", clientId: given.clientId };
  return {
    kind: "token",
    token: (resource) => around.resolve(resource.includes("storage") ? given.storageToken : given.vaultToken),
  };
}

export async function gcpLogin(site: SiteOf<"gcp"> | null, around: Surroundings): Promise<() => Promise<Secret>> {
  const { createGcpAccessToken } = await import("../../core/drivers/http/gcp-credential.ts");
  const given = site?.credential ?? { kind: "default" };
  if (given.kind === "default") return createGcpAccessToken({ kind: "default" });
  return createGcpAccessToken({ kind: "token", token: () => around.resolve(given.token) });
}

/** Address and authority, where configuration names them. */
export function reachOf(from: { readonly endpoint?: string | undefined; readonly caFile?: string | undefined }): {
  endpoint?: string;
  caFile?: string;
} {
  return {
    ...(from.endpoint === undefined ? {} : { endpoint: from.endpoint }),
    ...(from.caFile === undefined ? {} : { caFile: from.caFile }),
  };
}
