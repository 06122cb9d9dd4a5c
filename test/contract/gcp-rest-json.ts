type Fields = Readonly<Record<string, unknown>>;

function isSpan(value: unknown): value is { readonly seconds: string; readonly nanos: number } {
  return typeof value === "object" && value !== null && "seconds" in value && "nanos" in value;
}

function spanText(key: string, { seconds, nanos }: { readonly seconds: string; readonly nanos: number }): string {
  if (!key.endsWith("Time")) return `${seconds}s`;
  return new Date(Number(seconds) * 1000 + nanos / 1_000_000).toISOString();
}

/**
 * A reply of Google's client (a plain object; int64 and enums are text in it already) as REST has it: bytes in
 * base64, timestamps and durations as text, and what is not set left out instead of null. The names of oneofs, which
 * REST has not, stay beside what they name.
 */
export function restJson(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(restJson);
  if (typeof value !== "object" || value === null) return value;
  const set = Object.entries(value as Fields).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(
    set.map(([key, member]) => [key, isSpan(member) ? spanText(key, member) : restJson(member)]),
  );
}
