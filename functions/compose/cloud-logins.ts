import type { AwsAccess, AwsKeySource } from "../../core/drivers/http/aws-client.ts";
import type { AzureCredential } from "../../core/drivers/http/azure-credential.ts";
import type { Secret } from "../../core/secret.ts";
import { federationTo, identityTokens, stsAccess } from "./federation.ts";
import { onceMade } from "./late-driver.ts";
import { ownAwsLogin, reachOf, type SiteOf } from "./own-logins.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * How to log in to each cloud: from another cloud by its identity, where the site has a federation with that; else
 * as the site says; null: as the platform does (role, managed identity, default credentials).
 */
export async function awsLogin(
  site: SiteOf<"aws"> | null,
  around: Surroundings,
): Promise<Pick<AwsAccess, "credentials">> {
  const trust = federationTo(site, around.platform);
  if (site === null || trust === null) return ownAwsLogin(site, around);
  const { createAssumedRole } = await import("../../core/drivers/aws-sts/assumed-role.ts");
  return {
    credentials: createAssumedRole({
      region: site.region,
      ...reachOf(site.sts),
      requestTimeoutMs: around.requestTimeoutMs,
      roleArn: trust.settings.roleArn,
      sessionName: "capstan",
      token: await identityTokens(trust.platform, trust.settings.audience, around),
      nowMs: around.nowMs,
    }),
  };
}

export function azureLogin(site: SiteOf<"azure"> | null, around: Surroundings): AzureCredential {
  const trust = federationTo(site, around.platform);
  if (trust !== null) {
    const { audience, ...application } = trust.settings;
    const credential = onceMade(async () => {
      const { createClientAssertion } = await import("../../core/drivers/entra/client-assertion.ts");
      const assertion = await identityTokens(trust.platform, audience, around);
      return createClientAssertion({ ...application, assertion, requestTimeoutMs: around.requestTimeoutMs });
    });
    return { kind: "federated", credential };
  }
  const given = site?.credential ?? { kind: "managed" };
  if (given.kind === "managed") return { kind: "managed", clientId: given.clientId };
  return {
    kind: "token",
    token: (resource) => around.resolve(resource.includes("storage") ? given.storageToken : given.vaultToken),
  };
}

export async function gcpLogin(site: SiteOf<"gcp"> | null, around: Surroundings): Promise<() => Promise<Secret>> {
  const trust = federationTo(site, around.platform);
  if (trust !== null) {
    const { createExternalAccount } = await import("../../core/drivers/google-sts/external-account.ts");
    const { settings, platform } = trust;
    const { provider, serviceAccount, stsEndpoint, iamEndpoint } = settings;
    const subject =
      "audience" in settings
        ? { kind: "token" as const, token: await identityTokens(platform, settings.audience, around) }
        : await signedCaller(await stsAccess(platform.site, around));
    return createExternalAccount({ provider, serviceAccount, stsEndpoint, iamEndpoint, subject });
  }
  const { createGcpAccessToken } = await import("../../core/drivers/http/gcp-credential.ts");
  const given = site?.credential ?? { kind: "default" };
  if (given.kind === "default") return createGcpAccessToken({ kind: "default" });
  return createGcpAccessToken({ kind: "token", token: () => around.resolve(given.token) });
}

async function signedCaller(access: AwsAccess) {
  const [{ callerIdentity }, { keySourceOf }] = await Promise.all([
    import("../../core/drivers/aws-sts/web-identity-token.ts"),
    import("./aws-keys.ts"),
  ]);
  const keys: AwsKeySource = await keySourceOf(access);
  return { kind: "aws" as const, region: access.region, keys, caller: () => callerIdentity(access) };
}
