import { randomUUID } from "node:crypto";
import { audiencesOf } from "../identity/directory.ts";
import type { Claims } from "../identity/issuer.ts";
import type { PartReply, PartRequest } from "../listener.ts";
import type { TenantIdentity } from "./tenant-identity.ts";
import type { Tokens } from "./tokens.ts";

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const see = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation";
const hint = `Check your federated identity credential Subject, Audience and Issuer against the presented assertion. ${see}`;

class EntraRefusal extends Error {
  readonly status: number;
  readonly error: string;
  readonly code: number;

  constructor(status: number, error: string, code: number, message: string) {
    super(`AADSTS${code}: ${message}`);
    this.status = status;
    this.error = error;
    this.code = code;
  }
}

/**
 * Entra's discovery document and token endpoint (`client_credentials` with a client assertion), as far as
 * federated identity credentials go; refusals with the codes of the error reference.
 */
export function answerEntra(request: PartRequest, identity: TenantIdentity, tokens: Tokens, base: string): PartReply {
  const [, tenant = "", ...rest] = request.path.split("/");
  const path = rest.join("/");
  try {
    if (tenant !== identity.tenantId) {
      throw new EntraRefusal(400, "invalid_tenant", 90_002, `Tenant '${tenant}' not found.`);
    }
    if (path === "v2.0/.well-known/openid-configuration") return { status: 200, body: discovery(`${base}/${tenant}`) };
    if (path === "oauth2/v2.0/token" && request.method === "POST") {
      return {
        status: 200,
        body: grant(new URLSearchParams(request.body.toString("utf8")), request, identity, tokens),
      };
    }
    return { status: 404 };
  } catch (error) {
    if (!(error instanceof EntraRefusal)) throw error;
    return refuse(error, request.nowMs);
  }
}

function discovery(base: string): object {
  return {
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
  };
}

function grant(input: URLSearchParams, request: PartRequest, identity: TenantIdentity, tokens: Tokens): object {
  const clientId = input.get("client_id") ?? "";
  if (input.get("grant_type") !== "client_credentials" || input.get("client_assertion_type") !== assertionType) {
    throw new EntraRefusal(400, "invalid_request", 900_144, "The request body must contain 'client_assertion'.");
  }
  const credentials = identity.federated.get(clientId);
  if (credentials === undefined) {
    const why = `Application with identifier '${clientId}' was not found in the directory '${identity.tenantId}'.`;
    throw new EntraRefusal(400, "unauthorized_client", 700_016, why);
  }
  const claims = genuine(input.get("client_assertion") ?? "", request, identity);
  match(claims, credentials);
  const resource = (input.get("scope") ?? "").split(" ")[0]?.replace(/\/\.default$/, "") ?? "";
  const { token, expiresMs } = tokens.issue(resource);
  const seconds = Math.floor((expiresMs - request.nowMs) / 1000);
  return { token_type: "Bearer", expires_in: seconds, ext_expires_in: seconds, access_token: token };
}

/** Entra takes RS256 alone here, and the issuer's keys must be found (workload identity federation considerations). */
function genuine(assertion: string, request: PartRequest, identity: TenantIdentity): Claims {
  const seen = identity.directory.verify(assertion);
  if (seen.verdict === "malformed")
    throw new EntraRefusal(400, "invalid_request", 50_027, "JWT token is invalid or malformed.");
  if (seen.verdict === "unknown-issuer") throw noMatch(700_211, "issuer", String(seen.claims["iss"]));
  if (seen.verdict === "bad-signature" || seen.algorithm !== "RS256") {
    throw new EntraRefusal(
      401,
      "invalid_client",
      700_027,
      "The certificate with identifier used to sign the client assertion is not registered on application.",
    );
  }
  const nowS = request.nowMs / 1000;
  if (!(Number(seen.claims["nbf"]) <= nowS && nowS < Number(seen.claims["exp"]))) {
    throw new EntraRefusal(401, "invalid_client", 700_024, "Client assertion is not within its valid time range.");
  }
  return seen.claims;
}

function match(
  claims: Claims,
  credentials: TenantIdentity["federated"] extends Map<string, infer List> ? List : never,
): void {
  const issuer = String(claims["iss"]);
  const ofIssuer = credentials.filter((one) => one.issuer === issuer);
  if (ofIssuer.length === 0) throw noMatch(700_211, "issuer", issuer);
  const ofSubject = ofIssuer.filter((one) => one.subject === claims["sub"]);
  if (ofSubject.length === 0) throw noMatch(700_213, "subject", String(claims["sub"]));
  const audiences = audiencesOf(claims);
  if (!ofSubject.some((one) => audiences.includes(one.audience)))
    throw noMatch(700_212, "audience", audiences.join(","));
}

function noMatch(code: number, what: string, value: string): EntraRefusal {
  const why = `No matching federated identity record found for presented assertion ${what} '${value}'. ${hint}`;
  return new EntraRefusal(401, "invalid_client", code, why);
}

function refuse({ status, error, code, message }: EntraRefusal, nowMs: number): PartReply {
  const trace = randomUUID();
  const correlation = randomUUID();
  const timestamp = new Date(nowMs)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");
  const said = `${message} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`;
  const body = {
    error,
    error_description: said,
    error_codes: [code],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
  };
  return { status, body };
}
