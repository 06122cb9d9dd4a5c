import type { Secret } from "./secret.ts";

const redacted = "[redacted]";
/** Shorter ones would blacken half of every line. */
const secretCharactersMin = 6;

/**
 * What base64 makes of these bytes wherever they begin in a longer text, such as `user:secret`: for each
 * of the three alignments the characters that depend on nothing else.
 */
function base64Cores(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].map((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes, Buffer.alloc(2)]).toString("base64");
    return whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
}

function urlSafe(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function plainForms(text: string): readonly string[] {
  // A form's encoding differs from a path's: blanks, and a few marks more.
  const inForm = new URLSearchParams([["", text]]).toString().slice(1);
  return [text, inJson(text), inJson(inJson(text)), encodeURIComponent(text), inForm];
}

/** Base64 of the text, and base64 of that again: a pull secret's `auth` inside a Kubernetes Secret's `data`. */
function base64Forms(text: string): readonly string[] {
  const once = [text, inJson(text)].flatMap(base64Cores);
  const all = [...once, ...once.flatMap(base64Cores)];
  return all.flatMap((core) => [core, urlSafe(core), encodeURIComponent(core)]);
}

/** The longest first, so that no rest of a longer form stays behind. */
function alternatives(forms: readonly string[]): string {
  const distinct = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return distinct.map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|");
}

/**
 * A function that puts `[redacted]` in place of these secrets wherever they stand in a text: as they
 * are, JSON-escaped, URL-encoded, in base64 and base64url, alone or inside something longer such as
 * `user:secret`, up to base64 within base64. Secrets under 6 characters are left alone. The last resort
 * of log sinks; what is printed should hold no secret to begin with.
 */
export function createScrubber(secrets: Iterable<Secret>): (text: string) => string {
  const texts = Array.from(secrets, (secret) => secret.reveal().toWellFormed());
  const long = texts.filter((text) => text.length >= secretCharactersMin);
  if (long.length === 0) return (text) => text;
  const base64 = alternatives(long.flatMap(base64Forms));
  // The characters at both edges of base64 still carry some bits of the secret.
  const edge = "[A-Za-z0-9+/_-]?";
  const pattern = `${edge}(?:${base64})${edge}(?:=|%3D){0,2}|${alternatives(long.flatMap(plainForms))}`;
  const expression = new RegExp(pattern, "g");
  return (text) => text.replaceAll(expression, redacted);
}
