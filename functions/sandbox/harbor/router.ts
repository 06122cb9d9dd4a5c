import type { PartReply, PartRequest } from "../listener.ts";
import { authenticate, logIn } from "./authentication.ts";
import type { HarborCall, HarborContext } from "./context.ts";
import { checkMediaTypes } from "./media-type.ts";
import { notFound, Refusal, refuse } from "./refusal.ts";
import { registryUnauthorized } from "./registry-access.ts";
import { serveRegistry } from "./registry-v2.ts";
import { routes } from "./routes.ts";
import { checkCsrf, withRequestId, withSession } from "./session.ts";
import { versionAtLeast } from "./state.ts";
import { serveToken } from "./token-service.ts";

async function serveApi(call: HarborCall, path: string): Promise<PartReply> {
  const { context, request } = call;
  for (const { pattern, methods, sinceMinor, untilMinor, produces = "application/json" } of routes) {
    const match = pattern.exec(path);
    if (match === null || !versionAtLeast(context.state, 2, sinceMinor ?? 0)) continue;
    if (untilMinor !== undefined && versionAtLeast(context.state, 2, untilMinor + 1)) continue;
    const handler = methods[request.method];
    if (handler !== undefined) {
      checkMediaTypes(request, produces);
      return handler(call, match[1] ?? "", match[2] ?? "");
    }
    const others = Object.keys(methods).join(",");
    throw refuse(405, "METHOD_NOT_ALLOWED", `method ${request.method} is not allowed, but [${others}] are`);
  }
  throw notFound(`path ${request.path} was not found`);
}

/** Before sessions, rights and validation (harbor.md §10.42); the form and the switch itself are excepted. */
function checkReadOnly(context: HarborContext, request: PartRequest): void {
  const exempt =
    ["GET", "HEAD", "OPTIONS"].includes(request.method) ||
    request.path === "/c/login" ||
    request.path === "/api/v2.0/configurations";
  if (context.state.settings.read_only && !exempt)
    throw refuse(403, "DENIED", "The system is in read only mode. Any modification is prohibited.");
}

/** The answer to a request whose caller is known. */
async function serve(call: HarborCall): Promise<PartReply> {
  const { context, request } = call;
  if (request.path === "/service/token") return serveToken(call);
  if (request.path === "/v2") throw registryUnauthorized("un-recognized request: GET /v2", "");
  if (request.path.startsWith("/v2/")) return serveRegistry(call);
  if (request.path === "/api/version")
    return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: '{"version":"v2.0"}\n' };
  if (request.path.startsWith("/api/v2.0/")) {
    const reply = await serveApi(call, request.path.slice("/api/v2.0".length).replace(/\/$/, ""));
    // The generated server writes no type where none of the accepted ones is JSON (recorded in 03, "accept xml").
    const accept = request.headers.accept ?? "*/*";
    if (typeof reply.body !== "object" || /json|\*\/\*|application\/\*/.test(accept)) return reply;
    return { ...reply, headers: { ...reply.headers, "content-type": "" } };
  }
  if (request.path === "/c/login" && request.method === "POST") return logIn(context, request);
  return {
    status: 404,
    headers: { "content-type": "text/html; charset=utf-8" },
    body: "<html><head><title>Page Not Found</title></head><body><h1>Page Not Found</h1></body></html>\n",
  };
}

/** Every request, in the order of Harbor's middlewares: read-only mode, anti-forgery, login (with its penalty), handler. */
export async function handleHarbor(context: HarborContext, received: PartRequest): Promise<PartReply> {
  const request = { ...received, path: received.path.replaceAll(/\/{2,}/g, "/") };
  try {
    checkReadOnly(context, request);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return withRequestId(request, error.reply);
  }
  try {
    checkCsrf(context, request);
    const caller = await authenticate(context, request);
    return withSession(context, request, await serve({ context, request, caller }));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { reply } = error;
    // The generated server asks for Basic where binding fails before any login (recorded in 04-robots-read).
    const asks = reply.status === 422 && request.headers.authorization === undefined;
    const headers = asks ? { ...reply.headers, "www-authenticate": 'Basic realm="API"' } : reply.headers;
    return withSession(context, request, { ...reply, ...(headers === undefined ? {} : { headers }) });
  }
}
