import { type Input, optionalLabels, optionalText, requiredText, requiredToken } from "./input.ts";
import { AwsRefusal } from "./replies.ts";
import { attach, checkLabelQuota, currentLabel } from "./secret-labels.ts";
import type { SecretRecord, SecretRecords, SecretValue, VersionRecord } from "./secret-records.ts";

const valueBytesMax = 65_536;
const versionsKept = 100;
const dayMs = 86_400_000;

/** Null where neither `SecretString` nor `SecretBinary` is given. */
function secretValueOf(input: Input): SecretValue | null {
  const text = optionalText(input, "SecretString") ?? null;
  const binary = optionalText(input, "SecretBinary") ?? null;
  if (text === null && binary === null) return null;
  if (text !== null && binary !== null) {
    throw new AwsRefusal("InvalidParameterException", "You can't specify both a binary secret value and a string.");
  }
  const bytes = text === null ? Buffer.from(binary ?? "", "base64").length : Buffer.byteLength(text);
  if (bytes === 0) throw new AwsRefusal("InvalidRequestException", "The secret value can't be empty.");
  if (bytes > valueBytesMax) {
    throw new AwsRefusal("InvalidParameterException", `The secret value is longer than ${valueBytesMax} bytes.`);
  }
  return { text, binary };
}

const sameValue = (one: SecretValue, other: SecretValue): boolean =>
  one.text === other.text && one.binary === other.binary;

function alreadyThere(held: SecretValue, value: SecretValue): void {
  if (sameValue(held, value)) return;
  throw new AwsRefusal("ResourceExistsException", "A resource with the ID you requested already exists.");
}

/** Unlabelled versions beyond a hundred go, oldest first, but never one younger than a day (user guide, quotas). */
function prune(versions: readonly VersionRecord[], nowMs: number): readonly VersionRecord[] {
  let surplus = versions.length - versionsKept;
  return versions.filter((version) => {
    if (surplus <= 0 || version.stages.length > 0 || nowMs - version.createdMs < dayMs) return true;
    surplus -= 1;
    return false;
  });
}

/** The very first version gets AWSCURRENT whatever labels are asked for (API reference, PutSecretValue). */
function withVersion(record: SecretRecord, added: VersionRecord, labels: readonly string[]): SecretRecord {
  const wanted = record.versions.length === 0 ? new Set([...labels, currentLabel]) : new Set(labels);
  let versions: readonly VersionRecord[] = [...record.versions, added];
  for (const label of wanted) versions = attach(versions, label, added.versionId);
  checkLabelQuota(versions);
  return { ...record, versions: prune(versions, added.createdMs), changedMs: added.createdMs };
}

const written = (record: SecretRecord, versionId: string): object => ({
  ARN: record.arn,
  Name: record.name,
  VersionId: versionId,
  VersionStages: record.versions.find((version) => version.versionId === versionId)?.stages ?? [],
});

export function createSecret(records: SecretRecords, input: Input, nowMs: number): object {
  const name = requiredText(input, "Name");
  if (!/^[A-Za-z0-9/_+=.@!-]{1,512}$/.test(name)) {
    throw new AwsRefusal(
      "InvalidParameterException",
      "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    );
  }
  const value = secretValueOf(input);
  const token = requiredToken(input);
  const tags = Array.isArray(input["Tags"]) ? (input["Tags"] as unknown[]) : [];
  if (tags.length > 50) throw new AwsRefusal("InvalidParameterException", "Too many tags.");
  const kmsKeyId = optionalText(input, "KmsKeyId");
  const there = records.find(name);
  if (there !== null) {
    if (there.deletionMs !== null) {
      throw new AwsRefusal(
        "InvalidRequestException",
        "You can't create this secret because a secret with this name is already scheduled for deletion.",
      );
    }
    const version = there.versions.find((known) => known.versionId === token);
    if (version?.value != null && value !== null && sameValue(version.value, value)) return written(there, token);
    throw new AwsRefusal("ResourceExistsException", `The operation failed because the secret ${name} already exists.`);
  }
  const empty: SecretRecord = {
    arn: records.arnOf(name),
    name,
    createdMs: nowMs,
    changedMs: nowMs,
    deletionMs: null,
    tags,
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
    versions: [],
  };
  if (value === null) {
    records.save(empty);
    return { ARN: empty.arn, Name: name };
  }
  const record = withVersion(empty, { versionId: token, value, stages: [], createdMs: nowMs }, [currentLabel]);
  records.save(record);
  return { ARN: record.arn, Name: name, VersionId: token };
}

/** Without `VersionStages` AWSCURRENT moves; a token already used is a no-op or, with another value, refused. */
export function putSecretValue(records: SecretRecords, input: Input, nowMs: number): object {
  const record = records.require(requiredText(input, "SecretId"));
  const token = requiredToken(input);
  const value = secretValueOf(input);
  const labels = optionalLabels(input) ?? [currentLabel];
  if (value === null) {
    throw new AwsRefusal("InvalidRequestException", "You must provide either SecretString or SecretBinary.");
  }
  const version = record.versions.find((known) => known.versionId === token);
  if (version?.value != null) {
    alreadyThere(version.value, value);
    return written(record, token);
  }
  // A version that RotateSecret made is filled once, under the labels that it has.
  const rest = { ...record, versions: record.versions.filter((one) => one !== version) };
  const stages = version?.stages ?? [];
  const changed = withVersion(rest, { versionId: token, value, stages, createdMs: nowMs }, labels);
  records.save(changed);
  return written(changed, token);
}

export function deleteSecret(records: SecretRecords, input: Input, nowMs: number): object {
  const record = records.require(requiredText(input, "SecretId"));
  const days = input["RecoveryWindowInDays"];
  const force = input["ForceDeleteWithoutRecovery"] === true;
  if (days !== undefined && (force || typeof days !== "number" || days < 7 || days > 30)) {
    throw new AwsRefusal(
      "InvalidParameterException",
      "RecoveryWindowInDays must be between 7 and 30, and stand without ForceDeleteWithoutRecovery.",
    );
  }
  const deletionMs = force ? nowMs : nowMs + (typeof days === "number" ? days : 30) * dayMs;
  if (force) records.remove(record.name);
  else records.save({ ...record, deletionMs });
  return { ARN: record.arn, Name: record.name, DeletionDate: deletionMs / 1000 };
}
