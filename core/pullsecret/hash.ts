import { createHmac } from "node:crypto";
import type { Login } from "./types.ts";

/**
 * HMAC-SHA256 of a login, lower-case hexadecimal. Keyed, because a plain hash of a weak adopted
 * password could be guessed; username and password are encoded so that no two pairs look alike.
 */
export function keyedHash(hashKey: string, login: Login): string {
  return createHmac("sha256", hashKey)
    .update(JSON.stringify([login.username, login.password.reveal()]))
    .digest("hex");
}
