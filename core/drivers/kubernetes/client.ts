import { setTimeout as delay } from "node:timers/promises";
import {
  CoreV1Api,
  CustomObjectsApi,
  createConfiguration,
  type RequestContext,
  ResponseContext,
  ServerConfiguration,
  wrapHttpLibrary,
} from "@kubernetes/client-node";
import type { Dispatcher } from "undici";
import { PortError } from "../../ports/errors.ts";
import type { Secret } from "../../secret.ts";
import { type HttpReply, type HttpRequest, sendHttp } from "../http/request.ts";
import { type CallFacts, failureOf } from "./failures.ts";
import { AdaptiveGate } from "./gate.ts";
import type { ProcessGate } from "./process-gate.ts";
import type { TokenKeeper } from "./token.ts";

/** A page of 500 pull Secrets is about 1 MB. */
const replyBytesMax = 64 * 1024 * 1024;

export interface ClientOptions {
  /** The cluster's name of ours. */
  readonly name: string;
  readonly server: string;
  readonly dispatcher: Dispatcher;
  readonly tokens: TokenKeeper;
  readonly requestTimeoutMs: number;
  readonly nowMs: () => number;
  /** How often a call is sent that is refused for now (429 with Retry-After). Default 8. */
  readonly throttledTriesMax?: number | undefined;
  /** What all clusters of this process share. Absent: this one is alone. */
  readonly processGate?: ProcessGate | undefined;
}

export interface KubernetesApis {
  readonly core: CoreV1Api;
  /** Objects of installed kinds. */
  readonly custom: CustomObjectsApi;
}

/**
 * The SDK's APIs over our own transport. The SDK's opens a TLS connection per request, has neither
 * time-outs nor size limits, and puts bodies and headers of failures into its messages (clouds.md D1);
 * here every failure is a `PortError` before the SDK sees it. A refused token is asked for once more. How many
 * calls go at the same time is found out by how the cluster takes them.
 */
export function createClient(options: ClientOptions): KubernetesApis {
  const { nowMs, tokens, throttledTriesMax } = options;
  const gate = new AdaptiveGate({ nowMs, throttledTriesMax, sleep: (ms) => delay(ms) });

  async function send(request: RequestContext): Promise<ResponseContext> {
    const call = describe(options.name, request);
    const token = await tokenOr(call, () => tokens.current());
    let reply = await gate.run(() => sendOnce(options, call, request, token));
    if (reply.status === 401) {
      const fresh = await tokenOr(call, () => tokens.after(token));
      if (!fresh.equals(token)) reply = await gate.run(() => sendOnce(options, call, request, fresh));
    }
    if (reply.status >= 400) throw failureOf(call, reply, options.nowMs());
    // The SDK puts the body of a status that it does not know (a redirect) into its message.
    if (reply.status < 200 || reply.status > 299)
      throw badReply(call, reply, "a redirect, or a status of something else");
    checkJson(call, reply);
    const body = { text: async () => reply.text, binary: async () => Buffer.from(reply.text), stream: () => null };
    // The SDK asks the header how to read what has been found to be JSON already.
    return new ResponseContext(reply.status, { ...reply.headers, "content-type": "application/json" }, body);
  }

  const server = options.server.replace(/\/+$/, "");
  const configuration = { baseServer: new ServerConfiguration(server, {}), httpApi: wrapHttpLibrary({ send }) };
  const system = `kubernetes ${options.name}`;
  return {
    core: guarded(new CoreV1Api(createConfiguration(configuration)), system),
    custom: guarded(new CustomObjectsApi(createConfiguration(configuration)), system),
  };
}

/** The SDK reads replies into classes of its own, and trips over what has another shape: `invalid` (`bad-reply`). */
function guarded<Api extends object>(api: Api, system: string): Api {
  return new Proxy(api, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      return async (...args: readonly unknown[]): Promise<unknown> => {
        try {
          return await member.apply(target, args);
        } catch (error) {
          if (error instanceof PortError) throw error;
          const message = `${system}: ${String(key)}: the reply is not what Kubernetes answers`;
          throw new PortError("invalid", message, { system, operation: String(key), reason: "bad-reply" });
        }
      };
    },
  });
}

function sendOnce(options: ClientOptions, call: CallFacts, request: RequestContext, token: Secret): Promise<HttpReply> {
  const body = request.getBody();
  return sendHttp(options.dispatcher, {
    method: request.getHttpMethod() as HttpRequest["method"],
    url: request.getUrl(),
    headers: { ...request.getHeaders(), "user-agent": "capstan", authorization: `Bearer ${token.reveal()}` },
    ...(typeof body === "string" ? { body } : {}),
    timeoutMs: options.requestTimeoutMs,
    bodyBytesMax: replyBytesMax,
    system: call.system,
    operation: call.operation,
  });
}

async function tokenOr(call: CallFacts, ask: () => Promise<Secret>): Promise<Secret> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof PortError) throw error;
    const { system, operation } = call;
    const message = `${system}: ${operation} ${call.subject}: no token could be had`;
    throw new PortError("denied", message, { system, operation, reason: "bad-credentials" });
  }
}

function checkJson(call: CallFacts, reply: HttpReply): void {
  try {
    const body: unknown = JSON.parse(reply.text);
    if (typeof body === "object" && body !== null) return;
  } catch {
    // Falls through: a parser's message may show what it read.
  }
  throw badReply(call, reply, "the reply is no JSON object");
}

function badReply({ system, operation, subject }: CallFacts, { status }: HttpReply, why: string): PortError {
  const message = `${system}: ${operation} ${subject}: ${why} (${status})`;
  return new PortError("invalid", message, { system, operation, reason: "bad-reply", status });
}

function describe(name: string, request: RequestContext): CallFacts {
  const method = request.getHttpMethod() as string;
  const { pathname } = new URL(request.getUrl());
  const parts =
    pathname
      .split(/\/api\/v1\/|\/apis\/[^/]+\/[^/]+\//)
      .at(-1)
      ?.split("/") ?? [];
  const inNamespace = parts[0] === "namespaces" && parts.length > 2;
  const resource = (inNamespace ? parts[2] : parts[0]) ?? "";
  const subject = (inNamespace ? [parts[1], ...parts.slice(3)] : parts.slice(1)).join("/");
  const verbs: Readonly<Record<string, string>> = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };
  const verb = verbs[method] ?? (subject === "" ? "list" : "get");
  return { system: `kubernetes ${name}`, operation: `${resource}.${verb}`, resource, subject: subject || "all" };
}
