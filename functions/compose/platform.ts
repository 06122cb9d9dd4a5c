import type { Config, SiteConfig } from "../../core/config/complete.ts";
import { lookup } from "../../core/config/lookup.ts";
import { PortError } from "../../core/ports/errors.ts";
import type { CloudName } from "../../core/ports/trust.ts";

const clouds: readonly CloudName[] = ["aws", "azure", "gcp"];
const variable = "CAPSTAN_CLOUD";

/** The cloud whose identity this process has, and its site there. */
export interface Platform {
  readonly cloud: CloudName;
  /** Null: no site of the file is there; the identity is the platform's own. */
  readonly site: SiteConfig | null;
}

function cloudOf(site: SiteConfig | undefined): CloudName | null {
  return clouds.find((cloud) => cloud === site?.kind) ?? null;
}

/**
 * Where the runners of these sites run: as CAPSTAN_CLOUD says, else where all of them are, if that is one cloud.
 * Null: on a machine that has no identity in one, or in several; each site is then logged in to as it says itself.
 * Throws `invalid` for a CAPSTAN_CLOUD that is none.
 */
export function platformOf(config: Config, sites: readonly string[], env: NodeJS.ProcessEnv): Platform | null {
  const played = sites.map((name) => lookup(config.sites, name));
  const named = env[variable];
  if (named !== undefined && named !== "" && !clouds.some((cloud) => cloud === named)) {
    const message = `${variable} is none of ${clouds.join(", ")}: name the cloud whose identity this process has`;
    throw new PortError("invalid", message, { system: "configuration", operation: "resolve" });
  }
  const found = new Set(played.map(cloudOf).filter((cloud) => cloud !== null));
  const [only] = found.size === 1 ? found : [];
  const cloud = clouds.find((one) => one === named) ?? only;
  return cloud === undefined ? null : { cloud, site: played.find((site) => site?.kind === cloud) ?? null };
}
