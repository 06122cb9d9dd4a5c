import type { PartReply, PartRequest } from "../listener.ts";
import type { AccountIdentity } from "./account-identity.ts";
import { AwsRefusal } from "./replies.ts";
import { accessKeyIdOf, checkSignature, type KnownKey } from "./signature.ts";
import { acceptToken, checkTrust } from "./web-identity.ts";

const namespace = "https://sts.amazonaws.com/doc/2011-06-15/";
const sessionSecondsDefault = 3_600;
const tokenSecondsDefault = 300;

export const stsActions = ["AssumeRoleWithWebIdentity", "GetCallerIdentity", "GetWebIdentityToken"] as const;

export function isSts(request: PartRequest): boolean {
  return String(request.headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
}

export function stsAction(request: PartRequest): string {
  return new URLSearchParams(request.body.toString("utf8")).get("Action") ?? request.query.get("Action") ?? "";
}

/** What STS says of a signature that is none; other services have other names for it. */
const signatureCodes: Readonly<Record<string, string>> = {
  UnrecognizedClientException: "InvalidClientTokenId",
  InvalidSignatureException: "SignatureDoesNotMatch",
  MissingAuthenticationTokenException: "MissingAuthenticationToken",
};

/**
 * STS of one account (query protocol, API 2011-06-15) as far as web identities go: tokens out, roles for
 * tokens of others, and who is calling. Permissions of the caller are not looked at.
 */
export function answerSts(
  request: PartRequest,
  requestId: string,
  identity: AccountIdentity,
  known: KnownKey,
): PartReply {
  const input = new URLSearchParams(request.body.toString("utf8"));
  try {
    const action = stsAction(request);
    const body = operate(action, input, request, identity, known);
    const meta = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
    const text = `<${action}Response xmlns="${namespace}"><${action}Result>${body}</${action}Result>${meta}</${action}Response>`;
    return xml(200, requestId, text);
  } catch (error) {
    if (!(error instanceof AwsRefusal)) throw error;
    const code = signatureCodes[error.code] ?? error.code;
    const status = signatureCodes[error.code] === undefined ? error.status : 403;
    const inner = `<Type>Sender</Type><Code>${code}</Code><Message>${xmlText(error.message)}</Message>`;
    const text = `<ErrorResponse xmlns="${namespace}"><Error>${inner}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
    return xml(status, requestId, text);
  }
}

function operate(
  action: string,
  input: URLSearchParams,
  request: PartRequest,
  identity: AccountIdentity,
  known: KnownKey,
): string {
  switch (action) {
    case "AssumeRoleWithWebIdentity":
      return assumeRole(input, request, identity);
    case "GetCallerIdentity":
      return `<Arn>${callerOf(request, identity, known).arn}</Arn><UserId>AROASANDBOX:function</UserId><Account>${identity.account}</Account>`;
    case "GetWebIdentityToken":
      return webIdentityToken(input, request, identity, known);
    default:
      throw new AwsRefusal("InvalidAction", `Could not find operation ${action} for version 2011-06-15`);
  }
}

function callerOf(request: PartRequest, identity: AccountIdentity, known: KnownKey) {
  checkSignature(request, "sts", sessionKey(request, identity, known));
  const caller = identity.callerOf(accessKeyIdOf(request), known);
  if (caller === null)
    throw new AwsRefusal("UnrecognizedClientException", "The security token included in the request is invalid");
  return caller;
}

/** The key that a request must be signed with: of a session, its token and end checked; else the account's own. */
export function sessionKey(request: PartRequest, identity: AccountIdentity, known: KnownKey): KnownKey {
  const accessKeyId = accessKeyIdOf(request);
  const session = identity.session(accessKeyId);
  if (session === undefined) return known;
  if (request.headers["x-amz-security-token"] !== session.sessionToken) {
    throw new AwsRefusal("UnrecognizedClientException", "The security token included in the request is invalid");
  }
  if (session.endsMs <= request.nowMs) {
    throw new AwsRefusal("ExpiredTokenException", "The security token included in the request is expired");
  }
  return { accessKeyId, secretAccessKey: session.secretAccessKey, region: known.region };
}

function assumeRole(input: URLSearchParams, request: PartRequest, identity: AccountIdentity): string {
  const roleArn = required(input, "RoleArn");
  const name = required(input, "RoleSessionName");
  const claims = acceptToken(identity, required(input, "WebIdentityToken"), request.nowMs);
  checkTrust(identity, roleArn, claims);
  const seconds = Number(input.get("DurationSeconds") ?? sessionSecondsDefault);
  const session = identity.open(roleArn, name, request.nowMs + seconds * 1000);
  const keys = [
    `<AccessKeyId>${session.accessKeyId}</AccessKeyId>`,
    `<SecretAccessKey>${session.secretAccessKey}</SecretAccessKey>`,
    `<SessionToken>${session.sessionToken}</SessionToken>`,
    `<Expiration>${new Date(session.endsMs).toISOString()}</Expiration>`,
  ].join("");
  const user = `<AssumedRoleUser><Arn>${session.arn}</Arn><AssumedRoleId>AROASANDBOX:${name}</AssumedRoleId></AssumedRoleUser>`;
  return `<Credentials>${keys}</Credentials>${user}<SubjectFromWebIdentityToken>${xmlText(String(claims["sub"]))}</SubjectFromWebIdentityToken>`;
}

function webIdentityToken(
  input: URLSearchParams,
  request: PartRequest,
  identity: AccountIdentity,
  known: KnownKey,
): string {
  const caller = callerOf(request, identity, known);
  if (!identity.isOutboundEnabled) {
    const why = "Outbound web identity federation is not enabled for this account.";
    throw new AwsRefusal("OutboundWebIdentityFederationDisabledException", why, {}, 403);
  }
  const algorithm = required(input, "SigningAlgorithm");
  if (algorithm !== "RS256" && algorithm !== "ES384") {
    throw new AwsRefusal("ValidationError", "SigningAlgorithm must be one of RS256, ES384");
  }
  const audiences = [...input].filter(([key]) => key.startsWith("Audience.member.")).map(([, value]) => value);
  if (audiences.length === 0) throw new AwsRefusal("ValidationError", "Audience must have at least one member");
  const seconds = Number(input.get("DurationSeconds") ?? tokenSecondsDefault);
  if (!(seconds >= 60 && seconds <= 3_600))
    throw new AwsRefusal("ValidationError", "DurationSeconds must be 60 to 3600");
  const claims = {
    aud: audiences.length === 1 ? audiences[0] : audiences,
    sub: caller.roleArn,
    "https://sts.amazonaws.com/": { aws_account: identity.account, principal_id: caller.roleArn },
  };
  const lifeMs = seconds * 1000;
  const token = identity.issuer.issue(claims, { nowMs: request.nowMs, lifeMs }, algorithm);
  const end = new Date(request.nowMs + lifeMs).toISOString();
  return `<WebIdentityToken>${token}</WebIdentityToken><Expiration>${end}</Expiration>`;
}

function required(input: URLSearchParams, name: string): string {
  const value = input.get(name);
  if (value !== null && value !== "") return value;
  throw new AwsRefusal(
    "ValidationError",
    `1 validation error detected: Value null at '${name}' failed to satisfy constraint: Member must not be null`,
  );
}

function xml(status: number, requestId: string, body: string): PartReply {
  return { status, headers: { "content-type": "text/xml", "x-amzn-requestid": requestId }, body };
}

function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
