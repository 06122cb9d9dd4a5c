interface Event {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

/** Events by their moment; of the same moment, the one that was put in first. A binary heap. */
export class Queue {
  readonly #heap: Event[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** Moment of the next event; null: there is none. */
  get nextMs(): number | null {
    return this.#heap[0]?.atMs ?? null;
  }

  put(atMs: number, run: () => void): void {
    const heap = this.#heap;
    const event = { atMs, order: this.#order, run };
    this.#order += 1;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || before(parent, event)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = event;
  }

  take(): Event | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (last === undefined || first === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      let child = heap[below];
      const right = heap[below + 1];
      if (child === undefined) break;
      if (right !== undefined && before(right, child)) {
        below += 1;
        child = right;
      }
      if (before(last, child)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

function before(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
