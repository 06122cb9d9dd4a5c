/** A text under compare-and-set. `revision` comes from the store itself or a random token, never from inside the text. */
export interface LedgerRecord {
  readonly revision: string;
  readonly text: string;
}

export interface LedgerStore {
  /** Consistent read. Null record: absent, said by the store. Throws `denied`, `throttled`, `unreachable`, `invalid`. */
  load(key: string): Promise<{ readonly record: LedgerRecord | null; readonly serverMs: number | null }>;

  /**
   * Writes if and only if the stored revision is `expected` (null: absent). Every shape of a lost
   * race is `conflict` with reason `stale-writer`. `unreachable`: it may have been written.
   */
  save(
    key: string,
    expected: string | null,
    text: string,
  ): Promise<{ readonly revision: string; readonly serverMs: number | null }>;
}
