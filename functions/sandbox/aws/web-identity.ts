import { audiencesOf } from "../identity/directory.ts";
import type { Claims } from "../identity/issuer.ts";
import type { AccountIdentity, TrustStatement } from "./account-identity.ts";
import { AwsRefusal } from "./replies.ts";

export const google = "https://accounts.google.com";

/**
 * Claims of a web identity token that this account takes. Throws `AwsRefusal` in the words of STS: no provider
 * for the issuer, an audience that the provider does not list, a signature or a time that is wrong. Google
 * is known without a provider of the account's own (IAM user guide, "Google").
 */
export function acceptToken(identity: AccountIdentity, token: string, nowMs: number): Claims {
  const seen = identity.directory.verify(token);
  if (seen.verdict === "malformed") {
    throw new AwsRefusal(
      "InvalidIdentityToken",
      "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
    );
  }
  const { claims } = seen;
  const issuer = String(claims["iss"]);
  const clientIds = identity.providers.get(issuer);
  if (clientIds === undefined && issuer !== google) {
    throw new AwsRefusal("InvalidIdentityToken", `No OpenIDConnect provider found in your account for ${issuer}`);
  }
  if (seen.verdict === "bad-signature") {
    throw new AwsRefusal(
      "InvalidIdentityToken",
      "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
    );
  }
  if (seen.verdict === "unknown-issuer") {
    throw new AwsRefusal("IDPCommunicationError", "Failed to communicate with the identity provider");
  }
  const nowS = Math.floor(nowMs / 1000);
  const endS = Number(claims["exp"]);
  if (!(nowS < endS)) {
    const why = `Token expired: current date/time ${nowS} must be before the expiration date/time ${endS}`;
    throw new AwsRefusal("ExpiredTokenException", why);
  }
  if (clientIds !== undefined && !audiencesOf(claims).some((audience) => clientIds.includes(audience))) {
    throw new AwsRefusal("InvalidIdentityToken", "Incorrect token audience");
  }
  return claims;
}

/** A role that is absent is refused with the same words as one whose policy does not match. */
export function checkTrust(identity: AccountIdentity, roleArn: string, claims: Claims): void {
  const statements = identity.roles.get(roleArn) ?? [];
  if (statements.some((statement) => allows(identity, statement, claims))) return;
  throw new AwsRefusal("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", {}, 403);
}

function allows(identity: AccountIdentity, statement: TrustStatement, claims: Claims): boolean {
  const issuer = String(claims["iss"]);
  const host = issuer.replace(/^https:\/\//, "");
  const expected = issuer === google ? "accounts.google.com" : identity.providerArn(issuer);
  if (statement.federated !== expected) return false;
  const context = contextOf(host, issuer, claims);
  return Object.entries(statement.equals).every(([key, value]) => (context[key] ?? []).includes(value));
}

/** Condition keys. Of a Google token with `azp`, `aud` is that, and the audience is `oaud` (IAM reference, "Available keys for AWS OIDC federation"). */
function contextOf(host: string, issuer: string, claims: Claims): Readonly<Record<string, readonly string[]>> {
  const audiences = audiencesOf(claims);
  const sub = [String(claims["sub"])];
  if (issuer !== google) return { [`${host}:aud`]: audiences, [`${host}:sub`]: sub };
  const azp = claims["azp"] === undefined ? audiences : [String(claims["azp"])];
  return { [`${host}:aud`]: azp, [`${host}:oaud`]: audiences, [`${host}:sub`]: sub };
}
