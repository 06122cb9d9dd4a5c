import type { Clock } from "../../ports/clock.ts";
import { PortError } from "../../ports/errors.ts";

/** At most so many calls begin in any window of this length. */
export interface Rate {
  readonly max: number;
  readonly windowMs: number;
}

/** How a driver's calls are spread over time. */
export interface PaceOptions extends Clock {
  /** A call whose turn is further away than this is not waited for. */
  readonly waitMsMax: number;
}

/** Requests differ in how long they take to arrive, so that a server sees them nearer together than they were sent. */
const windowTimes = 1.1;
const keysMax = 1_000;

/**
 * Keeps the calls of each key below one of the rates that a service documents, so that its refusals are the
 * exception. A turn is given away when it is asked for, first come first served.
 */
export class Pace {
  readonly #max: number;
  readonly #windowMs: number;
  readonly #options: PaceOptions;
  /** Key → moments at which its calls begin, ahead of now too, oldest first. */
  readonly #begun = new Map<string, number[]>();

  constructor(rate: Rate, options: PaceOptions) {
    this.#max = rate.max;
    this.#windowMs = rate.windowMs * windowTimes;
    this.#options = options;
  }

  /** Waits until the call may begin. Throws `throttled` (`over-rate`) at once where that would take too long. */
  async turn(key: string, where: { readonly system: string; readonly operation: string }): Promise<void> {
    const { nowMs, sleep, waitMsMax } = this.#options;
    const atMs = nowMs();
    const begun = this.#recent(key, atMs);
    const free = begun[begun.length - this.#max];
    const beginsMs = Math.max(atMs, begun.at(-1) ?? atMs, free === undefined ? atMs : free + this.#windowMs);
    const waitMs = Math.ceil(beginsMs - atMs);
    if (waitMs > waitMsMax) {
      const message = `${where.system}: ${where.operation} ${key}: our own rate limit is reached for another ${waitMs} ms`;
      throw new PortError("throttled", message, { ...where, reason: "over-rate", retryAfterMs: waitMs });
    }
    begun.push(beginsMs);
    if (waitMs > 0) await sleep(waitMs);
  }

  #recent(key: string, atMs: number): number[] {
    if (this.#begun.size > keysMax) this.#forget(atMs);
    const known = this.#begun.get(key) ?? [];
    const past = known.findIndex((begunMs) => begunMs > atMs - this.#windowMs);
    const recent = past < 0 ? [] : past === 0 ? known : known.slice(past);
    // No turn is given away further ahead than that: the clock was put back.
    const back = (recent.at(-1) ?? atMs) - atMs > this.#options.waitMsMax;
    const kept = back ? [] : recent;
    this.#begun.set(key, kept);
    return kept;
  }

  #forget(atMs: number): void {
    for (const [key, begun] of this.#begun) {
      if ((begun.at(-1) ?? 0) <= atMs - this.#windowMs) this.#begun.delete(key);
    }
  }
}
