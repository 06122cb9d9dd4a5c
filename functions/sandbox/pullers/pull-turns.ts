import { setTimeout as sleep } from "node:timers/promises";

/** Evenly spaced turns, in the order in which they are asked for. */
export class PullTurns {
  readonly #everyMs: number;
  #nextMs = 0;

  constructor(perSecondMax: number) {
    this.#everyMs = 1000 / perSecondMax;
  }

  /** Resolves when it is the caller's turn, or at once when it need not come any more. */
  async next(signal?: AbortSignal): Promise<void> {
    const nowMs = performance.now();
    const atMs = Math.max(nowMs, this.#nextMs);
    this.#nextMs = atMs + this.#everyMs;
    if (atMs > nowMs)
      await sleep(atMs - nowMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}
