/**
 * A function of something that never changes, worked out once for each: by reference, and kept no longer
 * than the thing itself. What throws is tried again.
 */
export function remembered<Key extends WeakKey, Value>(work: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { readonly value: Value }>();
  return (key) => {
    const before = known.get(key);
    if (before !== undefined) return before.value;
    const value = work(key);
    known.set(key, { value });
    return value;
  };
}
