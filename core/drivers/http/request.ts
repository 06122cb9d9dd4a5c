import { isUtf8 } from "node:buffer";
import type { Dispatcher } from "undici";
import { type ErrorKind, PortError } from "../../ports/errors.ts";
import { exchange, OversizedReplyError } from "./exchange.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly bodyBytesMax: number;
  /** For errors: which system, which call. */
  readonly system: string;
  readonly operation: string;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The answer's `Date`, milliseconds; null where absent or nonsense. */
  readonly serverMs: number | null;
}

/**
 * One request, one reply, bounded in time and size. A status is never an error here; no reply, a cut
 * connection, a time-out or an oversized body is `unreachable` / `invalid`; so is a good answer that is no
 * UTF-8 (`bad-reply`), since nothing may be read out of it that it does not say. Bodies never enter messages.
 */
export async function sendHttp(dispatcher: Dispatcher, wanted: HttpRequest): Promise<HttpReply> {
  const { system, operation, bodyBytesMax } = wanted;
  const where = { system, operation };
  try {
    const { origin, pathname, search } = new URL(wanted.url);
    const { method, headers = {}, body = null } = wanted;
    const reply = await exchange(dispatcher, { origin, path: pathname + search, method, headers, body }, wanted);
    const received: Record<string, string> = {};
    for (const [name, value] of Object.entries(reply.headers)) {
      if (value !== undefined) received[name] = typeof value === "string" ? value : value.join(", ");
    }
    const dateMs = Date.parse(received["date"] ?? "");
    return {
      status: reply.status,
      headers: received,
      text: textOf(reply.body, reply.status, wanted),
      serverMs: Number.isNaN(dateMs) ? null : dateMs,
    };
  } catch (error) {
    if (error instanceof PortError) throw error;
    if (error instanceof OversizedReplyError) {
      const message = `${system}: ${operation}: reply over ${bodyBytesMax} bytes`;
      throw new PortError("invalid", message, { ...where, reason: "bad-reply", status: error.status });
    }
    throw new PortError("unreachable", `${system}: ${operation}: no answer (${causeCode(error)})`, where);
  }
}

/** Of refusals, which may be pages of something in between in any encoding, only what can be read is wanted. */
function textOf(body: Buffer, status: number, { system, operation }: HttpRequest): string {
  if (status >= 400 || isUtf8(body)) return body.toString("utf8");
  const message = `${system}: ${operation}: the reply is no UTF-8 (status ${status})`;
  throw new PortError("invalid", message, { system, operation, reason: "bad-reply", status });
}

/** The code of a network error (`ECONNREFUSED`), never its message: messages may echo what was sent. */
export function causeCode(error: unknown): string {
  if (typeof error !== "object" || error === null) return "unknown";
  const { code, name, cause } = error as { code?: unknown; name?: unknown; cause?: unknown };
  if (typeof code === "string") return code;
  if (cause !== undefined && cause !== null) return causeCode(cause);
  return typeof name === "string" ? name : "unknown";
}

/** The kind that a status means everywhere; drivers look at theirs first. */
export function kindOfStatus(status: number): ErrorKind {
  if (status === 401 || status === 403) return "denied";
  if (status === 404 || status === 410) return "not-found";
  if (status === 409 || status === 412) return "conflict";
  if (status === 429) return "throttled";
  if (status === 408 || status >= 500) return "unreachable";
  return "invalid";
}

/** No server means longer than this; a wrong clock or a slip would. */
const retryAfterMsMax = 3_600_000;

/** `Retry-After` in milliseconds (seconds or an HTTP date), an hour at most; undefined where absent or nonsense. */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const text = headers["retry-after"];
  if (text === undefined) return undefined;
  const seconds = Number(text);
  const afterMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(afterMs) ? undefined : Math.min(Math.max(0, afterMs), retryAfterMsMax);
}

/** The same for a refusal that later may be none, and for no other: RFC 9110 has the header for 429 and 503 alike. */
export function waitMsOf(
  kind: ErrorKind,
  headers: Readonly<Record<string, string>>,
  nowMs: number,
): { readonly retryAfterMs?: number } {
  const waitMs = kind === "throttled" || kind === "unreachable" ? retryAfterMs(headers, nowMs) : undefined;
  return waitMs === undefined ? {} : { retryAfterMs: waitMs };
}
