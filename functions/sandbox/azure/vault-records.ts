export interface SecretVersion {
  /** 32 hexadecimal digits, random: their order says nothing about age. */
  readonly id: string;
  readonly value: string;
  readonly contentType: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly enabled: boolean;
  /** Unix seconds; informational, they stop no reader. */
  readonly nbf: number | undefined;
  readonly exp: number | undefined;
  readonly createdMs: number;
  readonly updatedMs: number;
}

export interface VaultSecret {
  readonly name: string;
  /** In the order of setting; the last one is what an unversioned read gives. */
  readonly versions: readonly SecretVersion[];
  readonly deletedMs: number | null;
}

/** The vault's state: per name what it is, and what it was before its last write (for stale reads). */
export class VaultRecords {
  readonly #secrets = new Map<string, { readonly now: VaultSecret; readonly before: VaultSecret | null }>();

  /** Null: no such secret. Names do not tell upper from lower case. */
  find(name: string, stale = false): VaultSecret | null {
    const entry = this.#secrets.get(name.toLowerCase());
    if (entry === undefined) return null;
    return stale ? entry.before : entry.now;
  }

  put(secret: VaultSecret): void {
    const key = secret.name.toLowerCase();
    this.#secrets.set(key, { now: secret, before: this.#secrets.get(key)?.now ?? null });
  }
}
