import { type Input, optionalText, requiredText } from "./input.ts";
import { AwsRefusal } from "./replies.ts";
import { attach, checkLabelQuota, currentLabel, detach, holderOf } from "./secret-labels.ts";
import type { SecretRecord, SecretRecords } from "./secret-records.ts";

const invalid = (message: string): AwsRefusal => new AwsRefusal("InvalidParameterException", message);

function requireVersion(record: SecretRecord, versionId: string): void {
  if (record.versions.some((version) => version.versionId === versionId)) return;
  throw new AwsRefusal(
    "ResourceNotFoundException",
    `Secrets Manager can't find the specified secret version: ${versionId}.`,
  );
}

/**
 * Moves, attaches or removes one label. "If the label is attached and you either do not specify
 * [RemoveFromVersionId], or the version ID does not match, then the operation fails" (API reference).
 */
export function updateSecretVersionStage(records: SecretRecords, input: Input, nowMs: number): object {
  const record = records.require(requiredText(input, "SecretId"));
  const label = requiredText(input, "VersionStage");
  const to = optionalText(input, "MoveToVersionId");
  const from = optionalText(input, "RemoveFromVersionId");
  if (to === undefined && from === undefined) {
    throw invalid("You must provide MoveToVersionId or RemoveFromVersionId.");
  }
  if (to !== undefined) requireVersion(record, to);
  if (from !== undefined) requireVersion(record, from);
  const holder = holderOf(record.versions, label)?.versionId;
  if (to === undefined && label === currentLabel) {
    throw invalid(`You can only move staging label ${label} to a different secret version. It can't be removed.`);
  }
  if (from === undefined && holder !== undefined && holder !== to) {
    throw invalid(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${label} is currently attached to version ${holder}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
  if (from !== undefined && holder !== from) {
    throw invalid(`Staging label ${label} is not attached to version ${from}, which RemoveFromVersionId names.`);
  }
  const versions = to === undefined ? detach(record.versions, label) : attach(record.versions, label, to);
  checkLabelQuota(versions);
  records.save({ ...record, versions, changedMs: nowMs });
  return { ARN: record.arn, Name: record.name };
}
