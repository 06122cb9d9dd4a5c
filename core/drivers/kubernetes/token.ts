import type { Secret } from "../../secret.ts";

/** As in-cluster clients re-read their token file (clouds.md D1). */
const tokenAgeMaxMs = 60_000;

/** Asks for a token once a minute, and again when a server refused the last one. */
export class TokenKeeper {
  readonly #ask: () => Promise<Secret> | Secret;
  readonly #nowMs: () => number;
  #kept: { readonly token: Promise<Secret>; readonly askedMs: number } | null = null;

  constructor(ask: () => Promise<Secret> | Secret, nowMs: () => number) {
    this.#ask = ask;
    this.#nowMs = nowMs;
  }

  /** Throws what the source throws; a failure is not kept. */
  async current(): Promise<Secret> {
    const nowMs = this.#nowMs();
    if (this.#kept === null || Math.abs(nowMs - this.#kept.askedMs) >= tokenAgeMaxMs) {
      this.#kept = { token: Promise.resolve(this.#ask()), askedMs: nowMs };
    }
    const kept = this.#kept;
    try {
      return await kept.token;
    } catch (error) {
      if (this.#kept === kept) this.#kept = null;
      throw error;
    }
  }

  /** Many calls may be refused at once: only the first of them makes the source be asked again. */
  async after(refused: Secret): Promise<Secret> {
    const kept = this.#kept;
    if (kept !== null && (await this.current()).equals(refused) && this.#kept === kept) this.#kept = null;
    return this.current();
  }
}
