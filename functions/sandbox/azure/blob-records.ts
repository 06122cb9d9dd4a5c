export interface StoredBlob {
  readonly etag: string;
  readonly body: Buffer;
  readonly contentType: string;
  readonly modifiedMs: number;
}

/** Containers of one storage account. Every write has an ETag that no write had before. */
export class BlobRecords {
  readonly #containers = new Map<string, Map<string, StoredBlob>>();
  #writes = 0;

  constructor(containers: readonly string[]) {
    for (const container of containers) this.#containers.set(container, new Map());
  }

  /** False: it was there. */
  createContainer(container: string): boolean {
    if (this.#containers.has(container)) return false;
    this.#containers.set(container, new Map());
    return true;
  }

  /** Null: no such container. */
  container(name: string): Map<string, StoredBlob> | null {
    return this.#containers.get(name) ?? null;
  }

  nextEtag(): string {
    this.#writes += 1;
    return `"0x8DE${this.#writes.toString(16).toUpperCase().padStart(12, "0")}"`;
  }
}
