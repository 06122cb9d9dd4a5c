import { inspect } from "node:util";

const redacted = "[redacted]";

/**
 * A text that must never be printed. `String(secret)`, `JSON.stringify`, template literals and
 * `util.inspect` all show `[redacted]`; only `reveal()` gives the text, so that every use can be
 * found by searching for that word.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. Hand it to a wire or a hash, never to a log line or an error. */
  reveal(): string {
    return this.#text;
  }

  equals(other: Secret): boolean {
    return this.#text === other.#text;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [inspect.custom](): string {
    return redacted;
  }
}
