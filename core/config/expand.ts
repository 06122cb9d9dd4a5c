import type { Config } from "./complete.ts";
import { lookup } from "./lookup.ts";
import type { Finding, PathSegment } from "./problem.ts";
import type { FileConfig } from "./schema/file.ts";

type FileCredential = FileConfig["credentials"][string];

/** A credential at one registry. `entry`: its key in the file, under which several may stand. */
export type SingleCredential = Omit<FileCredential, "registry" | "registries"> & {
  readonly registry: string;
  readonly entry: string;
};

const credentialsMax = 1_000;
const nameCharactersMax = 63;

/** `platform-pull` at `eu` and `us` → `platform-pull-eu` and `platform-pull-us`: each is a credential of its own. */
export function expandCredentials(file: FileConfig): readonly (readonly [string, SingleCredential])[] {
  return Object.entries(file.credentials).flatMap(([entry, { registry, registries, storeName, ...rest }]) => {
    if (registries === undefined) {
      const own = storeName === undefined ? {} : { storeName };
      return [[entry, { ...rest, ...own, registry: registry ?? "", entry }] as const];
    }
    return registries.map((one) => {
      const own = storeName === undefined ? {} : { storeName: `${storeName}-${one}` };
      return [`${entry}-${one}`, { ...rest, ...own, registry: one, entry }] as const;
    });
  });
}

/** Names that would meet or grow too long once every entry stands for its credentials. */
export function checkExpansion(file: FileConfig): readonly Finding[] {
  const findings: Finding[] = [];
  const owners = new Map<string, string>();
  const expanded = expandCredentials(file);
  for (const [name, { entry, registry }] of expanded) {
    const { registries } = lookup(file.credentials, entry) ?? {};
    const path = ["credentials", entry, ...(registries ? ["registries", registries.indexOf(registry)] : [])];
    const owner = owners.get(name);
    if (owner === entry) findings.push({ path, problem: "stands here twice", mend: "keep one of them" });
    else if (owner !== undefined)
      findings.push({ path, problem: `makes the credential ${name}, as ${owner} does`, mend: "rename one of the two" });
    else if (name.length > nameCharactersMax)
      findings.push({
        path,
        problem: `makes a credential's name of ${name.length} characters, ${nameCharactersMax} is the most`,
        mend: "shorten the entry's name or the registry's",
      });
    owners.set(name, entry);
  }
  if (expanded.length > credentialsMax)
    findings.push({
      path: ["credentials"],
      problem: `stand for ${expanded.length} credentials, ${credentialsMax} is the most`,
      mend: "split the installation into several files",
    });
  return findings;
}

/** A finding about an expanded credential, at the place in the file that it comes from. */
export function inFile(finding: Finding, file: FileConfig, config: Config): Finding {
  const [top, name, key, ...rest] = finding.path;
  const credential = top === "credentials" ? lookup(config.credentials, String(name)) : undefined;
  if (credential === undefined || credential.entry === name) return finding;
  const { registries = [] } = lookup(file.credentials, credential.entry) ?? {};
  const at: readonly PathSegment[] =
    key === "registry" ? ["registries", registries.indexOf(credential.registry)] : key === undefined ? [] : [key];
  return { ...finding, path: ["credentials", credential.entry, ...at, ...rest] };
}

/** The credentials that a name stands for: one of its own, or all of an entry. Empty: unknown. */
export function credentialsNamed(config: Pick<Config, "credentials">, name: string): readonly string[] {
  if (Object.hasOwn(config.credentials, name)) return [name];
  return Object.entries(config.credentials).flatMap(([one, { entry }]) => (entry === name ? [one] : []));
}
