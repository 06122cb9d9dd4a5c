import type { PartReply } from "../listener.ts";
import { callerName, can } from "./authorization.ts";
import type { HarborCall } from "./context.ts";
import { errorBody, Refusal } from "./refusal.ts";
import { type ProjectRow, projectNamed } from "./state.ts";

export const registryHeaders = { "docker-distribution-api-version": "registry/2.0" } as const;

/** A 401 of `/v2`, the message doubled as Harbor does (harbor.md §2.3). There is no 403 here. */
export function registryUnauthorized(message: string, challenge: string): Refusal {
  return new Refusal({
    status: 401,
    headers: {
      "content-type": "application/json; charset=utf-8",
      ...registryHeaders,
      "www-authenticate": challenge,
    },
    body: errorBody("UNAUTHORIZED", `${message}: ${message}`),
  });
}

/** Basic where an Authorization header came, else Bearer with the scope wanted (harbor.md §10.32). */
export function challengeOf({ context, request }: HarborCall, scope: string | null): string {
  if (request.headers.authorization !== undefined) return 'Basic realm="harbor"';
  const scheme = new URL(context.externalUrl).protocol;
  const realm = `${scheme}//${request.headers.host ?? new URL(context.externalUrl).host}/service/token`;
  return `Bearer realm="${realm}",service="harbor-registry"${scope === null ? "" : `,scope="${scope}"`}`;
}

/** Remembers that `/v2` accepted this robot now: what is measured as its exposure. */
function noteAccepted({ context, caller }: HarborCall): void {
  if (caller.type !== "robot" && caller.type !== "token") return;
  const name = callerName(context.state, caller);
  if (name !== "anonymous") context.state.lastAcceptedMs.set(name, context.nowMs());
}

/** `GET /v2/`: 200 for every valid login, 401 for none or a wrong one (harbor.md §10.31). */
export function pingRegistry(call: HarborCall): PartReply {
  const { caller } = call;
  if (caller.type === "anonymous" || (caller.type === "token" && caller.subject === null))
    throw registryUnauthorized("unauthorized", challengeOf(call, null));
  noteAccepted(call);
  return {
    status: 200,
    headers: { "content-type": "application/json; charset=utf-8", ...registryHeaders },
    body: "{}",
  };
}

/** The project, once the caller may do this to this repository; the order of the checks is Harbor's. */
export function requireRepositoryAccess(
  call: HarborCall,
  repository: string,
  action: "pull" | "push" | "delete",
): ProjectRow {
  const { context, request, caller } = call;
  const scope = `repository:${repository}:${action === "push" ? "pull,push" : action}`;
  const reads = request.method === "GET" || request.method === "HEAD";
  if (reads && request.headers.authorization === undefined)
    throw registryUnauthorized("authorize header needed to send HEAD to repository", challengeOf(call, scope));
  const projectName = repository.split("/")[0] ?? "";
  const project = projectNamed(context.state, projectName);
  if (project === undefined) throw registryUnauthorized(`project ${projectName} not found`, "");
  if (!can(context, caller, project, "repository", action))
    throw registryUnauthorized(
      `unauthorized to access repository: ${repository}, action: ${action}`,
      challengeOf(call, scope),
    );
  noteAccepted(call);
  return project;
}
