import type { Config, SiteConfig } from "../complete.ts";
import { lookup } from "../lookup.ts";
import type { Finding } from "../problem.ts";

/** The value's neighbours, in the same store (rotation.md: `<name>-next`, `<name>-round`). */
const suffixes = ["", "-next", "-round"];
const suffixCharactersMax = Math.max(...suffixes.map((suffix) => suffix.length));

/** What each kind of store allows as a name; lengths are the store's, the neighbours' suffix included. */
const rules: Readonly<
  Record<
    Exclude<SiteConfig["kind"], "agent">,
    { readonly pattern: RegExp; readonly lengthMax: number; readonly allows: string }
  >
> = {
  aws: { pattern: /^[A-Za-z0-9/_+=.@-]+$/, lengthMax: 512, allows: "letters, digits and /_+=.@-" },
  azure: { pattern: /^[A-Za-z0-9-]+$/, lengthMax: 127, allows: "letters, digits and dashes" },
  gcp: { pattern: /^[A-Za-z0-9_-]+$/, lengthMax: 255, allows: "letters, digits, dashes and underscores" },
  kubernetes: {
    pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
    lengthMax: 253,
    allows: "lower case letters, digits, dashes and dots",
  },
  local: { pattern: /^[A-Za-z0-9_.-]+$/, lengthMax: 200, allows: "letters, digits and _.-" },
};

/** Store names fit every store that they go to, and no two credentials meet in one store. */
export function checkStores(config: Config): readonly Finding[] {
  const findings: Finding[] = [...checkPlaces(config)];
  const owners = new Map<string, string>();
  for (const [name, credential] of Object.entries(config.credentials)) {
    const path = ["credentials", name, "storeName"];
    const report = (problem: string, mend: string) => findings.push({ path, problem, mend });
    for (const siteName of new Set([credential.home, ...credential.sites])) {
      const site = lookup(config.sites, siteName);
      // An agent reads what another site of the credential holds.
      if (site === undefined || site.kind === "agent") continue;
      const rule = rules[site.kind];
      const lengthMax = rule.lengthMax - suffixCharactersMax;
      if (!rule.pattern.test(credential.storeName) || credential.storeName.length > lengthMax) {
        report(
          `is no name for the store of the site ${siteName}`,
          `use ${rule.allows}, at most ${lengthMax} characters (${site.kind} allows no others)`,
        );
      }
      // Key Vault does not tell upper from lower case; neither do some file systems.
      for (const key of suffixes.map((suffix) => `${siteName} ${credential.storeName.toLowerCase()}${suffix}`)) {
        const owner = owners.get(key);
        if (owner === undefined) owners.set(key, name);
        else if (owner !== name) {
          report(
            `meets the values of the credential ${owner} in the site ${siteName}`,
            "give one of the two another storeName",
          );
          break;
        }
      }
    }
  }
  return findings;
}

/** Where a site keeps everything, if another one could name the same place. */
function placeOf(site: SiteConfig): { readonly key: string; readonly place: string; readonly what: string } | null {
  if (site.kind === "local") return { key: "directory", place: site.directory, what: "folder" };
  if (site.kind !== "kubernetes") return null;
  return { key: "namespace", place: `${site.cluster}/${site.namespace}`, what: "namespace" };
}

/** Two sites in one folder or one namespace would overwrite each other's values. */
function checkPlaces(config: Config): readonly Finding[] {
  const owners = new Map<string, string>();
  const findings: Finding[] = [];
  for (const [name, site] of Object.entries(config.sites)) {
    const found = placeOf(site);
    if (found === null) continue;
    const owner = owners.get(`${found.what} ${found.place}`);
    if (owner === undefined) owners.set(`${found.what} ${found.place}`, name);
    else {
      findings.push({
        path: ["sites", name, found.key],
        problem: `is the ${found.what} of the site ${owner} too`,
        mend: `give each ${site.kind} site a ${found.what} of its own`,
      });
    }
  }
  return findings;
}
