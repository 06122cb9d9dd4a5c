/**
 * What Go's decoder says of a text that should be a JSON object; null when it is one. The API server
 * puts these words into its 422 (transcripts apply).
 */
export function goObjectError(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || (typeof value === "object" && !Array.isArray(value))) return null;
    const kind = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    return `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
  } catch {
    return syntaxError(text);
  }
}

function syntaxError(text: string): string {
  const start = text.trimStart();
  const first = start[0];
  if (first === undefined) return "unexpected end of JSON input";
  const literal = ["null", "true", "false"].find((word) => word.startsWith(first));
  if (literal !== undefined) {
    const at = [...literal].findIndex((letter, index) => start[index] !== letter);
    const found = at < 0 ? start[literal.length] : start[at];
    if (found === undefined) return "unexpected end of JSON input";
    if (at < 0) return `invalid character ${quote(found)} after top-level value`;
    return `invalid character ${quote(found)} in literal ${literal} (expecting ${quote(literal[at] ?? "")})`;
  }
  if (!/[-0-9"[{]/.test(first)) return `invalid character ${quote(first)} looking for beginning of value`;
  return "unexpected end of JSON input";
}

const quote = (character: string) => (character === "'" ? "'\\''" : `'${character}'`);

/** Byte at which Go's base64 decoder gives up; null when the text is standard, padded base64. */
export function base64ErrorAt(text: string): number | null {
  const clean = text.replace(/[\r\n]/g, "");
  const body = clean.replace(/={0,2}$/, "");
  const bad = body.search(/[^A-Za-z0-9+/]/);
  if (bad >= 0) return bad;
  return clean.length % 4 === 0 && body.length % 4 !== 1 ? null : body.length;
}
