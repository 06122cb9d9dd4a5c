import { createHash } from "node:crypto";
import { AwsRefusal } from "./replies.ts";

/** Exactly one of the two is set. */
export interface SecretValue {
  readonly text: string | null;
  /** Base64, as it travels. */
  readonly binary: string | null;
}

export interface VersionRecord {
  readonly versionId: string;
  /** Null: made by RotateSecret and not yet filled. */
  readonly value: SecretValue | null;
  readonly stages: readonly string[];
  readonly createdMs: number;
}

export interface RotationSettings {
  readonly enabled: boolean;
  readonly lambdaArn: string;
  readonly rules: Readonly<Record<string, unknown>>;
}

/** One secret; never changed in place, so that the state before the last write stays whole. */
export interface SecretRecord {
  readonly arn: string;
  readonly name: string;
  readonly createdMs: number;
  readonly changedMs: number;
  /** Set while the secret waits for its deletion. */
  readonly deletionMs: number | null;
  readonly tags: readonly unknown[];
  /** The key that encrypts it; absent: the account's `aws/secretsmanager`. */
  readonly kmsKeyId?: string;
  readonly rotation?: RotationSettings;
  /** In order of creation. */
  readonly versions: readonly VersionRecord[];
}

interface Shelf {
  readonly now: SecretRecord | null;
  /** As it was before the last write to this name; null: absent then. */
  readonly before: SecretRecord | null;
}

/** All secrets of one account in one region. */
export class SecretRecords {
  readonly #shelves = new Map<string, Shelf>();
  readonly #arnPrefix: string;

  constructor(region: string) {
    this.#arnPrefix = `arn:aws:secretsmanager:${region}:000000000000:secret:`;
  }

  /** The ARN ends in a hyphen and six characters that AWS draws; here they follow from the name. */
  arnOf(name: string): string {
    return `${this.#arnPrefix}${name}-${createHash("sha256").update(name).digest("hex").slice(0, 6)}`;
  }

  #nameOf(secretId: string): string {
    if (!secretId.startsWith(this.#arnPrefix)) return secretId;
    const rest = secretId.slice(this.#arnPrefix.length);
    const bare = rest.slice(0, -7);
    return this.arnOf(bare) === secretId ? bare : rest;
  }

  /** By name, whole ARN or ARN without its suffix; `stale` looks at the state before the last write. */
  find(secretId: string, stale = false): SecretRecord | null {
    const shelf = this.#shelves.get(this.#nameOf(secretId));
    return (stale ? shelf?.before : shelf?.now) ?? null;
  }

  /** As `find`; absent or waiting for deletion is refused. */
  require(secretId: string, stale = false): SecretRecord {
    const record = this.find(secretId, stale);
    if (record === null) {
      throw new AwsRefusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.");
    }
    if (record.deletionMs !== null) {
      throw new AwsRefusal(
        "InvalidRequestException",
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    }
    return record;
  }

  save(record: SecretRecord): void {
    this.#shelves.set(record.name, { now: record, before: this.find(record.name) });
  }

  remove(name: string): void {
    this.#shelves.set(name, { now: null, before: this.find(name) });
  }
}
