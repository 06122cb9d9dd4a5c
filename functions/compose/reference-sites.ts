import type { Config, SiteConfig } from "../../core/config/complete.ts";
import { UnresolvedReference } from "../../core/config/references.ts";
import { federationTo } from "./federation.ts";
import type { Platform } from "./platform.ts";

/** The site whose login and address a reference is read with. */
export interface ReferenceSite {
  readonly name: string;
  readonly site: SiteConfig;
}

/**
 * The first site of the reference's cloud; for Key Vault the first that keeps its values in the same
 * vault, where there is one. Null: no such site (the platform's own login is used), or no cloud reference.
 */
export function siteOfReference(config: Config, reference: string): ReferenceSite | null {
  const kind = reference.slice(0, reference.indexOf(":"));
  if (kind !== "aws" && kind !== "azure" && kind !== "gcp") return null;
  const sites = Object.entries(config.sites).filter(([, site]) => site.kind === kind);
  const inVault = sites.find(
    ([, site]) => site.kind === "azure" && reference.startsWith(`azure:${site.vaultUrl}/secrets/`),
  );
  const [name, site] = inVault ?? sites[0] ?? [];
  return name === undefined || site === undefined ? null : { name, site };
}

/** What must be resolved before secrets can be read at this site: its login's, or those of the identity that is shown there. */
function loginReferences(site: SiteConfig, platform: Platform | null): readonly string[] {
  const isCloud = site.kind === "aws" || site.kind === "azure" || site.kind === "gcp";
  if (!isCloud || federationTo(site, platform) === null) return ownReferences(site);
  return platform?.site == null ? [] : ownReferences(platform.site);
}

function ownReferences(site: SiteConfig): readonly string[] {
  switch (site.kind) {
    case "aws": {
      const { accessKeyId, secretAccessKey, sessionToken } = site.credentials ?? {};
      return [accessKeyId, secretAccessKey, sessionToken].filter((one) => one !== undefined);
    }
    case "azure":
      return site.credential.kind === "token" ? [site.credential.vaultToken] : [];
    case "gcp":
      return site.credential.kind === "token" ? [site.credential.token] : [];
    case "agent":
    case "kubernetes":
    case "local":
      return [];
  }
}

/** Throws `UnresolvedReference` where a login on the way to this secret is kept behind that very login. */
export function refuseLoops(config: Config, reference: string, platform: Platform | null): void {
  const looping = loopAt(config, reference, platform, []);
  if (looping === null) return;
  const why = `the login to the site ${looping} is kept where only that login reaches`;
  throw new UnresolvedReference(reference, `${why}; keep the login in env:, file: or another cloud`);
}

function loopAt(config: Config, reference: string, platform: Platform | null, above: readonly string[]): string | null {
  const found = siteOfReference(config, reference);
  if (found === null) return null;
  if (above.includes(found.name)) return found.name;
  const logins = loginReferences(found.site, platform);
  const below = logins.map((login) => loopAt(config, login, platform, [...above, found.name]));
  return below.find((name) => name !== null) ?? null;
}
