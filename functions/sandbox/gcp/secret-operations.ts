import type { PartRequest } from "../listener.ts";
import { bodyOf, type Input, objectOf, pageOf, textOf } from "./input.ts";
import { GcpRefusal, invalidArgument } from "./refusal.ts";
import { renderSecret } from "./rendering.ts";
import { aliasesOf, annotationsOf, checkSecretId, labelsOf } from "./secret-fields.ts";
import type { SecretRecord, SecretRecords } from "./secret-records.ts";

const played = [
  "name",
  "replication",
  "createTime",
  "labels",
  "etag",
  "versionAliases",
  "annotations",
  "versionDestroyTtl",
] as const;
/** Fields that the service has and this part does not play: anything in them is refused, never ignored. */
const notPlayed = ["topics", "expireTime", "ttl", "rotation", "customerManagedEncryption"] as const;
const daySeconds = 86_400;
const secretFields = [...played, ...notPlayed, "tags", "secretType", "policyMember"];

function secretBody(request: PartRequest): Input {
  const secret = bodyOf(request.body, "secret", secretFields);
  for (const field of notPlayed) {
    const value = secret[field];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) continue;
    throw new GcpRefusal("UNIMPLEMENTED", `The sandbox does not play the field [${field}].`);
  }
  return secret;
}

/** An etag that was sent must be the stored one; none sent: no question asked (etags page). */
export function checkEtag(sent: string | undefined, stored: string): void {
  if (sent !== undefined && sent !== "" && sent !== stored) {
    throw new GcpRefusal("FAILED_PRECONDITION", "The etag provided does not match the stored etag.");
  }
}

function replicationOf(value: unknown): object {
  const replication = objectOf(value, "secret.replication", ["automatic", "userManaged"]);
  const policies = Object.values(replication).filter((policy) => typeof policy === "object" && policy !== null);
  if (policies.length !== 1) throw invalidArgument("A replication policy must be provided.");
  return replication;
}

/** A duration of at least a day and at most 1000 (guide, "Delay destruction of secret versions"). */
function destroyTtlOf(value: unknown): number | null {
  const text = textOf(value, "secret.version_destroy_ttl");
  if (text === undefined) return null;
  const seconds = Number(/^(\d+)s$/.exec(text)?.[1] ?? 0);
  if (seconds < daySeconds || seconds > 1000 * daySeconds) {
    throw invalidArgument("version_destroy_ttl must be between 24 hours and 1000 days.");
  }
  return seconds * 1000;
}

export function createSecret(records: SecretRecords, request: PartRequest): object {
  const id = request.query.get("secretId") ?? request.query.get("secret_id") ?? "";
  checkSecretId(id);
  const secret = secretBody(request);
  const record: SecretRecord = {
    id,
    createdMs: request.nowMs,
    etag: records.nextEtag(),
    labels: labelsOf(secret["labels"]),
    annotations: annotationsOf(secret["annotations"]),
    aliases: aliasesOf(secret["versionAliases"], []),
    replication: replicationOf(secret["replication"]),
    destroyTtlMs: destroyTtlOf(secret["versionDestroyTtl"]),
    versions: [],
  };
  if (records.find(id) !== null) {
    throw new GcpRefusal("ALREADY_EXISTS", `Secret [${records.nameOf(id)}] already exists.`);
  }
  return renderSecret(records, records.put(record, request.nowMs));
}

export function getSecret(records: SecretRecords, request: PartRequest, id: string): object {
  return renderSecret(records, records.require(id, request));
}

export function listSecrets(records: SecretRecords, request: PartRequest): object {
  if ((request.query.get("filter") ?? "") !== "") {
    throw new GcpRefusal("UNIMPLEMENTED", "The sandbox does not filter secrets.");
  }
  const all = records.list(request);
  const { items, nextPageToken } = pageOf(all, request.query);
  return {
    ...(items.length === 0 ? {} : { secrets: items.map((record) => renderSecret(records, record)) }),
    ...(nextPageToken === undefined ? {} : { nextPageToken }),
    totalSize: all.length,
  };
}

function maskOf(request: PartRequest): readonly string[] {
  const paths = (request.query.get("updateMask") ?? request.query.get("update_mask") ?? "").split(",").filter(Boolean);
  if (paths.length === 0) throw invalidArgument("The update_mask is required.");
  return paths.map((path) => (path === "version_aliases" ? "versionAliases" : path));
}

/** Exactly the masked fields change, whatever else the body carries; the etag changes in any case. */
export function patchSecret(records: SecretRecords, request: PartRequest, id: string): object {
  const mask = maskOf(request);
  const secret = secretBody(request);
  const stored = records.require(id);
  checkEtag(textOf(secret["etag"], "secret.etag"), stored.etag);
  let changed: SecretRecord = { ...stored, etag: records.nextEtag() };
  for (const path of mask) {
    if (path === "labels") changed = { ...changed, labels: labelsOf(secret["labels"]) };
    else if (path === "annotations") changed = { ...changed, annotations: annotationsOf(secret["annotations"]) };
    else if (path === "versionAliases") {
      changed = { ...changed, aliases: aliasesOf(secret["versionAliases"], stored.versions) };
    } else throw invalidArgument(`The update_mask path [${path}] cannot be updated.`);
  }
  return renderSecret(records, records.put(changed, request.nowMs));
}

export function deleteSecret(records: SecretRecords, request: PartRequest, id: string): object {
  checkEtag(request.query.get("etag") ?? undefined, records.require(id).etag);
  records.remove(id, request.nowMs);
  return {};
}
