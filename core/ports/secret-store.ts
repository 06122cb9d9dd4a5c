import type { Secret } from "../secret.ts";

/** Carried beside a value (tags, labels), so that versions can be told apart without reading them. */
export interface StoreTag {
  readonly ledgerId: string;
  readonly epoch: number;
  readonly generation: number;
}

export interface StoreVersion {
  /** The store's own id of this version, opaque to everybody but its driver. */
  readonly versionId: string;
  /** The value's text (a flat JSON object of strings; `core/engine/value.ts`). */
  readonly value: Secret;
}

export interface VersionFacts {
  readonly versionId: string;
  /** From the tag; null for a version that is not ours. */
  readonly epoch: number | null;
  /** True for the version that readers get. */
  readonly current: boolean;
}

export interface FlipRequest {
  readonly value: Secret;
  readonly tag: StoreTag;
  /** Derived from ledger, epoch and purpose: the same call twice is one call. 32–64 characters of [a-z0-9-]. */
  readonly token: string;
  /** Version that was **just read** as current; null when there was none. Anything else there: `conflict`. */
  readonly replaces: string | null;
  /** In the home store: the version staged with this very value, to be promoted where the store can. */
  readonly stagedVersionId: string | null;
}

/** One cloud's secret store. `name` is the name of the value readers use; pending and round are its neighbours. */
export interface SecretStore {
  /**
   * Puts a pending value where no reader of `name` sees it. Same token and value again: same version.
   * Throws `denied`, `throttled`, `unreachable`, `invalid` (`too-large`).
   */
  stage(name: string, value: Secret, tag: StoreTag, token: string): Promise<{ readonly versionId: string }>;

  /** Reads exactly this version. Throws `not-found` (absent, destroyed), `conflict` (`disabled`), `denied` … */
  readVersion(name: string, versionId: string): Promise<StoreVersion>;

  /** What readers see now; null when the name is absent or has no current value. */
  readCurrent(name: string): Promise<StoreVersion | null>;

  /** Makes a value current. Throws `conflict` (`stale-writer`) when `replaces` is not what is current. */
  flip(name: string, request: FlipRequest): Promise<{ readonly versionId: string }>;

  /** The small object `<name>-round`; null when absent. */
  readRound(name: string): Promise<string | null>;
  writeRound(name: string, round: string): Promise<void>;

  /** All versions that still hold a value, pending ones too, in no order. Empty when the name is absent. */
  listVersions(name: string): Promise<readonly VersionFacts[]>;

  /** Destroys these versions; one that is absent or already destroyed is success; a current one is refused (`conflict`). */
  discard(name: string, versionIds: readonly string[]): Promise<void>;
}
