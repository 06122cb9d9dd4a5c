import type { PartReply } from "../listener.ts";
import { callerName, can } from "./authorization.ts";
import type { HarborCall, TokenAccess } from "./context.ts";
import { projectNamed } from "./state.ts";

/** All rights on the project, whatever was asked for; a missing project gives none (harbor.md §2.2). */
function grantedAccess({ context, caller }: HarborCall, scope: string): TokenAccess | undefined {
  const parts = scope.split(":");
  const [type] = parts;
  if (type === undefined || parts.length < 3) return undefined;
  const name = parts.slice(1, -1).join(":");
  if (type !== "repository") {
    const all = type === "registry" && name === "catalog" && caller.type === "user" && caller.user.sysadmin;
    return { type, name, actions: all ? ["*"] : [] };
  }
  const project = projectNamed(context.state, name.split("/")[0] ?? "");
  const actions =
    project === undefined
      ? []
      : ["delete", "pull", "push"].filter((action) => can(context, caller, project, "repository", action));
  return { type, name, actions };
}

/**
 * `GET /service/token` (harbor.md §2.2, §10.29): without a scope bad credentials are 401, with one they
 * get an anonymous token; other services are 400 and other methods 405, in plain text.
 */
export async function serveToken(call: HarborCall): Promise<PartReply> {
  const { context, request, caller } = call;
  const plain = { "content-type": "text/plain; charset=utf-8" };
  if (request.method !== "GET" && request.method !== "HEAD")
    return { status: 405, headers: { ...plain, "x-content-type-options": "nosniff" }, body: "Method Not Allowed\n" };
  const service = request.query.get("service") ?? "";
  if (service !== "harbor-registry")
    return { status: 400, headers: plain, body: `Unable to handle service: ${service}` };
  const scopes = request.query.getAll("scope").flatMap((text) => text.split(" ").filter((scope) => scope !== ""));
  if (scopes.length === 0 && caller.type === "anonymous") return { status: 401 };
  const access =
    scopes.length === 0
      ? null
      : scopes.map((scope) => grantedAccess(call, scope)).filter((entry) => entry !== undefined);
  const subject = caller.type === "anonymous" ? null : callerName(context.state, caller);
  const issued = await context.tokens.issue(subject, access, context.nowMs());
  if (subject !== null) {
    const endMs = issued.issuedAtMs + context.tokens.lifetimeMs() + context.tokens.leewayMs;
    context.state.lastTokenEndMs.set(subject, endMs);
  }
  return {
    status: 200,
    headers: { "content-type": "application/json; charset=utf-8" },
    body: {
      token: issued.token,
      access_token: "",
      expires_in: issued.expiresInS,
      issued_at: `${new Date(issued.issuedAtMs).toISOString().slice(0, 19)}Z`,
    },
  };
}
