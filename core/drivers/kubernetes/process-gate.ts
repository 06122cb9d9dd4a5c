export interface ProcessGateOptions {
  /** Calls in flight at most, however well it goes. Default 256. */
  readonly inFlightMax?: number | undefined;
  readonly nowMs: () => number;
  /** Keeps no process alive. */
  readonly sleep: (ms: number) => Promise<unknown>;
}

const inFlightMaxDefault = 256;
const inFlightFirst = 64;
const inFlightMin = 8;
const growthRounds = 4;
/** A call without an answer for so long only waits: it takes nothing from the others, and gives its place back. */
const waitsMs = 1_000;
/** Complaints of different clusters within this time are about what they share. */
const togetherMs = 1_000;

interface Place {
  readonly sinceMs: number;
}

/**
 * How many calls one process makes to all its clusters at the same time: one more after some rounds that go well, half
 * as many when several clusters at once say 429 or grow slow, for what they have in common is this machine and its
 * network. What a single cluster says is for its own gate, and a dark one slows no other: its calls give their places
 * back while they wait.
 */
export class ProcessGate {
  readonly #options: ProcessGateOptions;
  readonly #inFlightMax: number;
  #limit: number;
  /** The oldest first. */
  readonly #places = new Set<Place>();
  readonly #waiting = new Set<() => void>();
  #complaint: { readonly cluster: string; readonly atMs: number } | null = null;
  #cutMs = Number.NEGATIVE_INFINITY;

  constructor(options: ProcessGateOptions) {
    this.#options = options;
    this.#inFlightMax = options.inFlightMax ?? inFlightMaxDefault;
    this.#limit = Math.min(inFlightFirst, this.#inFlightMax);
  }

  /** Calls in flight that are allowed now, those aside that only wait. */
  get limit(): number {
    return Math.floor(this.#limit);
  }

  /** Waits for a place; what is returned gives it back. */
  async enter(): Promise<() => void> {
    const { nowMs, sleep } = this.#options;
    for (;;) {
      const [oldest] = this.#places;
      if (oldest !== undefined && nowMs() - oldest.sinceMs >= waitsMs) {
        this.#places.delete(oldest);
        continue;
      }
      if (oldest === undefined || this.#places.size < this.limit) break;
      await this.#woken(sleep(oldest.sinceMs + waitsMs - nowMs()));
    }
    const place: Place = { sinceMs: nowMs() };
    this.#places.add(place);
    return () => {
      this.#places.delete(place);
      const [next] = this.#waiting;
      next?.();
    };
  }

  /** When a place was given back, or the oldest one only waits by now. */
  async #woken(waited: Promise<unknown>): Promise<void> {
    let wake: () => void = () => undefined;
    const woken = new Promise<void>((resolve) => {
      wake = () => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
    await Promise.race([woken, waited]);
    this.#waiting.delete(wake);
  }

  wentWell(): void {
    this.#limit = Math.min(this.#inFlightMax, this.#limit + 1 / (growthRounds * this.#limit));
  }

  /** A cluster said 429 or 503, or grew slow. */
  complain(cluster: string): void {
    const nowMs = this.#options.nowMs();
    const before = this.#complaint;
    this.#complaint = { cluster, atMs: nowMs };
    const together = before !== null && before.cluster !== cluster && nowMs - before.atMs <= togetherMs;
    if (!together || nowMs - this.#cutMs <= togetherMs) return;
    this.#cutMs = nowMs;
    this.#limit = Math.max(inFlightMin, this.#limit / 2);
  }
}
