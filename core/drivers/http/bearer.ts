/** What can stand in a header (RFC 6750, b64token). */
export function isBearer(token: unknown): token is string {
  return typeof token === "string" && /^[\x21-\x7e]+$/.test(token);
}
