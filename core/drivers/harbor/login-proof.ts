import type { Login } from "../../ports/registry.ts";
import type { HttpReply } from "../http/request.ts";
import { isRefusedLogin } from "./api.ts";
import type { LoginGate } from "./login-gate.ts";
import { isHtml, ownPermissionsReply, readReply } from "./replies.ts";
import { askToken, findTokenService } from "./token-service.ts";
import { basicAuthorization, type Wire } from "./wire.ts";

const operation = "probe";

export interface LoginProof {
  readonly verdict: "accepted" | "refused" | "unreachable";
  readonly serverMs: number | null;
}

/** An address that serves nodes and not the API, or a Harbor without this path: it is asked by a token instead. */
function hidesApi(reply: HttpReply): boolean {
  if (reply.status >= 500 || reply.status === 429) return false;
  if (reply.status === 401) return !isRefusedLogin(reply);
  return isHtml(reply) || reply.status === 403 || reply.status === 404 || reply.status === 405;
}

function listsRights(reply: HttpReply): boolean {
  if (reply.status !== 200 || isHtml(reply)) return false;
  try {
    readReply(ownPermissionsReply, reply, operation);
    return true;
  } catch {
    return false;
  }
}

/** Harbor's own 401 of the token service has no body; with one it is an ingress or a proxy that speaks. */
const isRefusal = (reply: HttpReply): boolean => reply.status === 401 && (reply.text === "" || isRefusedLogin(reply));

/**
 * `GET /users/current/permissions` is 200 for every valid robot and 401 else, while many other addresses answer a
 * dead secret with 200 (harbor.md §2.2). Where it is not to be had, a token without a scope proves the same.
 */
export async function proveLogin(wire: Wire, gate: LoginGate, endpoint: string, login: Login): Promise<LoginProof> {
  let accepted = false;
  const attempt = async (): Promise<HttpReply> => {
    const url = `${endpoint.replace(/\/+$/, "")}/api/v2.0/users/current/permissions`;
    const rights = await wire({ method: "GET", url, operation, authorization: basicAuthorization(login) });
    accepted = listsRights(rights);
    if (!hidesApi(rights)) return rights;
    const service = await findTokenService(wire, endpoint);
    if (service.url === null) return { ...rights, status: 404 };
    const { reply, claims } = await askToken(wire, service.url, login, null);
    accepted = claims !== null;
    return reply;
  };
  const reply = await gate.pass(endpoint, login, attempt, isRefusal);
  const verdict = isRefusal(reply) ? "refused" : accepted ? "accepted" : "unreachable";
  return { verdict, serverMs: reply.serverMs };
}
