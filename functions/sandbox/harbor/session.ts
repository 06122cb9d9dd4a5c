import { randomBytes, randomUUID } from "node:crypto";
import type { PartReply, PartRequest } from "../listener.ts";
import type { HarborContext } from "./context.ts";
import { refuse } from "./refusal.ts";
import type { UserRow } from "./state.ts";

const csrfTokensMax = 1000;

/** Cookies of a request by name. */
function cookies(request: PartRequest): ReadonlyMap<string, string> {
  const pairs = (request.headers.cookie ?? "").split(";").map((pair) => pair.trim().split("=", 2));
  return new Map(pairs.map(([name = "", value = ""]) => [name, value]));
}

/** API, registry and token service are exempt from the anti-forgery rule unless a `sid` comes along. */
function isGuarded(request: PartRequest): boolean {
  return !/^\/(?:api|v2|service)\//.test(request.path) || cookies(request).has("sid");
}

/** Writes that bring a `sid` cookie, and all outside the API, need an anti-forgery token, Basic or not (harbor.md §10.41). */
export function checkCsrf(context: HarborContext, request: PartRequest): void {
  if (["GET", "HEAD", "OPTIONS", "TRACE"].includes(request.method) || !isGuarded(request)) return;
  const token = request.headers["x-harbor-csrf-token"];
  if (token === undefined) throw refuse(403, "FORBIDDEN", "CSRF token not found in request");
  if (!context.csrfTokens.has(String(token))) throw refuse(403, "FORBIDDEN", "CSRF token invalid");
}

/** Who logged in by the form and now brings the cookie. The `sid` of any other reply is no login (harbor.md §6). */
export function sessionUser(context: HarborContext, request: PartRequest): UserRow | undefined {
  const id = context.sessions.get(cookies(request).get("sid") ?? "");
  return id === undefined ? undefined : context.state.users.find((user) => user.id === id);
}

function newCsrfToken(context: HarborContext): string {
  const token = randomBytes(64).toString("base64");
  context.csrfTokens.add(token);
  const [oldest] = context.csrfTokens;
  if (context.csrfTokens.size > csrfTokensMax && oldest !== undefined) context.csrfTokens.delete(oldest);
  return token;
}

/** `X-Request-Id` of the request, or a new one. */
export function withRequestId(request: PartRequest, reply: PartReply): PartReply {
  const given = request.headers["x-request-id"];
  const id = typeof given === "string" && given !== "" ? given : randomUUID();
  return { ...reply, headers: { "x-request-id": id, ...reply.headers } };
}

const hour = 3600;

/**
 * What every reply carries: the request's id, a fresh `sid` unless one came along, and where the anti-forgery
 * rule holds its token and cookie (harbor.md §6, recorded in 18-errors-csrf-readonly).
 */
export function withSession(context: HarborContext, request: PartRequest, reply: PartReply): PartReply {
  const sent = cookies(request);
  const guarded = isGuarded(request);
  const set: string[] = [];
  if (guarded && !sent.has("_gorilla_csrf")) {
    const ends = new Date(context.nowMs() + 12 * hour * 1000).toUTCString();
    const life = `Expires=${ends}; Max-Age=${12 * hour}`;
    set.push(`_gorilla_csrf=${randomBytes(48).toString("base64url")}; Path=/; ${life}; HttpOnly; SameSite=Strict`);
  }
  if (!sent.has("sid")) set.push(`sid=${randomBytes(16).toString("hex")}; Path=/; HttpOnly`);
  const own = [reply.headers?.["set-cookie"] ?? []].flat();
  const refused = reply.status === 403 && JSON.stringify(reply.body ?? "").includes("CSRF token");
  const { headers } = withRequestId(request, reply);
  return {
    ...reply,
    headers: {
      ...(guarded ? { "x-harbor-csrf-token": newCsrfToken(context), ...(refused ? {} : { vary: "Cookie" }) } : {}),
      ...headers,
      ...(set.length + own.length === 0 ? {} : { "set-cookie": [...set, ...own] }),
    },
  };
}
