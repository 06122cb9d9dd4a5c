import type { Secret } from "../../secret.ts";

/** Of one version of one object, and so true for ever. */
export interface PullData {
  readonly type: string;
  /** Null: the Secret has no `.dockerconfigjson`. */
  readonly text: Secret | null;
}

/** Four pages: as many as are written from at the same time. */
const objectsMax = 2_048;
const charactersMax = 8 * 1024 * 1024;

interface Remembered {
  readonly resourceVersion: string;
  readonly data: PullData;
  readonly characters: number;
}

/**
 * What was read lately, by uid and resourceVersion, so that a write need not read again what it merges
 * into. Bounded: the oldest goes first, and what is gone is read again.
 */
export class RememberedData {
  readonly #byUid = new Map<string, Remembered>();
  #characters = 0;

  remember(uid: string, resourceVersion: string, data: PullData): void {
    this.#forget(uid);
    const characters = data.text?.reveal().length ?? 0;
    this.#byUid.set(uid, { resourceVersion, data, characters });
    this.#characters += characters;
    for (const oldest of this.#byUid.keys()) {
      if (this.#byUid.size <= objectsMax && this.#characters <= charactersMax) break;
      this.#forget(oldest);
    }
  }

  recall(uid: string, resourceVersion: string): PullData | undefined {
    const known = this.#byUid.get(uid);
    return known?.resourceVersion === resourceVersion ? known.data : undefined;
  }

  #forget(uid: string): void {
    this.#characters -= this.#byUid.get(uid)?.characters ?? 0;
    this.#byUid.delete(uid);
  }
}
