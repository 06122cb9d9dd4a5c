import { Secret } from "../secret.ts";
import type { JsonNode } from "./json-tree.ts";
import { MalformedPullSecretError } from "./malformed.ts";
import type { Login } from "./types.ts";

const entryFields = new Set(["username", "password", "email", "auth"]);

/**
 * One entry of `auths` as kubelet decodes it (pulls.md §1.3): field names in any case, the last of
 * doubled fields wins, null leaves a field as it was, a non-empty `auth` beats the other two, the rest
 * (`identitytoken` …) is not looked at. Null: no username, that is an anonymous try.
 */
export function readEntry(key: string, node: JsonNode): Login | null {
  if (node.kind === "null") return null;
  if (node.kind !== "object") throw new MalformedPullSecretError(key, "is no JSON object");
  const fields = new Map<string, string>();
  for (const [name, value] of node.members) {
    const field = foldName(name);
    if (!entryFields.has(field) || value.kind === "null") continue;
    if (value.kind !== "string") throw new MalformedPullSecretError(key, `${field} is no text`);
    fields.set(field, value.text);
  }
  const auth = fields.get("auth") ?? "";
  const [username, password] =
    auth === "" ? [fields.get("username") ?? "", fields.get("password") ?? ""] : decodeAuth(key, auth);
  return username === "" ? null : { username, password: new Secret(password) };
}

/** Equal where Go's decoder takes two field names for the same: case does not count, nor do the two letters that fold to ASCII. */
export function foldName(name: string): string {
  return name
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replaceAll("\u017f", "s")
    .replaceAll("\u212a", "k");
}

/** base64 of `username:password`, padded or not; only line breaks are tolerated inside. */
function decodeAuth(key: string, auth: string): [string, string] {
  const text = auth.replace(/[\r\n]/g, "");
  const padded = text.endsWith("=");
  const digits = padded ? text.slice(0, text.endsWith("==") ? -2 : -1) : text;
  const whole = padded ? text.length % 4 === 0 : text.length % 4 !== 1;
  if (!whole || !/^[A-Za-z0-9+/]*$/.test(digits)) throw new MalformedPullSecretError(key, "auth is no valid base64");
  const decoded = Buffer.from(digits, "base64").toString("utf8");
  const colon = decoded.indexOf(":");
  if (colon < 0) throw new MalformedPullSecretError(key, "auth holds no colon between username and password");
  return [decoded.slice(0, colon), decoded.slice(colon + 1)];
}
