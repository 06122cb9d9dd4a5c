import { setTimeout as delay } from "node:timers/promises";
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

/** One call, its path below the server's address. */
export type ApiRequest = CallFacts &
  Pick<HttpRequest, "method" | "body"> & {
    /** Encoded, with its query. */
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
  };

export interface ApiReply extends HttpReply {
  /** The text as JSON: an object, whatever is in it. */
  readonly json: Readonly<Record<string, unknown>>;
}

export interface ApiClient {
  /** `kubernetes <cluster>`: the system of its calls. */
  readonly system: string;
  readonly send: (request: ApiRequest) => Promise<ApiReply>;
}

/**
 * Calls of one API server over one dispatcher, bounded in time and size; every failure is a `PortError`. A refused
 * token is asked for once more. How many calls go at the same time is found out by how the cluster takes them.
 */
export function createClient(options: ClientOptions): ApiClient {
  const { nowMs, tokens, throttledTriesMax, processGate } = options;
  const together = processGate === undefined ? undefined : { cluster: options.name, gate: processGate };
  const gate = new AdaptiveGate({ nowMs, throttledTriesMax, together, sleep: (ms) => delay(ms) });
  const server = options.server.replace(/\/+$/, "");

  async function send(request: ApiRequest): Promise<ApiReply> {
    const token = await tokenOr(request, () => tokens.current());
    let reply = await gate.run(() => sendOnce(options, server, request, token));
    if (reply.status === 401) {
      const fresh = await tokenOr(request, () => tokens.after(token));
      if (!fresh.equals(token)) reply = await gate.run(() => sendOnce(options, server, request, fresh));
    }
    if (reply.status >= 400) throw failureOf(request, reply, nowMs());
    if (reply.status < 200 || reply.status > 299)
      throw badReply(request, reply, "a redirect, or a status of something else");
    return { ...reply, json: jsonOf(request, reply) };
  }

  return { system: `kubernetes ${options.name}`, send };
}

function sendOnce(options: ClientOptions, server: string, request: ApiRequest, token: Secret): Promise<HttpReply> {
  const { method, path, headers, body, system, operation } = request;
  const ours = { "user-agent": "capstan", authorization: `Bearer ${token.reveal()}` };
  return sendHttp(options.dispatcher, {
    method,
    url: `${server}${path}`,
    headers: { accept: "application/json", ...headers, ...ours },
    ...(body === undefined ? {} : { body }),
    timeoutMs: options.requestTimeoutMs,
    bodyBytesMax: replyBytesMax,
    system,
    operation,
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

function jsonOf(call: CallFacts, reply: HttpReply): ApiReply["json"] {
  try {
    const body: unknown = JSON.parse(reply.text);
    if (typeof body === "object" && body !== null) return body as ApiReply["json"];
  } catch {
    // Falls through: a parser's message may show what it read.
  }
  throw badReply(call, reply, "the reply is no JSON object");
}

function badReply({ system, operation, subject }: CallFacts, { status }: HttpReply, why: string): PortError {
  const message = `${system}: ${operation} ${subject}: ${why} (${status})`;
  return new PortError("invalid", message, { system, operation, reason: "bad-reply", status });
}
