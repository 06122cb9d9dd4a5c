import { digestKey } from "./digest.ts";

/** The different values that one part of the world ever had, each under a small number; 0 stands for none. */
export class Table<T extends object> {
  readonly #ids = new Map<string, number>();
  readonly #values: (T | null)[] = [null];
  readonly #byReference = new WeakMap<T, number>();

  idOf(value: T): number {
    const before = this.#byReference.get(value);
    if (before !== undefined) return before;
    const key = digestKey(value);
    let id = this.#ids.get(key);
    if (id === undefined) {
      id = this.#values.length;
      this.#values.push(value);
      this.#ids.set(key, id);
    }
    this.#byReference.set(value, id);
    return id;
  }

  valueOf(id: number): T {
    const value = this.#values[id];
    if (value == null) throw new Error(`no value ${id} in this table`);
    return value;
  }

  get size(): number {
    return this.#values.length - 1;
  }
}

/** States as rows of whole numbers, each once, in the order in which they were found (breadth-first). */
export class Rows {
  readonly width: number;
  #data: Int32Array;
  #slots: Int32Array;
  count = 0;

  constructor(width: number) {
    this.width = width;
    this.#data = new Int32Array(width * 1024);
    this.#slots = new Int32Array(4096);
  }

  /** The row's number, and whether it is new. */
  add(row: Int32Array): { readonly index: number; readonly isNew: boolean } {
    if (this.count * 2 >= this.#slots.length) this.#grow();
    let slot = hashOf(row, 0, this.width) & (this.#slots.length - 1);
    for (let found = this.#slots[slot] ?? 0; found !== 0; found = this.#slots[slot] ?? 0) {
      if (this.#same(found - 1, row)) return { index: found - 1, isNew: false };
      slot = (slot + 1) & (this.#slots.length - 1);
    }
    const start = this.count * this.width;
    if (start + this.width > this.#data.length) {
      const data = new Int32Array(Math.ceil(this.#data.length * 1.5) + this.width);
      data.set(this.#data);
      this.#data = data;
    }
    this.#data.set(row, start);
    this.count += 1;
    this.#slots[slot] = this.count;
    return { index: this.count - 1, isNew: true };
  }

  get(index: number): Int32Array {
    return this.#data.slice(index * this.width, (index + 1) * this.width);
  }

  #same(index: number, row: Int32Array): boolean {
    const start = index * this.width;
    for (let i = 0; i < this.width; i += 1) if (this.#data[start + i] !== row[i]) return false;
    return true;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let index = 0; index < this.count; index += 1) {
      let slot = hashOf(this.#data, index * this.width, this.width) & (this.#slots.length - 1);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (this.#slots.length - 1);
      this.#slots[slot] = index + 1;
    }
  }
}

function hashOf(data: Int32Array, start: number, width: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < start + width; i += 1) {
    hash = Math.imul(hash ^ (data[i] ?? 0), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}

/** A list of whole numbers that grows. */
export class Numbers {
  #data = new Int32Array(1024);
  #count = 0;

  push(number: number): void {
    if (this.#count === this.#data.length) {
      const data = new Int32Array(this.#data.length * 2);
      data.set(this.#data);
      this.#data = data;
    }
    this.#data[this.#count] = number;
    this.#count += 1;
  }

  at(index: number): number {
    return this.#data[index] ?? 0;
  }
}
