/** Randomness that nobody can guess. */
export interface Entropy {
  /** Lower-case hexadecimal text of `bytes` random bytes. */
  hex(bytes: number): string;
}
