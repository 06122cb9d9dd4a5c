/**
 * A value for Harbor's `q`: a leading character of its grammar is taken literally. Null where the
 * grammar has no way to say it (a comma always separates): harbor.md §1.7.
 */
function literal(value: string): string | null {
  if (value === "" || value.includes(",")) return null;
  return /^[~[{(\\]/.test(value) ? `\\${value}` : value;
}

/** `q=…` of a query string, encoded **twice**: Harbor decodes it twice. Empty without conditions, null where a value cannot be said. */
export function encodeQ(
  conditions: readonly (readonly [key: string, operator: "=" | "=~", value: string])[],
): string | null {
  const parts: string[] = [];
  for (const [key, operator, value] of conditions) {
    // Ranges and the word behind `~` are said as they are; only a comma would end them.
    const plain = operator === "=~" || key === "op_time" || key === "id";
    const said = plain ? (value.includes(",") ? null : value) : literal(value);
    if (said === null) return null;
    parts.push(`${key}${operator}${said}`);
  }
  if (parts.length === 0) return "";
  return `q=${encodeURIComponent(encodeURIComponent(parts.join(",")))}`;
}
