import type { PartRequest } from "../listener.ts";
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
  /** Destroyed with a delay: disabled until then. */
  readonly scheduledMs: number | null;
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
  /** `version_destroy_ttl`; null: destroyed at once. */
  readonly destroyTtlMs: number | null;
  /** Oldest first. */
  readonly versions: readonly VersionRecord[];
}

/** One state of a secret and since when it stood; null: deleted. */
interface Stood {
  readonly fromMs: number;
  readonly record: SecretRecord | null;
}

/** Whether a read answers from the past, and from when. */
export type Look = Pick<PartRequest, "stale" | "asOfMs">;

const present: Look = { stale: false, asOfMs: null };
/** States that are kept of one secret for stale reads. */
const stoodMax = 100;

/** All secrets of one project. */
export class SecretRecords {
  readonly #projectNumber: string;
  /** Oldest first. */
  readonly #shelves = new Map<string, readonly Stood[]>();
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

  find(id: string, { stale, asOfMs }: Look = present): SecretRecord | null {
    const shelf = this.#shelves.get(id) ?? [];
    if (!stale) return shelf.at(-1)?.record ?? null;
    return (asOfMs === null ? shelf.at(-2) : shelf.findLast(({ fromMs }) => fromMs <= asOfMs))?.record ?? null;
  }

  /** Throws `NOT_FOUND`. */
  require(id: string, look: Look = present): SecretRecord {
    const record = this.find(id, look);
    if (record === null) throw new GcpRefusal("NOT_FOUND", `Secret [${this.nameOf(id)}] not found.`);
    return record;
  }

  /** Newest first, as the service lists. */
  list(look: Look): readonly SecretRecord[] {
    return [...this.#shelves.keys()]
      .flatMap((id) => this.find(id, look) ?? [])
      .sort((one, other) => other.createdMs - one.createdMs || (one.id < other.id ? 1 : -1));
  }

  put(record: SecretRecord, nowMs: number): SecretRecord {
    this.#keep(record.id, { fromMs: nowMs, record });
    return record;
  }

  remove(id: string, nowMs: number): void {
    this.#keep(id, { fromMs: nowMs, record: null });
  }

  #keep(id: string, stood: Stood): void {
    this.#shelves.set(id, [...(this.#shelves.get(id) ?? []), stood].slice(-stoodMax));
  }
}
