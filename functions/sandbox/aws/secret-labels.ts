import { AwsRefusal } from "./replies.ts";
import type { VersionRecord } from "./secret-records.ts";

export const currentLabel = "AWSCURRENT";
export const pendingLabel = "AWSPENDING";
const previousLabel = "AWSPREVIOUS";
/** "Staging labels attached across all versions of a secret" (user guide, quotas). */
const labelsMax = 20;

type Versions = readonly VersionRecord[];

export function holderOf(versions: Versions, label: string): VersionRecord | undefined {
  return versions.find((version) => version.stages.includes(label));
}

export function detach(versions: Versions, label: string): Versions {
  return versions.map((version) =>
    version.stages.includes(label)
      ? { ...version, stages: version.stages.filter((stage) => stage !== label) }
      : version,
  );
}

/** A label belongs to one version: attaching it takes it from the other. AWSPREVIOUS follows AWSCURRENT. */
export function attach(versions: Versions, label: string, versionId: string): Versions {
  const from = holderOf(versions, label);
  if (from?.versionId === versionId) return versions;
  const moved = detach(versions, label).map((version) =>
    version.versionId === versionId ? { ...version, stages: [...version.stages, label] } : version,
  );
  return label === currentLabel && from !== undefined ? attach(moved, previousLabel, from.versionId) : moved;
}

export function checkLabelQuota(versions: Versions): void {
  if (versions.flatMap((version) => version.stages).length > labelsMax) {
    throw new AwsRefusal(
      "LimitExceededException",
      `You have reached the maximum number of staging labels for this secret: ${labelsMax}.`,
    );
  }
}
