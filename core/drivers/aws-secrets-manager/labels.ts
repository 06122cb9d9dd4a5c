/** Staging labels that the service moves by itself. */
export const currentLabel = "AWSCURRENT";

/**
 * Not ours to take away: AWSPREVIOUS is moved by the service to what AWSCURRENT leaves (the next flip moves it on),
 * AWSPENDING is the lock of Secrets Manager's own rotation.
 */
const labelsOfTheService: readonly string[] = ["AWSPREVIOUS", "AWSPENDING"];

/** Version id → its labels, as DescribeSecret tells them: labelled versions only. */
export type Stages = ReadonlyMap<string, readonly string[]>;

/**
 * The first version of a secret gets AWSCURRENT whatever labels the writer asks for (API reference,
 * PutSecretValue), so a value staged first would be current before its flip. Each secret therefore
 * begins with this version, which holds no credential, and the first flip takes AWSCURRENT from it.
 */
export const placeholder = {
  versionId: "capstan-placeholder-before-the-first-flip",
  text: '{"capstan":"no value yet"}',
} as const;

/** "Staging labels attached across all versions of a secret" (user guide, quotas). */
export const labelsMax = 20;

const pattern = /^capstan-e(\d{1,15})$/;

/** A label belongs to one version of a secret: the next pending value of an epoch takes it from an abandoned one. */
export function epochLabel(epoch: number): string {
  return `capstan-e${epoch}`;
}

/** Null for a version without a label of ours. */
export function epochOf(labels: readonly string[]): number | null {
  for (const label of labels) {
    const digits = pattern.exec(label)?.[1];
    if (digits !== undefined) return Number(digits);
  }
  return null;
}

/** The version that readers get; null where none is labelled so. */
export function currentOf(stages: Stages): string | null {
  for (const [versionId, labels] of stages) if (labels.includes(currentLabel)) return versionId;
  return null;
}

/** What discarding takes away. A version with no other label is discarded for us. */
export function ownLabels(labels: readonly string[]): readonly string[] {
  return labels.filter((label) => !labelsOfTheService.includes(label));
}
