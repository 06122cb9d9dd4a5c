/**
 * Results in the order in which they come. A race of all promises would cost as much per result as there are promises,
 * and leave something behind at each that comes late.
 */
export class Arrivals<T> {
  #arrived: Promise<T>[] = [];
  #taken = 0;
  #wake: () => void = () => undefined;

  add(coming: Promise<T>): void {
    const arrive = () => {
      this.#arrived.push(coming);
      this.#wake();
    };
    coming.then(arrive, arrive);
  }

  /** The next one that came, or comes; throws what it throws. */
  async next(): Promise<T> {
    while (this.#taken >= this.#arrived.length) {
      [this.#arrived, this.#taken] = [[], 0];
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#taken += 1;
    return this.#arrived[this.#taken - 1] as Promise<T>;
  }
}
