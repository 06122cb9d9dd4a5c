import { audiencesOf } from "../identity/directory.ts";
import type { PartReply, PartRequest } from "../listener.ts";
import type { AccessTokens } from "./access-tokens.ts";
import type { PoolProvider, ProjectIdentity } from "./project-identity.ts";

const grantType = "urn:ietf:params:oauth:grant-type:token-exchange";
const jwtTypes = ["urn:ietf:params:oauth:token-type:jwt", "urn:ietf:params:oauth:token-type:id_token"];
const awsType = "urn:ietf:params:aws:token-type:aws4_request";
const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";

class ExchangeRefusal extends Error {
  readonly error: string;

  constructor(error: string, description: string) {
    super(description);
    this.error = error;
  }
}

const grantRefusal = (why: string) => new ExchangeRefusal("invalid_grant", why);

/**
 * `POST /v1/token` of Google's Security Token Service (RFC 8693) for workload identity pools. The tokens that it
 * gives stand for a principal of the pool and open nothing but service accounts that let it in. Descriptions
 * of refusals are as users report them; that of a wrong AWS account is not recorded anywhere we know of.
 */
export function exchangeToken(request: PartRequest, identity: ProjectIdentity, tokens: AccessTokens): PartReply {
  try {
    const input = new URLSearchParams(request.body.toString("utf8"));
    return { status: 200, body: exchange(input, request, identity, tokens) };
  } catch (error) {
    if (!(error instanceof ExchangeRefusal)) throw error;
    return { status: 400, body: { error: error.error, error_description: error.message } };
  }
}

function exchange(
  input: URLSearchParams,
  request: PartRequest,
  identity: ProjectIdentity,
  tokens: AccessTokens,
): object {
  if (input.get("grant_type") !== grantType || input.get("requested_token_type") !== accessTokenType) {
    throw new ExchangeRefusal("invalid_request", 'Invalid value for "grant_type".');
  }
  const audience = input.get("audience") ?? "";
  const name = /^\/\/iam\.googleapis\.com\/(projects\/.+\/providers\/.+)$/.exec(audience)?.[1];
  if (name === undefined) {
    throw new ExchangeRefusal(
      "invalid_request",
      'Invalid value for "audience". This value should be the full resource name of the Identity Provider. See https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for the list of possible formats.',
    );
  }
  const provider = identity.providers.get(name);
  if (provider === undefined) {
    throw new ExchangeRefusal(
      "invalid_target",
      'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.',
    );
  }
  const token = input.get("subject_token") ?? "";
  const type = input.get("subject_token_type") ?? "";
  const members =
    provider.kind === "aws"
      ? awsMembers(token, type, audience, provider, identity)
      : oidcMembers(token, type, name, provider, request, identity);
  const pool = name.replace(/\/providers\/.*$/, "");
  const access = tokens.issueFor(
    members.map((member) => member.replace("{pool}", pool)),
    request.nowMs,
  );
  return { access_token: access, issued_token_type: accessTokenType, token_type: "Bearer", expires_in: 3_600 };
}

type Of<Kind extends PoolProvider["kind"]> = Extract<PoolProvider, { kind: Kind }>;

/** The signed request goes on to AWS; whoever AWS says it is has come. */
function awsMembers(token: string, type: string, audience: string, provider: Of<"aws">, identity: ProjectIdentity) {
  if (type !== awsType) throw new ExchangeRefusal("invalid_request", 'Invalid value for "subject_token_type".');
  const { url, method, headers } = signedRequest(token);
  const target = new URL(url);
  const host = /^sts\.[a-z0-9-]+\.amazonaws\.com$/.test(target.host);
  const isCaller = target.searchParams.get("Action") === "GetCallerIdentity";
  if (target.protocol !== "https:" || !host || !isCaller || method !== "POST") {
    throw grantRefusal("Invalid AWS request URL.");
  }
  if (headers["x-goog-cloud-target-resource"] !== audience) {
    throw grantRefusal("The value of the x-goog-cloud-target-resource header does not match the audience.");
  }
  const request = { method, target: `/${target.search}`, query: target.searchParams, headers, body: Buffer.alloc(0) };
  const arn = identity.awsCallerOf(request);
  if (arn === null) throw grantRefusal("Received invalid AWS response of type SignatureDoesNotMatch.");
  const account = arn.split(":")[4];
  if (account !== provider.accountId)
    throw grantRefusal(`The AWS account ${account} does not match the expected account.`);
  checkCondition(provider, arn);
  const role = /^(arn:[^/]+:assumed-role\/[^/]+)\//.exec(arn)?.[1] ?? arn;
  return [
    `principal://iam.googleapis.com/{pool}/subject/${arn}`,
    `principalSet://iam.googleapis.com/{pool}/attribute.aws_role/${role}`,
  ];
}

function signedRequest(token: string) {
  const wanted = JSON.parse(decodeURIComponent(token)) as {
    readonly url: string;
    readonly method: string;
    readonly headers: readonly { readonly key: string; readonly value: string }[];
  };
  const headers = Object.fromEntries(wanted.headers.map(({ key, value }) => [key.toLowerCase(), value]));
  return { ...wanted, headers: { host: new URL(wanted.url).host, ...headers } as Readonly<Record<string, string>> };
}

function oidcMembers(
  token: string,
  type: string,
  name: string,
  provider: Of<"oidc">,
  request: PartRequest,
  identity: ProjectIdentity,
) {
  if (!jwtTypes.includes(type)) throw new ExchangeRefusal("invalid_request", 'Invalid value for "subject_token_type".');
  const seen = identity.directory.verify(token);
  if (seen.verdict === "malformed") throw new ExchangeRefusal("invalid_request", "The given JWT is malformed.");
  const { claims } = seen;
  const issuer = String(claims["iss"]);
  if (issuer !== provider.issuerUri) {
    throw grantRefusal(`The issuer in ID Token ${issuer} does not match the expected ones: ${provider.issuerUri}`);
  }
  if (seen.verdict === "unknown-issuer") throw grantRefusal("Error connecting to the given credential's issuer.");
  if (seen.verdict === "bad-signature") throw grantRefusal("Failed to verify the signature of the given credential.");
  const nowS = request.nowMs / 1000;
  if (!(nowS < Number(claims["exp"]))) throw grantRefusal(`ID Token issued at ${claims["iat"]} is stale to sign-in.`);
  const allowed =
    provider.allowedAudiences.length > 0 ? provider.allowedAudiences : [`https://iam.googleapis.com/${name}`];
  const audiences = audiencesOf(claims);
  if (!audiences.some((audience) => allowed.includes(audience))) {
    throw grantRefusal(`The audience in ID Token [${audiences.join(", ")}] does not match the expected audience.`);
  }
  checkCondition(provider, String(claims["sub"]));
  return [`principal://iam.googleapis.com/{pool}/subject/${claims["sub"]}`];
}

function checkCondition(provider: PoolProvider, subject: string): void {
  if (provider.condition?.(subject) ?? true) return;
  throw new ExchangeRefusal("unauthorized_client", "The given credential is rejected by the attribute condition.");
}
