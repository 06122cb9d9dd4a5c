import { Secret } from "../../core/secret.ts";

/** Two lanes of 32 bits, so that a million parts of a world meet by chance once in some ten million runs. */
interface Digest {
  readonly a: number;
  readonly b: number;
}

const known = new WeakMap<object, Digest>();

function mix(hash: number, value: number): number {
  let h = Math.imul(hash ^ value, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function ofText(text: string, tag: number): Digest {
  let a = 0x811c9dc5 ^ tag;
  let b = 0x9e3779b9 ^ (tag << 8);
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995);
    b ^= b >>> 15;
  }
  return { a: mix(a, text.length), b: mix(b, text.length) };
}

/** Of a part of an immutable value; the order of an object's keys does not count, a Secret counts by its text. */
function digest(value: unknown): Digest {
  if (typeof value === "string") return ofText(value, 1);
  if (typeof value !== "object" || value === null) return ofText(String(value), 2);
  const before = known.get(value);
  if (before !== undefined) return before;
  const made =
    value instanceof Secret ? ofText(value.reveal(), 3) : Array.isArray(value) ? ofList(value) : ofRecord(value);
  known.set(value, made);
  return made;
}

function ofList(list: readonly unknown[]): Digest {
  let [a, b] = [17, 29];
  for (const item of list) {
    const one = digest(item);
    a = mix(a, one.a);
    b = mix(b + 1, one.b);
  }
  return { a: mix(a, list.length), b: mix(b, list.length) };
}

/** A sum, so that the order in which keys were put in is forgotten. */
function ofRecord(record: object): Digest {
  let [a, b] = [31, 37];
  for (const key of Object.keys(record)) {
    const one = digest((record as Record<string, unknown>)[key]);
    const name = nameDigest(key);
    a = (a + mix(name.a, one.a)) | 0;
    b = (b + mix(name.b ^ 0x27d4eb2f, one.b)) | 0;
  }
  return { a: mix(a, 41), b: mix(b, 43) };
}

const names = new Map<string, Digest>();

function nameDigest(key: string): Digest {
  const before = names.get(key);
  if (before !== undefined) return before;
  const made = ofText(key, 4);
  names.set(key, made);
  return made;
}

/** A key for equal values. Digests of sub-values are kept by reference: what two states share is hashed once. */
export function digestKey(value: object): string {
  const { a, b } = digest(value);
  return `${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}`;
}
