import type { Config, SiteConfig } from "../../core/config/complete.ts";
import { lookup } from "../../core/config/lookup.ts";
import type { TrustInspection } from "../../core/ports/trust.ts";
import { keySourceOf } from "./aws-keys.ts";
import { awsLogin, azureLogin, gcpLogin } from "./cloud-logins.ts";
import { federationTo } from "./federation.ts";
import type { Surroundings } from "./surroundings.ts";

/** Those of these sites that are logged in to by the identity of another cloud. */
export function trustInspections(
  config: Config,
  sites: readonly string[],
  around: Surroundings,
): Readonly<Record<string, TrustInspection>> {
  const inspections: Record<string, TrustInspection> = {};
  for (const name of sites) {
    const site = lookup(config.sites, name);
    if (site?.kind !== "aws" && site?.kind !== "azure" && site?.kind !== "gcp") continue;
    const trust = federationTo(site, around.platform);
    if (trust !== null) inspections[name] = { from: trust.platform.cloud, tryLogin: () => logIn(site, around) };
  }
  return inspections;
}

async function logIn(
  site: Extract<SiteConfig, { kind: "aws" | "azure" | "gcp" }>,
  around: Surroundings,
): Promise<void> {
  if (site.kind === "aws") {
    await (await keySourceOf({ region: site.region, ...(await awsLogin(site, around)) }))();
  } else if (site.kind === "azure") {
    const { createAzureCredential } = await import("../../core/drivers/http/azure-credential.ts");
    await createAzureCredential(azureLogin(site, around)).getToken("https://vault.azure.net/.default");
  } else {
    await (await gcpLogin(site, around))();
  }
}
