const entryLengthMax = 253;

/**
 * One entry of a pull Secret that stops every pull of the pod, or that we refuse to write. `entry` is
 * its key (null: the document as a whole), `why` is in our own words: never a piece of the content.
 */
export class MalformedPullSecretError extends Error {
  readonly entry: string | null;
  readonly why: string;

  constructor(key: string | null, why: string) {
    const entry = key === null ? null : printableKey(key);
    super(entry === null ? `pull secret: ${why}` : `pull secret: entry ${entry}: ${why}`);
    this.name = "MalformedPullSecretError";
    this.entry = entry;
    this.why = why;
  }
}

/** A key is a registry's name, but anybody may have written it: `user:password@` goes, so do control characters. */
function printableKey(key: string): string {
  const at = key.lastIndexOf("@");
  const withoutUser = at < 0 ? key : key.slice(at + 1);
  return withoutUser.replace(/[^\x21-\x7e]/g, "?").slice(0, entryLengthMax);
}
