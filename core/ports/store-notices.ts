/** What an operator should know of a name in a store before anything is written there. */
export interface StoreNotices {
  /** In words that name the mend; empty: nothing. Throws `denied`, `throttled`, `unreachable`, `invalid`. */
  notices(name: string): Promise<readonly string[]>;
}
