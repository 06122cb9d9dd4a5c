import type { Secret } from "../../secret.ts";

/** A token and the time from which it is of no use any more, as far as its source knows. */
export interface DatedToken {
  readonly token: Secret;
  readonly untilMs: number;
}

export type TokenSource = () => Promise<Secret | DatedToken> | Secret | DatedToken;

/** As in-cluster clients re-read their token file (clouds.md D1): of a token without a date. */
const tokenAgeMaxMs = 60_000;
/** A call may wait and clocks differ: a token is renewed this long before its end. */
const renewBeforeMs = 120_000;

interface Kept {
  readonly token: Promise<Secret>;
  readonly askedMs: number;
  /** Known when the source has answered. */
  renewMs: number;
}

/** Keeps a token until shortly before its end, or for a minute; asks again when a server refused the last one. */
export class TokenKeeper {
  readonly #ask: TokenSource;
  readonly #nowMs: () => number;
  #kept: Kept | null = null;

  constructor(ask: TokenSource, nowMs: () => number) {
    this.#ask = ask;
    this.#nowMs = nowMs;
  }

  /** Throws what the source throws; a failure is not kept. */
  async current(): Promise<Secret> {
    const nowMs = this.#nowMs();
    const before = this.#kept;
    if (before === null || nowMs >= before.renewMs || nowMs < before.askedMs - tokenAgeMaxMs)
      this.#kept = this.#renew();
    const kept = this.#kept as Kept;
    try {
      return await kept.token;
    } catch (error) {
      if (this.#kept === kept) this.#kept = null;
      throw error;
    }
  }

  #renew(): Kept {
    const askedMs = this.#nowMs();
    const read = async () => {
      const answer = await this.#ask();
      if (!("untilMs" in answer)) return answer;
      // One that ends sooner than that is asked for at each use.
      kept.renewMs = Math.max(askedMs, answer.untilMs - renewBeforeMs);
      return answer.token;
    };
    const kept: Kept = { token: Promise.resolve().then(read), askedMs, renewMs: askedMs + tokenAgeMaxMs };
    return kept;
  }

  /** Many calls may be refused at once: only the first of them makes the source be asked again. */
  async after(refused: Secret): Promise<Secret> {
    const kept = this.#kept;
    if (kept !== null && (await this.current()).equals(refused) && this.#kept === kept) this.#kept = null;
    return this.current();
  }
}
