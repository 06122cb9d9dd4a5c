/**
 * Copies of a record whose keys come and go, as calls under way do. They have no prototype: V8 keeps such an object as
 * a table from its start, where any other gets a hidden class of its own, kept for good, for each key that is new.
 */
type Keyed<T> = Readonly<Record<string, T>>;

function copyOf<T>(record: Keyed<T>, but?: string): Record<string, T> {
  const copy = Object.create(null) as Record<string, T>;
  for (const key in record) if (key !== but) copy[key] = record[key] as T;
  return copy;
}

export function withKey<T>(record: Keyed<T>, key: string, value: T): Keyed<T> {
  const copy = copyOf(record);
  copy[key] = value;
  return copy;
}

export function withoutKey<T>(record: Keyed<T>, key: string): Keyed<T> {
  return copyOf(record, key);
}
