import { type ErrorKind, type ErrorReason, PortError } from "../../ports/errors.ts";
import { type HttpReply, kindOfStatus, waitMsOf } from "./request.ts";

export type GcpMeaning = readonly [ErrorKind, ErrorReason?];

/** Names of google.rpc.Code as the APIs answer them in `error.status`. */
const meanings: ReadonlyMap<string, GcpMeaning> = new Map<string, GcpMeaning>([
  ["ABORTED", ["conflict", "stale-writer"]],
  ["ALREADY_EXISTS", ["conflict", "already-exists"]],
  ["CANCELLED", ["unreachable"]],
  ["DEADLINE_EXCEEDED", ["unreachable"]],
  ["FAILED_PRECONDITION", ["invalid"]],
  ["INTERNAL", ["unreachable"]],
  ["INVALID_ARGUMENT", ["invalid"]],
  ["NOT_FOUND", ["not-found"]],
  ["OUT_OF_RANGE", ["invalid"]],
  ["PERMISSION_DENIED", ["denied", "missing-right"]],
  ["RESOURCE_EXHAUSTED", ["throttled"]],
  ["UNAUTHENTICATED", ["denied", "bad-credentials"]],
  ["UNAVAILABLE", ["unreachable"]],
  ["UNIMPLEMENTED", ["invalid"]],
  ["UNKNOWN", ["unreachable"]],
]);

/** The JSON object of a reply; null for anything else (an HTML page of something between). */
export function jsonObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch {
    // Said by the caller, in words of its own: a parser's message quotes what it read.
  }
  return null;
}

/** `error.status` where the reply is Google's own error object. */
function statusName(text: string): string | null {
  const error = jsonObject(text)?.["error"];
  const name = typeof error === "object" && error !== null ? (error as { status?: unknown }).status : undefined;
  return typeof name === "string" && meanings.has(name) ? name : null;
}

/** Absence or a lost race is concluded from Google's own words alone, never from a bare 404 or 409. */
function meaningOf(name: string | null, status: number, failedPrecondition: GcpMeaning | undefined): GcpMeaning {
  if (name === "FAILED_PRECONDITION" && failedPrecondition !== undefined) return failedPrecondition;
  const named = name === null ? undefined : meanings.get(name);
  if (named !== undefined) return named;
  const kind = kindOfStatus(status);
  return kind === "denied" || kind === "throttled" || kind === "unreachable" ? [kind] : ["invalid", "bad-reply"];
}

export interface GcpErrorContext {
  readonly system: string;
  readonly operation: string;
  readonly subject: string;
  readonly nowMs: number;
  /** 400 FAILED_PRECONDITION is a stale etag as well as a version that is not enabled: the operation decides. */
  readonly failedPrecondition?: GcpMeaning | undefined;
}

/** A refusal as `PortError`; nothing of the reply but its status and a documented name gets in. */
export function gcpError(reply: HttpReply, context: GcpErrorContext): PortError {
  const name = statusName(reply.text);
  const [kind, reason] = meaningOf(name, reply.status, context.failedPrecondition);
  const { system, operation, subject } = context;
  return new PortError(kind, `${system}: ${operation} ${subject}: ${name ?? `status ${reply.status}`}`, {
    system,
    operation,
    status: reply.status,
    ...(reason === undefined ? {} : { reason }),
    ...waitMsOf(kind, reply.headers, reply.serverMs ?? context.nowMs),
  });
}
