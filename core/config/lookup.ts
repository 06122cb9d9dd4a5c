/** `record[name]` for a name that people chose: `constructor` and the like are not found by accident. */
export function lookup<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
