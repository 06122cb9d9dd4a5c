import { type Input, optionalText, requiredText, requiredToken } from "./input.ts";
import { AwsRefusal } from "./replies.ts";
import { attach, currentLabel, holderOf, pendingLabel } from "./secret-labels.ts";
import type { RotationSettings, SecretRecord, SecretRecords } from "./secret-records.ts";

const scheduleHoursMin = 4;
const hoursOf: Readonly<Record<string, number>> = { hour: 1, hours: 1, day: 24, days: 24 };

const invalid = (message: string): AwsRefusal => new AwsRefusal("InvalidParameterException", message);

/** `rate()` of at least four hours, `cron()`, or 1 to 1000 days (API reference, RotationRulesType). */
function checkRules(rules: Input): void {
  const days = rules["AutomaticallyAfterDays"];
  const expression = optionalText(rules, "ScheduleExpression");
  if (days !== undefined && (typeof days !== "number" || days < 1 || days > 1000 || expression !== undefined)) {
    throw invalid("AutomaticallyAfterDays must be 1 to 1000, and stand without ScheduleExpression.");
  }
  if (expression === undefined || expression.startsWith("cron(")) return;
  const [, count = "0", unit = ""] = /^rate\((\d+) (\w+)\)$/.exec(expression) ?? [];
  if (Number(count) * (hoursOf[unit] ?? 0) < scheduleHoursMin) {
    throw invalid(`ScheduleExpression must be a cron() or a rate() of at least ${scheduleHoursMin} hours.`);
  }
}

function settingsOf(record: SecretRecord, input: Input): RotationSettings {
  const lambdaArn = optionalText(input, "RotationLambdaARN") ?? record.rotation?.lambdaArn;
  if (lambdaArn === undefined) {
    throw new AwsRefusal("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.");
  }
  const rules = (input["RotationRules"] ?? record.rotation?.rules ?? {}) as Input;
  checkRules(rules);
  return { enabled: true, lambdaArn, rules };
}

/**
 * Begins a rotation as the service does before it calls the function: an empty version under the token with
 * AWSPENDING. "If the AWSPENDING staging label is present but isn't attached to the same version as AWSCURRENT,
 * then any later invocation of RotateSecret assumes that a previous rotation request is still in progress and
 * returns an error" (API reference, RotateSecret). The function itself is not called here.
 */
export function rotateSecret(records: SecretRecords, input: Input, nowMs: number): object {
  const record = records.require(requiredText(input, "SecretId"));
  const token = requiredToken(input);
  const rotation = settingsOf(record, input);
  const pending = holderOf(record.versions, pendingLabel);
  if (pending !== undefined && pending !== holderOf(record.versions, currentLabel) && pending.versionId !== token) {
    throw new AwsRefusal(
      "InvalidRequestException",
      "A previous rotation isn't complete. That rotation will be reattempted.",
    );
  }
  if (input["RotateImmediately"] === false) {
    records.save({ ...record, rotation });
    return { ARN: record.arn, Name: record.name };
  }
  const there = record.versions.some(({ versionId }) => versionId === token);
  const version = { versionId: token, value: null, stages: [], createdMs: nowMs };
  const versions = attach(there ? record.versions : [...record.versions, version], pendingLabel, token);
  records.save({ ...record, versions, rotation, changedMs: nowMs });
  return { ARN: record.arn, Name: record.name, VersionId: token };
}

/** Turns the schedule off; AWSPENDING stays where it is (API reference, CancelRotateSecret). */
export function cancelRotateSecret(records: SecretRecords, input: Input): object {
  const record = records.require(requiredText(input, "SecretId"));
  const { rotation, versions } = record;
  records.save({ ...record, ...(rotation === undefined ? {} : { rotation: { ...rotation, enabled: false } }) });
  const pending = holderOf(versions, pendingLabel);
  return { ARN: record.arn, Name: record.name, ...(pending === undefined ? {} : { VersionId: pending.versionId }) };
}
