import { createPublicKey, verify } from "node:crypto";
import type { Claims, OidcIssuer, PublishedKey } from "./issuer.ts";

/** What is said about a token before anybody asks whom it is for. */
export type Verdict =
  | { readonly verdict: "genuine"; readonly claims: Claims; readonly algorithm: string }
  | { readonly verdict: "malformed" }
  | { readonly verdict: "bad-signature"; readonly claims: Claims }
  | { readonly verdict: "unknown-issuer"; readonly claims: Claims };

/**
 * Stands for the discovery documents that issuers publish on the internet: who verifies a token finds the
 * issuer's keys here by its URL. Shared by the clouds of one sandbox.
 */
export class IssuerDirectory {
  readonly #issuers = new Map<string, OidcIssuer>();

  add(issuer: OidcIssuer): void {
    this.#issuers.set(issuer.url, issuer);
  }

  /** Shape and signature; neither audience nor time. */
  verify(token: string): Verdict {
    const [head = "", body = "", signature = "", more] = token.split(".");
    const header = jsonOf(head);
    const claims = jsonOf(body);
    if (more !== undefined || header === null || claims === null || signature === "") return { verdict: "malformed" };
    const issuer = this.#issuers.get(String(claims["iss"]));
    if (issuer === undefined) return { verdict: "unknown-issuer", claims };
    const key = issuer.jwks().find(({ kid, alg }) => kid === header["kid"] && alg === header["alg"]);
    if (key === undefined || !isSigned(key, `${head}.${body}`, signature)) return { verdict: "bad-signature", claims };
    return { verdict: "genuine", claims, algorithm: key.alg };
  }
}

function isSigned(key: PublishedKey, text: string, signature: string): boolean {
  const hash = key.alg === "RS256" ? "sha256" : "sha384";
  const publicKey = createPublicKey({ key, format: "jwk" });
  return verify(
    hash,
    Buffer.from(text),
    { key: publicKey, dsaEncoding: "ieee-p1363" },
    Buffer.from(signature, "base64url"),
  );
}

function jsonOf(part: string): Claims | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Claims) : null;
  } catch {
    return null;
  }
}

/** `aud` is a text or a list of them (RFC 7519). */
export function audiencesOf(claims: Claims): readonly string[] {
  const { aud } = claims as { readonly aud?: unknown };
  return (Array.isArray(aud) ? aud : [aud]).filter((one): one is string => typeof one === "string");
}
