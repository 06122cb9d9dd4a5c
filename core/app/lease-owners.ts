/**
 * Names in leases. A function's instance may get a second invocation while the first is under way (Azure Functions,
 * Cloud Run's concurrency), and a frozen one may wake up: ticks of one process that run together are told apart, so
 * that they respect each other's lease. A tick that follows one that ended goes by its name, and need not wait for a
 * lease that could not be given back.
 */
export class LeaseOwners {
  readonly #process: string;
  readonly #underWay = new Set<number>();

  /** @param process names this process, and no other one. */
  constructor(process: string) {
    this.#process = process;
  }

  /** By what name the next tick goes. */
  get next(): string {
    return this.#name(this.#place());
  }

  /** The name for one tick; `free` when it has ended. */
  take(): { readonly owner: string; free(): void } {
    const place = this.#place();
    this.#underWay.add(place);
    return { owner: this.#name(place), free: () => void this.#underWay.delete(place) };
  }

  #place(): number {
    let place = 1;
    while (this.#underWay.has(place)) place += 1;
    return place;
  }

  #name(place: number): string {
    return `${this.#process}/${place}`;
  }
}
