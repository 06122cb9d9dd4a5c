import { sitesOf } from "../../core/app/settings.ts";
import { isAgentSite } from "../../core/config/agents.ts";
import { credentialsNamed } from "../../core/config/expand.ts";
import { suggest } from "../../core/config/suggest.ts";
import type { ConfigFile } from "./config-file.ts";
import { exitCode } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

/**
 * The credentials asked for, each once, in the file's order where none is named; an entry with several registries
 * stands for all of its credentials. Throws `Failure` 64 for unknown names.
 */
export function pickCredentials({ config, path }: ConfigFile, names: readonly string[]): readonly string[] {
  const all = Object.keys(config.credentials);
  const known = [...all, ...Object.values(config.credentials).map(({ entry }) => entry)];
  for (const name of names) refuseUnknown("credential", name, [...new Set(known)], path);
  return names.length > 0 ? [...new Set(names.flatMap((name) => credentialsNamed(config, name)))] : all;
}

/** The one credential asked for. Throws `Failure` 64 for an unknown name, and for an entry that stands for several. */
export function pickCredential(file: ConfigFile, name: string): string {
  const [one = "", ...more] = pickCredentials(file, [name]);
  if (more.length > 0)
    throw new Failure(exitCode.usage, `${name} stands for ${[one, ...more].join(", ")}; name one of them`);
  return one;
}

/** The sites whose runners are played; all but agents' where none is named. Throws `Failure` 64. */
export function pickSites({ config, path }: ConfigFile, names: readonly string[]): readonly string[] {
  const known = Object.keys(config.sites);
  for (const name of names) refuseUnknown("site", name, known, path);
  return names.length > 0 ? [...new Set(names)] : known.filter((name) => !isAgentSite(config, name));
}

/** The clusters asked for, all of the file where none is named. Throws `Failure` 64. */
export function pickClusters({ config, path }: ConfigFile, names: readonly string[]): readonly string[] {
  const known = Object.keys(config.clusters);
  for (const name of names) refuseUnknown("cluster", name, known, path);
  return names.length > 0 ? [...new Set(names)] : known;
}

/** The registry asked for, or the only one of the file. Throws `Failure` 64. */
export function pickRegistry({ config, path }: ConfigFile, name: string | null): string {
  const known = Object.keys(config.registries);
  if (name !== null) refuseUnknown("registry", name, known, path);
  const [only, ...more] = known;
  if (name === null && more.length > 0)
    throw new Failure(exitCode.usage, `${path} has several registries; choose one by --registry: ${known.join(", ")}`);
  return name ?? only ?? "";
}

/** Credentials that at least one of these sites' runners works for. */
export function credentialsAt({ config }: ConfigFile, sites: readonly string[]): readonly string[] {
  return Object.entries(config.credentials)
    .filter(([, credential]) => sitesOf(credential).some((site) => sites.includes(site)))
    .map(([name]) => name);
}

function refuseUnknown(what: string, name: string, known: readonly string[], path: string): void {
  if (known.includes(name)) return;
  const near = suggest(name, known);
  // What was typed is only shown when it looks like a name: it may be a secret in the wrong place.
  const shown = /^[a-z0-9][a-z0-9-]{0,62}$/.test(name) ? ` ${name}` : "";
  const hint = near === null ? `known: ${known.slice(0, 10).join(", ") || "none"}` : `did you mean ${near}?`;
  throw new Failure(exitCode.usage, `no ${what}${shown} in ${path}; ${hint}`);
}
