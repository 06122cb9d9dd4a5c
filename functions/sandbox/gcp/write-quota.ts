import { GcpRefusal } from "./refusal.ts";

const windowMs = 1000;

/**
 * The quota on AddSecretVersion and UpdateSecret, counted per secret over the second that has just passed
 * (documented: 2 in a second for a global secret; how the service measures is not).
 */
export class WriteQuota {
  readonly #perSecondMax: number;
  readonly #writesMs = new Map<string, number[]>();

  constructor(perSecondMax: number) {
    this.#perSecondMax = perSecondMax;
  }

  /** Throws `RESOURCE_EXHAUSTED`; a refused write is not counted. */
  take(secretId: string, nowMs: number): void {
    const recent = (this.#writesMs.get(secretId) ?? []).filter((atMs) => nowMs - atMs < windowMs);
    if (recent.length >= this.#perSecondMax) {
      throw new GcpRefusal("RESOURCE_EXHAUSTED", "Quota exceeded for write requests to this secret.");
    }
    this.#writesMs.set(secretId, [...recent, nowMs]);
  }
}
