import { createHmac, randomUUID, timingSafeEqual } from "node:crypto";

export const vaultResource = "https://vault.azure.net";
export const storageResource = "https://storage.azure.com";
export const tenantId = "6f1c2b7a-4d3e-4f10-8a5b-1c2d3e4f5a6b";

const tokenLifeMs = 3_600_000;

export type TokenVerdict = "good" | "missing" | "unknown" | "expired" | "wrong-audience";

/**
 * Bearer tokens of one tenant. Opaque to everybody but this class; signed rather than remembered, so
 * that a token outlives a restart of the sandbox as it outlives one of Key Vault (the SDKs keep tokens
 * for the life of their process).
 */
export class Tokens {
  readonly #key: string;
  readonly #nowMs: () => number;

  constructor(key: string, nowMs: () => number) {
    this.#key = key;
    this.#nowMs = nowMs;
  }

  issue(resource: string, lifeMs = tokenLifeMs): { readonly token: string; readonly expiresMs: number } {
    const expiresMs = this.#nowMs() + lifeMs;
    const claims = { aud: bare(resource), exp: expiresMs, jti: randomUUID() };
    const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
    return { token: `${payload}.${this.#sign(payload)}`, expiresMs };
  }

  verify(authorization: string | undefined, resource: string): TokenVerdict {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return "missing";
    const [payload = "", signature = ""] = token.split(".");
    const expected = Buffer.from(this.#sign(payload));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return "unknown";
    const { aud, exp } = JSON.parse(Buffer.from(payload, "base64url").toString()) as { aud: string; exp: number };
    if (aud !== resource) return "wrong-audience";
    return exp > this.#nowMs() ? "good" : "expired";
  }

  #sign(payload: string): string {
    return createHmac("sha256", this.#key).update(payload).digest("base64url");
  }
}

function bare(resource: string): string {
  return resource.replace(/\/+$/, "");
}
