import type { VaultCall } from "./vault-api.ts";
import {
  badParameter,
  deletedBundle,
  secretBundle,
  secretNotFound,
  VaultRefusal,
  versionItem,
} from "./vault-replies.ts";

const pageMax = 25;

/** A disabled version is refused, by id or as the latest; an older one never takes its place. */
export function readSecret({ request, records, base, name, version }: VaultCall): object {
  const secret = records.find(name, request.stale);
  if (secret === null || secret.deletedMs !== null) throw secretNotFound(name);
  const found = version === "" ? secret.versions.at(-1) : secret.versions.find(({ id }) => id === version);
  if (found === undefined) throw secretNotFound(`${name}/${version}`);
  if (!found.enabled) {
    throw new VaultRefusal(403, "Forbidden", "Operation get is not allowed on a disabled secret.", {
      innerCode: "SecretDisabled",
    });
  }
  return secretBundle(base, secret.name, found);
}

/** Pages of at most 25 in the order of the (random) ids; disabled ones too, values never. Absent names list nothing. */
export function listVersions({ request, records, base, name }: VaultCall): object {
  const { query } = request;
  const size = Number(query.get("maxresults") ?? pageMax);
  if (!Number.isInteger(size) || size < 1 || size > pageMax) throw badParameter(`maxresults may be 1 to ${pageMax}.`);
  const secret = records.find(name, request.stale);
  const all = secret === null || secret.deletedMs !== null ? [] : [...secret.versions];
  all.sort((a, b) => (a.id < b.id ? -1 : 1));
  const after = query.get("$skiptoken") ?? "";
  const rest = all.filter(({ id }) => id > after);
  const page = rest.slice(0, size);
  const more = `${base}/secrets/${name}/versions?api-version=${query.get("api-version")}&$skiptoken=${page.at(-1)?.id}&maxresults=${size}`;
  return {
    value: page.map((version) => versionItem(base, secret?.name ?? name, version)),
    nextLink: rest.length > page.length ? more : null,
  };
}

export function readDeleted({ request, records, base, name }: VaultCall): object {
  const secret = records.find(name, request.stale);
  const latest = secret?.versions.at(-1);
  if (secret === null || latest === undefined || secret.deletedMs === null) throw secretNotFound(name);
  return deletedBundle(base, secret, latest);
}
