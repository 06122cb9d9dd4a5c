import type { Presented } from "../../ports/trust.ts";
import type { Secret } from "../../secret.ts";

export const nobody: Presented = { issuer: null, subject: null, audience: null };

const claimCharactersMax = 300;

/** A claim that may be printed: text of one line, not for pages. */
function claim(value: unknown): string | null {
  const one: unknown = Array.isArray(value) ? value[0] : value;
  return typeof one === "string" && one.length <= claimCharactersMax && /^[\x21-\x7e]+$/.test(one) ? one : null;
}

/** Issuer, subject and first audience of a JWT (RFC 7519), unverified: told to people, never decided by. */
export function presentedBy(token: Secret): Presented {
  try {
    const text = Buffer.from(token.reveal().split(".")[1] ?? "", "base64url").toString("utf8");
    const { iss, sub, aud } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return { issuer: claim(iss), subject: claim(sub), audience: claim(aud) };
  } catch {
    // The parser's message quotes the token.
    return nobody;
  }
}

/** `issuer …, subject …, audience …`, for messages; empty where nothing is known. */
export function presentedText({ issuer, subject, audience }: Presented): string {
  const known = Object.entries({ issuer, subject, audience }).filter(([, value]) => value !== null);
  return known.length === 0 ? "" : ` (${known.map(([name, value]) => `${name} ${value}`).join(", ")})`;
}
