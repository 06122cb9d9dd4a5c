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
  readonly #waiting: (() => void)[] = [];
  /** Somebody sleeps until the oldest place only waits. */
  #watched = false;
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
    while (!this.#hasRoom()) {
      this.#watch();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const place: Place = { sinceMs: this.#options.nowMs() };
    this.#places.add(place);
    // More than one place may have become free at a time; the next one's turn may be up to the watch.
    if (this.#waiting.length > 0) {
      if (this.#hasRoom()) this.#wakeNext();
      else this.#watch();
    }
    return () => {
      this.#places.delete(place);
      this.#wakeNext();
    };
  }

  #hasRoom(): boolean {
    const nowMs = this.#options.nowMs();
    for (const place of this.#places) {
      if (nowMs - place.sinceMs < waitsMs) break;
      this.#places.delete(place);
    }
    return this.#places.size < this.limit;
  }

  /** One sleep for all who wait: until the oldest place only waits, and may be had. */
  #watch(): void {
    const [oldest] = this.#places;
    if (this.#watched || oldest === undefined) return;
    this.#watched = true;
    const { nowMs, sleep } = this.#options;
    void sleep(oldest.sinceMs + waitsMs - nowMs()).then(() => {
      this.#watched = false;
      if (this.#waiting.length === 0) return;
      if (this.#hasRoom()) this.#wakeNext();
      this.#watch();
    });
  }

  #wakeNext(): void {
    this.#waiting.shift()?.();
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
