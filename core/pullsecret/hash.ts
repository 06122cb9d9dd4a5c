import { createHmac } from "node:crypto";
import type { Login } from "./types.ts";

/** By reference: a login never changes, and is asked about at every look at the Secret that it was read from. */
const known = new WeakMap<Login, { readonly hashKey: string; readonly hash: string }>();

/**
 * HMAC-SHA256 of a login, lower-case hexadecimal. Keyed, because a plain hash of a weak adopted
 * password could be guessed; username and password are encoded so that no two pairs look alike.
 */
export function keyedHash(hashKey: string, login: Login): string {
  const before = known.get(login);
  if (before?.hashKey === hashKey) return before.hash;
  const hash = createHmac("sha256", hashKey)
    .update(JSON.stringify([login.username, login.password.reveal()]))
    .digest("hex");
  known.set(login, { hashKey, hash });
  return hash;
}
