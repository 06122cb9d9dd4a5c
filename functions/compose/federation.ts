import type { SiteConfig } from "../../core/config/complete.ts";
import type { AwsAccess } from "../../core/drivers/http/aws-client.ts";
import { PortError } from "../../core/ports/errors.ts";
import type { Secret } from "../../core/secret.ts";
import { ownAwsLogin, reachOf } from "./own-logins.ts";
import type { Platform } from "./platform.ts";
import type { Surroundings } from "./surroundings.ts";

type CloudSite = Extract<SiteConfig, { kind: "aws" | "azure" | "gcp" }>;
type Entries<Site extends CloudSite> = NonNullable<Site["federation"]>;
type FederationOf<Site extends CloudSite> = NonNullable<Entries<Site>[keyof Entries<Site>]>;

/** How this process logs in to a site of another cloud by its own identity; null: it does not. */
export function federationTo<Site extends CloudSite>(
  site: Site | null,
  platform: Platform | null,
): { readonly settings: FederationOf<Site>; readonly platform: Platform } | null {
  if (site === null || platform === null || platform.cloud === site.kind) return null;
  const entries = (site.federation ?? {}) as Readonly<Record<string, FederationOf<Site> | undefined>>;
  const settings = entries[platform.cloud];
  return settings === undefined ? null : { settings, platform };
}

/** Tokens that show this process's identity to another cloud, one per call. */
export async function identityTokens(
  { cloud, site }: Platform,
  audience: string,
  around: Surroundings,
): Promise<() => Promise<Secret>> {
  if (cloud === "aws") {
    const { createWebIdentityTokens } = await import("../../core/drivers/aws-sts/web-identity-token.ts");
    return createWebIdentityTokens(await stsAccess(site, around), audience);
  }
  if (cloud === "gcp") {
    const { createGcpIdentityTokens } = await import("../../core/drivers/http/gcp-credential.ts");
    return createGcpIdentityTokens(audience);
  }
  const given = site?.kind === "azure" ? site.credential : { kind: "managed" as const };
  if (given.kind !== "managed") {
    const message = "azure: its own site logs in with tokens for vault and storage; use credential.kind: managed";
    throw new PortError("denied", message, { system: "azure", operation: "token", reason: "bad-credentials" });
  }
  const { createAzureIdentityTokens } = await import("../../core/drivers/http/azure-identity-tokens.ts");
  return createAzureIdentityTokens({ kind: "managed", clientId: given.clientId }, audience);
}

/** STS of the region that this process runs in, with the login of its site there. */
export async function stsAccess(site: SiteConfig | null, around: Surroundings): Promise<AwsAccess> {
  const own = site?.kind === "aws" ? site : null;
  const region = own?.region ?? around.env["AWS_REGION"] ?? around.env["AWS_DEFAULT_REGION"];
  if (region === undefined || region === "") {
    const message = "aws: no region: set AWS_REGION, or name the site";
    throw new PortError("invalid", message, { system: "aws", operation: "connect" });
  }
  return {
    region,
    requestTimeoutMs: around.requestTimeoutMs,
    ...(own === null ? {} : reachOf(own.sts)),
    ...(await ownAwsLogin(own, around)),
  };
}
