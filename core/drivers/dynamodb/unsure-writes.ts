import { createHash } from "node:crypto";

const entriesMax = 256;

/**
 * Revisions of writes whose reply was lost. A repeat of exactly such a write goes out under the same
 * revision, so that the table's refusal can show that the first one had arrived. Forgotten when
 * taken: two callers never share a revision.
 */
export class UnsureWrites {
  readonly #revisions = new Map<string, string>();

  #entry(key: string, expected: string | null, text: string): string {
    return createHash("sha256")
      .update(JSON.stringify([key, expected, text]))
      .digest("hex");
  }

  take(key: string, expected: string | null, text: string): string | undefined {
    const entry = this.#entry(key, expected, text);
    const revision = this.#revisions.get(entry);
    this.#revisions.delete(entry);
    return revision;
  }

  remember(key: string, expected: string | null, text: string, revision: string): void {
    this.#revisions.set(this.#entry(key, expected, text), revision);
    const oldest = this.#revisions.keys().next();
    if (this.#revisions.size > entriesMax && oldest.done !== true) this.#revisions.delete(oldest.value);
  }
}
