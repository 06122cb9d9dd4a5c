import { createHash, timingSafeEqual } from "node:crypto";
import type { PartReply, PartRequest } from "../listener.ts";
import type { TenantIdentity } from "./tenant-identity.ts";
import type { Tokens } from "./tokens.ts";

const apiVersion = "2019-08-01";
const systemClientId = "5a6b1f0e-0c3d-4b60-9d6c-2f1f3f5f7a10";

function refuse(status: number, message: string): PartReply {
  return { status, body: { statusCode: status, message } };
}

function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * The managed identity endpoint that App Service and Functions give their apps through
 * IDENTITY_ENDPOINT: `expires_on` is a string of Unix seconds, the header proves that no forged
 * request from inside the app reached it. Of an application it gives tokens that others can verify, of Azure's
 * own resources opaque ones.
 */
export function answerIdentity(
  request: PartRequest,
  tokens: Tokens,
  identity: TenantIdentity,
  identityHeader: string,
): PartReply {
  if (request.method !== "GET") return refuse(405, "method not allowed");
  const header = request.headers["x-identity-header"];
  if (typeof header !== "string" || !sameText(header, identityHeader)) return refuse(401, "bad X-IDENTITY-HEADER");
  if (request.query.get("api-version") !== apiVersion) return refuse(400, `api-version must be ${apiVersion}`);
  const resource = request.query.get("resource");
  if (resource === null || resource === "") return refuse(400, "resource is missing");
  const isApplication = resource.startsWith("api://");
  if (isApplication && !identity.applications.has(resource)) {
    const why = `AADSTS500011: The resource principal named ${resource} was not found in the tenant.`;
    return refuse(400, why);
  }
  const { token, expiresMs } = isApplication ? identity.issueFor(resource, request.nowMs) : tokens.issue(resource);
  return {
    status: 200,
    body: {
      access_token: token,
      client_id: request.query.get("client_id") ?? systemClientId,
      expires_on: String(Math.floor(expiresMs / 1000)),
      not_before: String(Math.floor(request.nowMs / 1000)),
      resource,
      token_type: "Bearer",
    },
  };
}
