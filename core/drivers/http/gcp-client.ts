import { PortError } from "../../ports/errors.ts";
import type { Secret } from "../../secret.ts";
import { createDispatcher } from "./dispatcher.ts";
import { type GcpMeaning, gcpError, jsonObject } from "./gcp-errors.ts";
import type { GcpPace } from "./gcp-pace.ts";
import { type HttpRequest, sendHttp } from "./request.ts";

const endpointDefault = "https://secretmanager.googleapis.com";
const requestTimeoutMsDefault = 15_000;
const replyBytesMax = 1024 * 1024;

/** How to reach Secret Manager of one project; the same for every driver that lives in it. */
export interface GcpAccess {
  /** Id or number of the project. */
  readonly project: string;
  /** Private or regional endpoint; absent: the public one. */
  readonly endpoint?: string;
  /** PEM file with the authorities to trust instead of the system's. */
  readonly caFile?: string;
  /** Asked before each request (`createGcpAccessToken` keeps the token while it lives). */
  readonly accessToken: () => Promise<Secret>;
  /** Cloud KMS key that encrypts secrets made from now on; absent: Google's. */
  readonly kmsKeyName?: string;
  /** Of one request, connecting and body included; 15 s where absent. */
  readonly requestTimeoutMs?: number;
  readonly nowMs: () => number;
  /** Waits for a call's turn; absent: every one is sent at once. */
  readonly pace?: GcpPace;
}

export interface GcpCall {
  readonly method: "GET" | "POST" | "PATCH";
  /** Below `/v1/projects/<project>/`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** For errors: the method's name in the API, and what it is about. */
  readonly operation: string;
  readonly subject: string;
  /** What 400 FAILED_PRECONDITION means here; absent: a request that makes no sense. */
  readonly failedPrecondition?: GcpMeaning;
}

export interface GcpReply {
  readonly body: Readonly<Record<string, unknown>>;
  readonly serverMs: number | null;
}

export interface GcpClient {
  readonly system: string;
  readonly kmsKeyName: string | undefined;
  /** One request, one try. Throws `PortError` for every status but 2xx and for a reply that is no JSON object. */
  call(call: GcpCall): Promise<GcpReply>;
  /** An error in this client's name for a reply that cannot be. */
  badReply(call: GcpCall, what: string): PortError;
}

/**
 * Plain REST to Secret Manager: Google's own client is 2 MB of bundle and hides the true error of a read
 * behind its time-out. Throws at once for an endpoint that is no URL or plain http beyond loopback, and
 * for an unreadable `caFile`.
 */
export function createGcpClient(access: GcpAccess, system: string): GcpClient {
  const endpoint = (access.endpoint ?? endpointDefault).replace(/\/+$/, "");
  const dispatcher = createDispatcher({ endpoint, caFile: access.caFile });
  const { pace = async () => {} } = access;
  const timeoutMs = access.requestTimeoutMs ?? requestTimeoutMsDefault;

  function badReply({ operation, subject }: GcpCall, what: string): PortError {
    const message = `${system}: ${operation} ${subject}: ${what}`;
    return new PortError("invalid", message, { system, operation, reason: "bad-reply" });
  }

  async function tokenFor(operation: string): Promise<string> {
    const token = await access.accessToken().catch((error: unknown) => {
      if (error instanceof PortError) throw error;
      const message = `${system}: ${operation}: no access token could be had`;
      throw new PortError("denied", message, { system, operation, reason: "bad-credentials" });
    });
    return token.reveal();
  }

  async function call(wanted: GcpCall): Promise<GcpReply> {
    const { operation, subject, failedPrecondition } = wanted;
    await pace(operation, subject, system);
    const query = new URLSearchParams(wanted.query).toString();
    const request: HttpRequest = {
      method: wanted.method,
      url: `${endpoint}/v1/projects/${access.project}/${wanted.path}${query === "" ? "" : `?${query}`}`,
      headers: {
        authorization: `Bearer ${await tokenFor(operation)}`,
        ...(wanted.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(wanted.body === undefined ? {} : { body: JSON.stringify(wanted.body) }),
      timeoutMs,
      bodyBytesMax: replyBytesMax,
      system,
      operation,
    };
    const reply = await sendHttp(dispatcher, request);
    if (reply.status < 200 || reply.status > 299) {
      throw gcpError(reply, { system, operation, subject, nowMs: access.nowMs(), failedPrecondition });
    }
    const body = jsonObject(reply.text);
    if (body === null) throw badReply(wanted, "a reply that is no JSON object");
    return { body, serverMs: reply.serverMs };
  }

  return { system, kmsKeyName: access.kmsKeyName, call, badReply };
}

/** The reply, or null where the service itself said NOT_FOUND. */
export async function nullIfAbsent<T>(reply: Promise<T>): Promise<T | null> {
  return reply.catch((error: unknown) => {
    if (error instanceof PortError && error.kind === "not-found") return null;
    throw error;
  });
}
