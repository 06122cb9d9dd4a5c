import { randomBytes } from "node:crypto";
import type { VaultCall } from "./vault-api.ts";
import { readInput } from "./vault-input.ts";
import type { VaultSecret } from "./vault-records.ts";
import {
  badParameter,
  deletedBundle,
  secretBundle,
  secretNotFound,
  VaultRefusal,
  versionItem,
} from "./vault-replies.ts";

/** Always a new version, current at once; no If-Match is looked at; nothing is inherited from the version before. */
export function setSecret({ request, records, base, name }: VaultCall): object {
  const input = readInput(request.body);
  if (input.value === undefined) throw badParameter("Property value is missing.");
  const secret = records.find(name);
  if (secret !== null && secret.deletedMs !== null) {
    throw new VaultRefusal(
      409,
      "Conflict",
      `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused.`,
      { innerCode: "ObjectIsDeletedButRecoverable" },
    );
  }
  const version = {
    id: randomBytes(16).toString("hex"),
    value: input.value,
    contentType: input.contentType,
    tags: input.tags ?? {},
    enabled: input.enabled ?? true,
    nbf: input.nbf,
    exp: input.exp,
    createdMs: request.nowMs,
    updatedMs: request.nowMs,
  };
  records.put({
    name: secret?.name ?? name,
    versions: [...(secret?.versions ?? []), version],
    deletedMs: null,
  });
  return secretBundle(base, secret?.name ?? name, version);
}

/** What the request does not name stays; the value cannot be changed. */
export function updateSecret({ request, records, base, name, version }: VaultCall): object {
  const input = readInput(request.body);
  const secret = records.find(name);
  const found = secret?.versions.find(({ id }) => id === version);
  if (secret === null || secret.deletedMs !== null || found === undefined) throw secretNotFound(`${name}/${version}`);
  const changed = {
    ...found,
    contentType: input.contentType ?? found.contentType,
    tags: input.tags ?? found.tags,
    enabled: input.enabled ?? found.enabled,
    nbf: input.nbf ?? found.nbf,
    exp: input.exp ?? found.exp,
    updatedMs: request.nowMs,
  };
  records.put({ ...secret, versions: secret.versions.map((one) => (one === found ? changed : one)) });
  return versionItem(base, secret.name, changed);
}

/** Soft delete: the name with all its versions can be recovered for 90 days. */
export function deleteSecret({ request, records, base, name }: VaultCall): object {
  const secret = records.find(name);
  const latest = secret?.versions.at(-1);
  if (secret === null || latest === undefined || secret.deletedMs !== null) throw secretNotFound(name);
  const deleted: VaultSecret = { ...secret, deletedMs: request.nowMs };
  records.put(deleted);
  return deletedBundle(base, deleted, latest);
}

/**
 * All versions come back. The real service needs some seconds, in which reads answer 404 and writes
 * 409 `ObjectIsBeingRecovered` (azure-sdk-for-net#31581): a test sets that as a fault.
 */
export function recoverSecret({ records, base, name }: VaultCall): object {
  const secret = records.find(name);
  const latest = secret?.versions.at(-1);
  if (secret === null || latest === undefined || secret.deletedMs === null) throw secretNotFound(name);
  records.put({ ...secret, deletedMs: null });
  return versionItem(base, secret.name, latest);
}
