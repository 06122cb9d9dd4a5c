import { Secret } from "../../secret.ts";
import { localFailure } from "./failures.ts";
import type { FileVersion, ValueContent } from "./value-content.ts";

/** Grows when an older capstan could no longer read the file. */
const format = 1;

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The fields of a JSON object with a format number. Throws `invalid` naming the file, also for the
 * format of a newer capstan. The parser's own error is not passed on: it quotes the text.
 */
export function parseEnvelope(text: string, operation: string, path: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw localFailure("invalid", operation, `${path}: damaged (no JSON)`, "bad-reply");
  }
  const found = isObject(parsed) ? parsed["format"] : undefined;
  if (!isObject(parsed) || typeof found !== "number") {
    throw localFailure("invalid", operation, `${path}: damaged (no format number)`, "bad-reply");
  }
  if (found > format) {
    throw localFailure(
      "invalid",
      operation,
      `${path}: format ${found} was written by a newer capstan, update this one`,
    );
  }
  return parsed;
}

export function sealEnvelope(fields: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify({ format, ...fields })}\n`;
}

function parseVersion(found: unknown): FileVersion | null {
  if (!isObject(found)) return null;
  const { value, ledgerId, epoch, generation, tokens, createdAtMs } = found;
  if (typeof value !== "string" || typeof ledgerId !== "string") return null;
  if (typeof epoch !== "number" || typeof generation !== "number" || typeof createdAtMs !== "number") return null;
  if (!Array.isArray(tokens) || !tokens.every((token) => typeof token === "string")) return null;
  return { value: new Secret(value), tag: { ledgerId, epoch, generation }, tokens, createdAtMs };
}

/** Throws `invalid` naming the file when anything in it is not as written by `formatContent`. */
export function parseContent(text: string, operation: string, path: string): ValueContent {
  const { current, versions: found } = parseEnvelope(text, operation, path);
  const damaged = localFailure("invalid", operation, `${path}: damaged (unexpected fields)`, "bad-reply");
  if (!isObject(found) || !(current === null || typeof current === "string")) throw damaged;
  const versions: Record<string, FileVersion> = {};
  for (const [versionId, fields] of Object.entries(found)) {
    const version = parseVersion(fields);
    if (version === null) throw damaged;
    versions[versionId] = version;
  }
  if (current !== null && !Object.hasOwn(versions, current)) throw damaged;
  return { current, versions };
}

/** The one place where values become text again; what it answers is encrypted at once. */
export function formatContent(content: ValueContent): string {
  const versions = Object.entries(content.versions).map(([versionId, { value, tag, tokens, createdAtMs }]) => [
    versionId,
    { value: value.reveal(), ...tag, tokens, createdAtMs },
  ]);
  return sealEnvelope({ current: content.current, versions: Object.fromEntries(versions) });
}
