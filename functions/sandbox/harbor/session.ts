import { randomBytes, randomUUID } from "node:crypto";
import type { PartReply, PartRequest } from "../listener.ts";
import type { HarborContext } from "./context.ts";
import { refuse } from "./refusal.ts";

const csrfTokensMax = 1000;

function cookieNames(request: PartRequest): readonly string[] {
  return (request.headers.cookie ?? "").split(";").map((pair) => pair.split("=")[0]?.trim() ?? "");
}

/** Writes that bring a `sid` cookie need an anti-forgery token, Basic or not (harbor.md §10.41). */
export function checkCsrf(context: HarborContext, request: PartRequest): void {
  if (["GET", "HEAD", "OPTIONS", "TRACE"].includes(request.method) || !cookieNames(request).includes("sid")) return;
  const token = request.headers["x-harbor-csrf-token"];
  if (token === undefined) throw refuse(403, "FORBIDDEN", "CSRF token not found in request");
  if (!context.csrfTokens.has(String(token))) throw refuse(403, "FORBIDDEN", "CSRF token invalid");
}

function newCsrfToken(context: HarborContext): string {
  const token = randomBytes(64).toString("base64");
  context.csrfTokens.add(token);
  const [oldest] = context.csrfTokens;
  if (context.csrfTokens.size > csrfTokensMax && oldest !== undefined) context.csrfTokens.delete(oldest);
  return token;
}

/** API, registry and token service are exempt from the anti-forgery rule unless a `sid` comes along. */
function isGuarded(request: PartRequest): boolean {
  return !/^\/(?:api|v2|service)\//.test(request.path) || cookieNames(request).includes("sid");
}

/** What every reply carries: a fresh `sid` and the request's id; where the rule holds, a token too (harbor.md §6). */
export function withSession(context: HarborContext, request: PartRequest, reply: PartReply): PartReply {
  const sid = `sid=${randomBytes(16).toString("hex")}; Path=/; HttpOnly`;
  const id = request.headers["x-request-id"];
  const session = isGuarded(request) ? { vary: "Cookie", "x-harbor-csrf-token": newCsrfToken(context) } : {};
  return {
    ...reply,
    headers: {
      "set-cookie": sid,
      "x-request-id": typeof id === "string" && id !== "" ? id : randomUUID(),
      ...session,
      ...reply.headers,
    },
  };
}
