import { GcpRefusal } from "./refusal.ts";

/** `SecretVersion.State` by its number on the wire. */
export const versionStates = ["STATE_UNSPECIFIED", "ENABLED", "DISABLED", "DESTROYED"] as const;
export type VersionState = "ENABLED" | "DISABLED" | "DESTROYED";

export interface VersionRecord {
  /** From 1, never given out twice within a secret. */
  readonly number: number;
  readonly state: VersionState;
  readonly createdMs: number;
  readonly destroyedMs: number | null;
  readonly etag: string;
  /** Null once destroyed. */
  readonly data: Buffer | null;
  readonly crc32c: number;
  readonly checksumByClient: boolean;
}

/** One secret as one immutable value: each write puts a new one in its place. */
export interface SecretRecord {
  readonly id: string;
  readonly createdMs: number;
  readonly etag: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly aliases: Readonly<Record<string, number>>;
  readonly replication: object;
  /** Oldest first. */
  readonly versions: readonly VersionRecord[];
}

interface Shelf {
  readonly now: SecretRecord | null;
  /** As it was before its last write: what a stale read answers. */
  readonly before: SecretRecord | null;
}

/** All secrets of one project. */
export class SecretRecords {
  readonly #projectNumber: string;
  readonly #shelves = new Map<string, Shelf>();
  #etags = 0;

  constructor(projectNumber: string) {
    this.#projectNumber = projectNumber;
  }

  /** The service answers names with the project's number, whatever the request was made with. */
  nameOf(id: string): string {
    return `projects/${this.#projectNumber}/secrets/${id}`;
  }

  /** The quotes belong to the value (etags page). */
  nextEtag(): string {
    this.#etags += 1;
    return `"${(0x16211daf000000 + this.#etags).toString(16)}"`;
  }

  find(id: string, stale = false): SecretRecord | null {
    const shelf = this.#shelves.get(id);
    return (stale ? shelf?.before : shelf?.now) ?? null;
  }

  /** Throws `NOT_FOUND`. */
  require(id: string, stale = false): SecretRecord {
    const record = this.find(id, stale);
    if (record === null) throw new GcpRefusal("NOT_FOUND", `Secret [${this.nameOf(id)}] not found.`);
    return record;
  }

  /** Newest first, as the service lists. */
  list(stale: boolean): readonly SecretRecord[] {
    return [...this.#shelves.keys()]
      .flatMap((id) => this.find(id, stale) ?? [])
      .sort((one, other) => other.createdMs - one.createdMs || (one.id < other.id ? 1 : -1));
  }

  put(record: SecretRecord): SecretRecord {
    this.#shelves.set(record.id, { now: record, before: this.find(record.id) });
    return record;
  }

  remove(id: string): void {
    this.#shelves.set(id, { now: null, before: this.find(id) });
  }
}
