/**
 * A rate quota over a sliding window, per key. Vendors document the rate, not how they measure it; a window that
 * slides refuses no client that stays under the rate.
 */
export class RateQuota {
  readonly #max: number;
  readonly #windowMs: number;
  readonly #takenMs = new Map<string, number[]>();

  constructor(max: number, windowMs: number) {
    this.#max = max;
    this.#windowMs = windowMs;
  }

  /** 0: taken. Else refused, not counted, and the milliseconds until there is room. */
  take(key: string, nowMs: number): number {
    const recent = (this.#takenMs.get(key) ?? []).filter((atMs) => nowMs - atMs < this.#windowMs);
    if (recent.length >= this.#max) return this.#windowMs - (nowMs - (recent[0] ?? nowMs));
    recent.push(nowMs);
    this.#takenMs.set(key, recent);
    return 0;
  }
}
