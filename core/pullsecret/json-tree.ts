import { MalformedPullSecretError } from "./malformed.ts";

/** A JSON value that remembers its own text, doubled members and their order, which `JSON.parse` forgets. */
export type JsonNode =
  | { readonly kind: "object"; readonly members: readonly (readonly [string, JsonNode])[]; readonly raw: string }
  | { readonly kind: "string"; readonly text: string; readonly raw: string }
  | { readonly kind: "null" | "array" | "number" | "boolean"; readonly raw: string };

interface Open {
  readonly kind: "object" | "array";
  readonly start: number;
  readonly members: [string, JsonNode][];
  key: string | null;
}

/** Go's decoder gives up here (`encoding/json`, exceeded max depth). */
const depthMax = 10_000;
const token = /[ \t\r\n]*([{}[\],:]|"[^"\\]*(?:\\.[^"\\]*)*"|[^ \t\r\n{}[\],:"]+)/y;

/** Throws `MalformedPullSecretError` for what is no JSON text. Grammar is left to `JSON.parse`; here only the shape is kept. */
export function parseJsonTree(text: string): JsonNode {
  try {
    JSON.parse(text);
  } catch {
    throw new MalformedPullSecretError(null, "no valid JSON");
  }
  const open: Open[] = [];
  token.lastIndex = 0;
  for (;;) {
    const found = token.exec(text);
    const word = found?.[1];
    if (word === undefined) throw new MalformedPullSecretError(null, "no valid JSON");
    const end = token.lastIndex;
    if (word === "," || word === ":") continue;
    if (word === "{" || word === "[") {
      open.push({ kind: word === "{" ? "object" : "array", start: end - 1, members: [], key: null });
      if (open.length > depthMax) throw new MalformedPullSecretError(null, "nested too deeply");
      continue;
    }
    const around = open.at(-1);
    if (around?.kind === "object" && around.key === null && word !== "}") {
      around.key = decodeString(word);
      continue;
    }
    const node = word === "}" || word === "]" ? close(open, text, end) : leaf(word);
    const parent = open.at(-1);
    if (parent === undefined) return node;
    if (parent.kind === "object") parent.members.push([parent.key ?? "", node]);
    parent.key = null;
  }
}

function close(open: Open[], text: string, end: number): JsonNode {
  const closed = open.pop();
  if (closed === undefined) throw new MalformedPullSecretError(null, "no valid JSON");
  const raw = text.slice(closed.start, end);
  return closed.kind === "object" ? { kind: "object", members: closed.members, raw } : { kind: "array", raw };
}

function leaf(word: string): JsonNode {
  if (word.startsWith('"')) return { kind: "string", text: decodeString(word), raw: word };
  if (word === "null") return { kind: "null", raw: word };
  return { kind: word === "true" || word === "false" ? "boolean" : "number", raw: word };
}

/** Half a surrogate pair becomes U+FFFD, as Go does it. */
function decodeString(word: string): string {
  return String(JSON.parse(word)).toWellFormed();
}
