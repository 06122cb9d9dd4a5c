import type { PartReply, PartRequest } from "../listener.ts";
import { listAudit, listProjectAudit } from "./audit-list.ts";
import { authenticate } from "./authentication.ts";
import type { HarborCall, HarborContext } from "./context.ts";
import { notFound, Refusal, refuse } from "./refusal.ts";
import { registryUnauthorized } from "./registry-access.ts";
import { serveRegistry } from "./registry-v2.ts";
import { postRobot } from "./robot-create.ts";
import { getRobot, listRobots } from "./robot-reads.ts";
import { deleteRobot, patchRobot, putRobot } from "./robot-writes.ts";
import { checkCsrf, withSession } from "./session.ts";
import { versionAtLeast } from "./state.ts";
import { currentUser, getProject, health, ownPermissions, permissions, ping, systemInfo } from "./system.ts";
import { serveToken } from "./token-service.ts";

type Handler = (call: HarborCall, argument: string) => PartReply;

interface Route {
  readonly pattern: RegExp;
  readonly methods: Readonly<Record<string, Handler>>;
  /** Oldest minor of Harbor 2 that has it. */
  readonly sinceMinor?: number;
}

const routes: readonly Route[] = [
  { pattern: /^\/ping$/, methods: { GET: ping } },
  { pattern: /^\/health$/, methods: { GET: health } },
  { pattern: /^\/systeminfo$/, methods: { GET: systemInfo } },
  { pattern: /^\/permissions$/, methods: { GET: permissions }, sinceMinor: 10 },
  { pattern: /^\/users\/current$/, methods: { GET: currentUser } },
  { pattern: /^\/users\/current\/permissions$/, methods: { GET: ownPermissions } },
  { pattern: /^\/robots$/, methods: { POST: postRobot, GET: listRobots } },
  { pattern: /^\/robots\/([^/]+)$/, methods: { PUT: putRobot, GET: getRobot, PATCH: patchRobot, DELETE: deleteRobot } },
  { pattern: /^\/audit-logs$/, methods: { GET: (call) => listAudit(call, false) } },
  { pattern: /^\/auditlog-exts$/, methods: { GET: (call) => listAudit(call, true) }, sinceMinor: 13 },
  { pattern: /^\/projects\/([^/]+)$/, methods: { GET: getProject } },
  { pattern: /^\/projects\/([^/]+)\/logs$/, methods: { GET: (call, name) => listProjectAudit(call, name, false) } },
  {
    pattern: /^\/projects\/([^/]+)\/auditlog-exts$/,
    methods: { GET: (call, name) => listProjectAudit(call, name, true) },
    sinceMinor: 13,
  },
];

function serveApi(call: HarborCall, path: string): PartReply {
  const { context, request } = call;
  for (const { pattern, methods, sinceMinor } of routes) {
    const match = pattern.exec(path);
    if (match === null || !versionAtLeast(context.state, 2, sinceMinor ?? 0)) continue;
    const handler = methods[request.method];
    if (handler !== undefined) return handler(call, match[1] ?? "");
    const others = Object.keys(methods).join(",");
    throw refuse(405, "METHOD_NOT_ALLOWED", `method ${request.method} is not allowed, but [${others}] are`);
  }
  throw notFound(`path ${request.path} was not found`);
}

/** The answer to a request whose caller is known. */
function serve(call: HarborCall): PartReply {
  const { context, request } = call;
  const reads = ["GET", "HEAD", "OPTIONS"].includes(request.method);
  // Before rights and validation (harbor.md §10.42).
  if (context.state.readOnly && !reads)
    throw refuse(403, "DENIED", "The system is in read only mode. Any modification is prohibited.");
  if (request.path === "/service/token") return serveToken(call);
  if (request.path === "/v2") throw registryUnauthorized("un-recognized request: GET /v2", "");
  if (request.path.startsWith("/v2/")) return serveRegistry(call);
  if (request.path === "/api/version")
    return { status: 200, headers: { "content-type": "text/plain; charset=utf-8" }, body: '{"version":"v2.0"}\n' };
  if (request.path.startsWith("/api/v2.0/")) {
    const reply = serveApi(call, request.path.slice("/api/v2.0".length).replace(/\/$/, ""));
    // The generated server writes no type where none of the accepted ones is JSON (recorded in 03, "accept xml").
    const accept = request.headers.accept ?? "*/*";
    if (typeof reply.body !== "object" || /json|\*\/\*|application\/\*/.test(accept)) return reply;
    return { ...reply, headers: { ...reply.headers, "content-type": "" } };
  }
  return {
    status: 404,
    headers: { "content-type": "text/html; charset=utf-8" },
    body: "<html><head><title>Page Not Found</title></head><body><h1>Page Not Found</h1></body></html>\n",
  };
}

/** Every request, in the order of Harbor's middlewares: anti-forgery, login (with its penalty), read-only mode, handler. */
export async function handleHarbor(context: HarborContext, received: PartRequest): Promise<PartReply> {
  const request = { ...received, path: received.path.replaceAll(/\/{2,}/g, "/") };
  try {
    checkCsrf(context, request);
    const caller = await authenticate(context, request);
    return withSession(context, request, serve({ context, request, caller }));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { reply } = error;
    // The generated server asks for Basic where binding fails before any login (recorded in 04-robots-read).
    const asks = reply.status === 422 && request.headers.authorization === undefined;
    const headers = asks ? { ...reply.headers, "www-authenticate": 'Basic realm="API"' } : reply.headers;
    return withSession(context, request, { ...reply, ...(headers === undefined ? {} : { headers }) });
  }
}
