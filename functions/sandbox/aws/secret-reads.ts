import { type Input, optionalText, requiredText } from "./input.ts";
import { AwsRefusal } from "./replies.ts";
import { currentLabel } from "./secret-labels.ts";
import type { SecretRecords, VersionRecord } from "./secret-records.ts";

const seconds = (ms: number): number => ms / 1000;

/** By version id, by label, or by both if they belong together; AWSCURRENT where neither is given. */
export function getSecretValue(records: SecretRecords, input: Input, stale: boolean): object {
  const record = records.require(requiredText(input, "SecretId"), stale);
  const versionId = optionalText(input, "VersionId");
  const label = optionalText(input, "VersionStage") ?? (versionId === undefined ? currentLabel : undefined);
  const version: VersionRecord | undefined =
    versionId === undefined
      ? record.versions.find((known) => label !== undefined && known.stages.includes(label))
      : record.versions.find((known) => known.versionId === versionId);
  if (version === undefined || (version.value === null && label === undefined)) {
    const which = versionId === undefined ? `staging label: ${label}` : `VersionId: ${versionId}`;
    throw new AwsRefusal(
      "ResourceNotFoundException",
      `Secrets Manager can't find the specified secret value for ${which}`,
    );
  }
  if (label !== undefined && !version.stages.includes(label)) {
    throw new AwsRefusal(
      "InvalidRequestException",
      "You provided a VersionStage that is not associated to the provided VersionId.",
    );
  }
  // A version that a rotation has made and nobody has filled is there, and holds nothing to give.
  if (version.value === null) {
    const why = `Secrets Manager can't find the specified secret value for staging label: ${label}`;
    throw new AwsRefusal("ResourceNotFoundException", why);
  }
  return {
    ARN: record.arn,
    Name: record.name,
    VersionId: version.versionId,
    ...(version.value.text === null ? { SecretBinary: version.value.binary } : { SecretString: version.value.text }),
    VersionStages: version.stages,
    CreatedDate: seconds(version.createdMs),
  };
}

/** Answers for a secret that waits for its deletion too, with its date. */
export function describeSecret(records: SecretRecords, input: Input, stale: boolean): object {
  const secretId = requiredText(input, "SecretId");
  const record = records.find(secretId, stale) ?? records.require(secretId, stale);
  const labelled = record.versions.filter((version) => version.stages.length > 0);
  return {
    ARN: record.arn,
    Name: record.name,
    CreatedDate: seconds(record.createdMs),
    LastChangedDate: seconds(record.changedMs),
    ...(record.deletionMs === null ? {} : { DeletedDate: seconds(record.deletionMs) }),
    ...(record.kmsKeyId === undefined ? {} : { KmsKeyId: record.kmsKeyId }),
    ...(record.rotation === undefined
      ? {}
      : {
          RotationEnabled: record.rotation.enabled,
          RotationLambdaARN: record.rotation.lambdaArn,
          RotationRules: record.rotation.rules,
        }),
    ...(record.tags.length === 0 ? {} : { Tags: record.tags }),
    ...(labelled.length === 0
      ? {}
      : { VersionIdsToStages: Object.fromEntries(labelled.map((version) => [version.versionId, version.stages])) }),
  };
}

/** Versions without a label are deprecated: shown with `IncludeDeprecated` alone. Pages of at most 100. */
export function listSecretVersionIds(records: SecretRecords, input: Input, stale: boolean): object {
  const record = records.require(requiredText(input, "SecretId"), stale);
  const size = typeof input["MaxResults"] === "number" ? input["MaxResults"] : 100;
  if (size < 1 || size > 100) throw new AwsRefusal("InvalidParameterException", "MaxResults must be 1 to 100.");
  const token = optionalText(input, "NextToken");
  const start = token === undefined ? 0 : Number(Buffer.from(token, "base64url").toString("utf8"));
  if (!Number.isInteger(start)) throw new AwsRefusal("InvalidNextTokenException", "The NextToken value is invalid.");
  const all = record.versions.filter((version) => version.stages.length > 0 || input["IncludeDeprecated"] === true);
  const page = all.slice(start, start + size);
  return {
    ARN: record.arn,
    Name: record.name,
    Versions: page.map((version) => ({
      VersionId: version.versionId,
      ...(version.stages.length === 0 ? {} : { VersionStages: version.stages }),
      CreatedDate: seconds(version.createdMs),
    })),
    ...(start + size < all.length ? { NextToken: Buffer.from(String(start + size)).toString("base64url") } : {}),
  };
}
