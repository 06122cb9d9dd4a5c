import { PortError } from "../../ports/errors.ts";
import type { Login } from "../../ports/registry.ts";
import type { HttpReply } from "../http/request.ts";
import { failureOf } from "./failures.ts";
import type { LoginGate } from "./login-gate.ts";
import { harborError, isHtml } from "./replies.ts";
import { basicAuthorization, type Wire } from "./wire.ts";

interface ApiCall {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** From `/api/v2.0` on, query included. */
  readonly path: string;
  readonly body?: object;
  readonly operation: string;
  readonly right: string;
}

/** Calls Harbor's API as the issuer; every answer but the good status is thrown. */
export interface Api {
  call(call: ApiCall, goodStatus: number): Promise<HttpReply>;
  /** Who the issuer is now. Throws `denied` where its login cannot be read. */
  issuer(operation: string): Promise<Login>;
}

export interface ApiSettings {
  readonly endpoint: string;
  readonly issuer: () => Promise<Login> | Login;
  /** One for all that speak to this Harbor. */
  readonly gate: LoginGate;
  readonly nowMs: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Longer than the 1.5 s for which somebody else's failed attempt locks a person out (harbor.md §2.1). */
const lockMs = 2000;

/** Names of people never contain `$`, so this is a robot for sure; without it either may be meant. */
function isRobot(login: Login): boolean {
  return login.username.includes("$");
}

/** Harbor's own word that a login is none; what an ingress says with this status decides nothing. */
export function isRefusedLogin(reply: HttpReply): boolean {
  return reply.status === 401 && harborError(reply) !== null;
}

export function createApi(wire: Wire, settings: ApiSettings): Api {
  const base = settings.endpoint.replace(/\/+$/, "");
  async function readIssuer(operation: string): Promise<Login> {
    try {
      return await settings.issuer();
    } catch (error) {
      if (error instanceof PortError) throw error;
      // Whatever a store said may hold what it stores: only the fact goes on.
      throw new PortError("denied", `harbor: ${operation}: the issuer's login could not be read`, {
        system: "harbor",
        operation,
        reason: "bad-credentials",
      });
    }
  }
  return {
    issuer: readIssuer,
    async call(call, goodStatus) {
      const login = await readIssuer(call.operation);
      const send = (): Promise<HttpReply> =>
        wire({
          method: call.method,
          url: `${base}/api/v2.0${call.path}`,
          operation: call.operation,
          authorization: basicAuthorization(login),
          ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        });
      const attempt = async (): Promise<HttpReply> => {
        const first = await send();
        if (!isRefusedLogin(first) || isRobot(login)) return first;
        await settings.sleep(lockMs);
        return send();
      };
      const reply = await settings.gate.pass(base, login, attempt, isRefusedLogin);
      // A portal's page with a good status is no answer, and surely no proof of a deletion.
      if (reply.status === goodStatus && !isHtml(reply)) return reply;
      const { operation, right } = call;
      throw failureOf(reply, { operation, right, username: login.username, nowMs: settings.nowMs() });
    },
  };
}
