/** Credentials that something new concerns, until the loop takes them. */
export class News {
  #credentials = new Set<string>();
  #arrival = new AbortController();

  add(credentials: readonly string[]): void {
    if (credentials.length === 0) return;
    for (const name of credentials) this.#credentials.add(name);
    this.#arrival.abort();
  }

  get waiting(): boolean {
    return this.#credentials.size > 0;
  }

  /** Fires when there is something to take. */
  get arrived(): AbortSignal {
    return this.#arrival.signal;
  }

  take(): readonly string[] {
    const taken = [...this.#credentials];
    this.#credentials = new Set();
    this.#arrival = new AbortController();
    return taken;
  }
}
