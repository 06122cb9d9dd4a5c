import type { HttpReply } from "../http/request.ts";
import { retryAfterMs } from "../http/request.ts";
import type { ProcessGate } from "./process-gate.ts";

export interface GateOptions {
  /** Calls in flight at most, however well it goes. */
  readonly inFlightMax?: number | undefined;
  /** How often a call is sent that the server refuses for now (429), the first time included. */
  readonly throttledTriesMax?: number | undefined;
  /** The cluster, and what all clusters of this process share; absent: it is alone. */
  readonly together?: { readonly cluster: string; readonly gate: ProcessGate } | undefined;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

const inFlightMaxDefault = 32;
const inFlightFirst = 8;
/** Rounds that go well before one more is let in: on a full server each trial costs a refusal. */
const growthRounds = 4;
const triesMaxDefault = 8;
/** A server that wants to be left alone for longer is left to the next tick. */
const waitMaxMs = 5_000;
/** Slow is a multiple of the best that was seen, and never less than this. */
const slowMsMin = 1_000;
const slowTimes = 5;

/**
 * How many calls one cluster gets at the same time: one more after some rounds that go well, half as many
 * when it says 429, does not answer, or grows slow; and a pause for all where it says how long (Retry-After).
 * A call that got 429 was not carried out, so it alone may be sent again, and only when the server said when.
 */
export class AdaptiveGate {
  readonly #options: GateOptions;
  readonly #inFlightMax: number;
  #limit: number;
  #inFlight = 0;
  #bestMs = Number.POSITIVE_INFINITY;
  /** Counts reductions: of calls that were under way together only the first reduces. */
  #cuts = 0;
  #pause: Promise<unknown> = Promise.resolve();
  readonly #waiting: (() => void)[] = [];

  constructor(options: GateOptions) {
    this.#options = options;
    this.#inFlightMax = options.inFlightMax ?? inFlightMaxDefault;
    this.#limit = Math.min(inFlightFirst, this.#inFlightMax);
  }

  /** Calls in flight that are allowed now. */
  get limit(): number {
    return Math.max(1, Math.floor(this.#limit));
  }

  /** Throws what the call throws. */
  async run(call: () => Promise<HttpReply>): Promise<HttpReply> {
    const { throttledTriesMax = triesMaxDefault, nowMs, sleep } = this.#options;
    for (let tries = 1; ; tries += 1) {
      const reply = await this.#once(call);
      if (reply.status !== 429) return reply;
      const waitMs = retryAfterMs(reply.headers, nowMs());
      if (waitMs === undefined || waitMs > waitMaxMs || tries >= throttledTriesMax) return reply;
      const pause = sleep(waitMs);
      this.#pause = Promise.all([this.#pause, pause]);
      await pause;
    }
  }

  async #once(call: () => Promise<HttpReply>): Promise<HttpReply> {
    await this.#enter();
    const { nowMs, together } = this.#options;
    const leave = await together?.gate.enter();
    const [startedMs, cuts] = [nowMs(), this.#cuts];
    try {
      const reply = await call();
      if (reply.status === 429 || reply.status === 503) this.#complain(cuts);
      else this.#learn(nowMs() - startedMs, cuts);
      return reply;
    } catch (error) {
      this.#cut(cuts);
      throw error;
    } finally {
      leave?.();
      this.#inFlight -= 1;
      this.#letIn();
    }
  }

  async #enter(): Promise<void> {
    for (;;) {
      await this.#pause;
      if (this.#inFlight < this.limit) break;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#inFlight += 1;
  }

  #letIn(): void {
    const free = this.limit - this.#inFlight;
    for (const wake of this.#waiting.splice(0, Math.max(0, free))) wake();
  }

  #learn(tookMs: number, cuts: number): void {
    this.#bestMs = Math.min(this.#bestMs, tookMs);
    if (tookMs > Math.max(slowMsMin, slowTimes * this.#bestMs)) {
      this.#complain(cuts);
      return;
    }
    this.#limit = Math.min(this.#inFlightMax, this.#limit + 1 / (growthRounds * this.#limit));
    this.#options.together?.gate.wentWell();
  }

  #complain(cuts: number): void {
    const { together } = this.#options;
    together?.gate.complain(together.cluster);
    this.#cut(cuts);
  }

  #cut(cuts: number): void {
    if (cuts !== this.#cuts) return;
    this.#cuts += 1;
    this.#limit = Math.max(1, this.#limit / 2);
  }
}
