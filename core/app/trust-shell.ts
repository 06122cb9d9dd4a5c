/** A word for a POSIX shell: as it is where that is safe, else in single quotes. Claims come from elsewhere. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** `before` as it stands, then words that are quoted. */
export function command(before: string, ...words: readonly string[]): string {
  return [before, ...words.map(quoted)].join(" ");
}
