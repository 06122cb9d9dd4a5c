import type { PartReply, PartRequest } from "../listener.ts";
import type { AccessTokens } from "./access-tokens.ts";
import type { ProjectIdentity } from "./project-identity.ts";
import { GcpRefusal, invalidArgument } from "./refusal.ts";

const pattern = /^\/v1\/projects\/-\/serviceAccounts\/([^/:]+):generateAccessToken$/;
const lifeSecondsMax = 3_600;

export function isImpersonation(request: Pick<PartRequest, "path">): boolean {
  return pattern.test(request.path);
}

/**
 * `generateAccessToken` of IAM Credentials. An account that is absent is refused with the words for a right that
 * is missing; the policy is the list of Workload Identity Users.
 */
export function generateAccessToken(request: PartRequest, identity: ProjectIdentity, tokens: AccessTokens): PartReply {
  const email = pattern.exec(request.path)?.[1] ?? "";
  const members = tokens.membersOf(request);
  const allowed = identity.users.get(email) ?? [];
  if (!members.some((member) => allowed.includes(member))) {
    const why = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).";
    throw new GcpRefusal("PERMISSION_DENIED", why);
  }
  const { lifetime = "3600s" } = JSON.parse(request.body.toString("utf8")) as { readonly lifetime?: string };
  const seconds = Number(/^(\d+)s$/.exec(lifetime)?.[1]);
  if (!(seconds > 0 && seconds <= lifeSecondsMax)) throw invalidArgument("Request contains an invalid argument.");
  const expireTime = new Date(request.nowMs + seconds * 1000).toISOString();
  return { status: 200, body: { accessToken: tokens.issue(request.nowMs, seconds * 1000), expireTime } };
}
