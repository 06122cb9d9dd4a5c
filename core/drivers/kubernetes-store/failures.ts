import { type ErrorKind, type ErrorReason, PortError } from "../../ports/errors.ts";
import { type HttpReply, kindOfStatus, waitMsOf } from "../http/request.ts";

/** One call, in words of ours: for messages, never taken from a reply. */
export interface CallFacts {
  readonly system: string;
  readonly operation: string;
  /** `namespace/name`. */
  readonly subject: string;
}

/** `reason` of the API server's own `Status`; undefined where something else answered. */
function statusReason(text: string): string | undefined {
  try {
    const parsed = JSON.parse(text) as { kind?: unknown; reason?: unknown } | null;
    if (parsed?.kind === "Status" && typeof parsed.reason === "string") return parsed.reason;
  } catch {
    // A proxy's page, or the plain text of a full server.
  }
  return undefined;
}

/** Absence and lost races count only in the API server's own words: a bare 404 or 409 may come from a proxy. */
function meaningOf(status: number, said: string | undefined): readonly [ErrorKind, ErrorReason?] {
  if (status === 401) return ["denied", "bad-credentials"];
  if (status === 403) return ["denied", "missing-right"];
  if (status === 413) return ["invalid", "too-large"];
  const kind = kindOfStatus(status);
  if (kind === "throttled" || kind === "unreachable") return [kind];
  if (said === "NotFound") return ["not-found"];
  if (said === "AlreadyExists") return ["conflict", "already-exists"];
  if (said === "Conflict") return ["conflict", "stale-writer"];
  return said === undefined ? ["invalid", "bad-reply"] : ["invalid"];
}

/** The error that an answer of status 400 or above stands for; nothing of its text gets in. */
export function failureOf(call: CallFacts, reply: HttpReply, nowMs: number): PortError {
  const [kind, reason] = meaningOf(reply.status, statusReason(reply.text));
  return new PortError(kind, `${call.system}: ${call.operation} ${call.subject}: status ${reply.status}`, {
    system: call.system,
    operation: call.operation,
    status: reply.status,
    ...(reason === undefined ? {} : { reason }),
    ...waitMsOf(kind, reply.headers, nowMs),
  });
}
