import { createPublicKey, generateKeyPairSync, type JsonWebKey, randomUUID, sign } from "node:crypto";

export type Claims = Readonly<Record<string, unknown>>;

/** A key as a JWKS publishes it (RFC 7517). */
export type PublishedKey = JsonWebKey & { readonly kid: string; readonly alg: Algorithm; readonly use: "sig" };

type Algorithm = "RS256" | "ES384";

export interface OidcIssuer {
  /** The `iss` of its tokens, to the letter. */
  readonly url: string;
  /** What its `jwks_uri` answers. */
  jwks(): readonly PublishedKey[];
  /** A token signed with the key of that algorithm; `iss`, `iat`, `nbf`, `exp` and `jti` are filled in unless given. */
  issue(claims: Claims, times: { readonly nowMs: number; readonly lifeMs: number }, algorithm?: Algorithm): string;
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function makeKey(algorithm: Algorithm) {
  const { privateKey } =
    algorithm === "RS256"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ec", { namedCurve: "P-384" });
  const kid = randomUUID();
  const published: PublishedKey = {
    ...createPublicKey(privateKey).export({ format: "jwk" }),
    kid,
    alg: algorithm,
    use: "sig",
  };
  return { privateKey, kid, published };
}

/** An OpenID Connect issuer. Its keys are made when they are first needed: most sandboxes never sign with them. */
export function createOidcIssuer(url: string): OidcIssuer {
  const keys = new Map<Algorithm, ReturnType<typeof makeKey>>();
  const keyOf = (algorithm: Algorithm) => {
    const key = keys.get(algorithm) ?? makeKey(algorithm);
    keys.set(algorithm, key);
    return key;
  };
  return {
    url,
    jwks: () => [...keys.values()].map(({ published }) => published),
    issue(claims, { nowMs, lifeMs }, algorithm = "RS256") {
      const { privateKey, kid } = keyOf(algorithm);
      const issuedS = Math.floor(nowMs / 1000);
      const times = { iat: issuedS, nbf: issuedS, exp: issuedS + Math.floor(lifeMs / 1000) };
      const signed = `${encode({ alg: algorithm, kid, typ: "JWT" })}.${encode({ iss: url, ...times, jti: randomUUID(), ...claims })}`;
      const hash = algorithm === "RS256" ? "sha256" : "sha384";
      const signature = sign(hash, Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
      return `${signed}.${signature.toString("base64url")}`;
    },
  };
}
