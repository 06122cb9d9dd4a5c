import { createHash, generateKeyPair, type KeyObject, randomBytes, sign, verify } from "node:crypto";
import { promisify } from "node:util";
import type { TokenAccess } from "./context.ts";

const audience = "harbor-registry";
const issuer = "harbor-token-issuer";
/** Tokens whose signature was found good: a pull shows the same one five times. */
const verifiedMax = 1_000;
/** On Node's thread pool: a signature takes longer than all else that a pull costs this process. */
const signed = promisify(sign) as (algorithm: string, data: Buffer, key: KeyObject) => Promise<Buffer>;

interface IssuedToken {
  readonly token: string;
  /** Whole seconds, as the token service's reply has it. */
  readonly expiresInS: number;
  readonly issuedAtMs: number;
}

export interface TokenIssuer {
  /** Of tokens issued now. */
  lifetimeMs(): number;
  readonly leewayMs: number;
  issue(subject: string | null, access: readonly TokenAccess[] | null, nowMs: number): Promise<IssuedToken>;
  /** Null: not ours, altered, or out of its time by more than the leeway. */
  check(
    token: string,
    nowMs: number,
  ): { readonly subject: string | null; readonly access: readonly TokenAccess[]; readonly issuedAtMs: number } | null;
}

interface Claims {
  readonly sub?: string;
  /** Seconds since the epoch, as are the two below. */
  readonly exp: number;
  readonly nbf: number;
  readonly iat: number;
  readonly access: readonly TokenAccess[] | null;
}

/** Key id as libtrust writes it: base32 of the first 240 bits of the key's SHA-256, in twelve groups of four. */
function keyId(publicKey: KeyObject): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const digest = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest()
    .subarray(0, 30);
  let bits = "";
  for (const byte of digest) bits += byte.toString(2).padStart(8, "0");
  const text = (bits.match(/.{5}/g) ?? []).map((five) => alphabet[Number.parseInt(five, 2)] ?? "").join("");
  return (text.match(/.{4}/g) ?? []).join(":");
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/**
 * RS256 tokens with the recorded claims (harbor.md §2.2). Harbor's lifetime is whole minutes; a
 * shorter one, for tests, puts fractions of a second into `iat` and `exp` and is honoured exactly.
 */
export async function createTokenIssuer(lifetime: () => number, leewayMs: number): Promise<TokenIssuer> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
  const header = encode({ alg: "RS256", kid: keyId(publicKey), typ: "JWT" });
  const verified = new Map<string, Claims>();
  return {
    lifetimeMs: lifetime,
    leewayMs,
    async issue(subject, access, nowMs) {
      const lifetimeMs = lifetime();
      const issuedAtMs = lifetimeMs < 60_000 ? nowMs : Math.floor(nowMs / 1000) * 1000;
      const claims = {
        iss: issuer,
        ...(subject === null ? {} : { sub: subject }),
        aud: audience,
        exp: (issuedAtMs + lifetimeMs) / 1000,
        nbf: issuedAtMs / 1000,
        iat: issuedAtMs / 1000,
        jti: randomBytes(12).toString("base64url"),
        access,
      };
      const text = `${header}.${encode(claims)}`;
      const signature = (await signed("sha256", Buffer.from(text), privateKey)).toString("base64url");
      return { token: `${text}.${signature}`, expiresInS: Math.max(1, Math.ceil(lifetimeMs / 1000)), issuedAtMs };
    },
    check(token, nowMs) {
      const claims = verified.get(token) ?? verifiedClaims(token, publicKey);
      if (claims === null) return null;
      verified.set(token, claims);
      const [oldest] = verified.keys();
      if (verified.size > verifiedMax && oldest !== undefined) verified.delete(oldest);
      if (nowMs > claims.exp * 1000 + leewayMs || nowMs < claims.nbf * 1000 - leewayMs) return null;
      return { subject: claims.sub ?? null, access: claims.access ?? [], issuedAtMs: claims.iat * 1000 };
    },
  };
}

function verifiedClaims(token: string, publicKey: KeyObject): Claims | null {
  const [head, body, signature, more] = token.split(".");
  if (head === undefined || body === undefined || signature === undefined || more !== undefined) return null;
  if (!verify("sha256", Buffer.from(`${head}.${body}`), publicKey, Buffer.from(signature, "base64url"))) return null;
  // Signed by us, so the shape is ours.
  return JSON.parse(Buffer.from(body, "base64url").toString()) as Claims;
}
