import { type ErrorKind, type ErrorReason, PortError } from "../../ports/errors.ts";
import { type HttpReply, kindOfStatus, waitMsOf } from "../http/request.ts";
import { harborError, isHtml } from "./replies.ts";

export interface Attempt {
  readonly operation: string;
  /** Whom Harbor saw asking, for the message. */
  readonly username: string;
  /** The right that a 403 misses: `robot:create at system`. */
  readonly right: string;
  readonly nowMs: number;
}

interface Verdict {
  readonly kind: ErrorKind;
  readonly why: string;
  readonly reason?: ErrorReason;
}

/** A 403 of Harbor's (harbor.md §2.1, §6): its message is looked at, never repeated. */
function judgeForbidden(message: string, attempt: Attempt): Verdict {
  if (message.startsWith("The system is in read only mode"))
    return { kind: "denied", reason: "read-only", why: "this Harbor is in read-only mode" };
  const { username, right } = attempt;
  if (message.startsWith("permission scope is invalid"))
    return {
      kind: "denied",
      reason: "missing-right",
      why: `${username} must itself hold, in one entry, every right that it hands out`,
    };
  if (message === "denied")
    return {
      kind: "denied",
      reason: "missing-right",
      why: `Harbor 2.12.0 to 2.14.0 lets a robot make robots of its own level and project only (${username})`,
    };
  return { kind: "denied", reason: "missing-right", why: `${username} lacks the right ${right}` };
}

function judge(reply: HttpReply, attempt: Attempt): Verdict {
  const { status } = reply;
  // What an ingress or a proxy says in Harbor's place decides nothing, least of all "it is gone".
  if (status === 429) return { kind: "throttled", why: "asked to slow down" };
  if (status >= 500 || isHtml(reply)) return { kind: "unreachable", why: "no answer of Harbor's" };
  const error = harborError(reply);
  if (error === null) {
    if (status < 400) return { kind: "invalid", reason: "bad-reply", why: "a status that Harbor does not answer here" };
    return { kind: "unreachable", why: "an answer that is not Harbor's" };
  }
  if (status === 401) return { kind: "denied", reason: "bad-credentials", why: `${attempt.username} was refused` };
  if (status === 403) return judgeForbidden(error.message, attempt);
  if (status === 404 && /^path .* was not found$/.test(error.message))
    return { kind: "invalid", why: "this Harbor has no such interface" };
  if (status === 409) return { kind: "conflict", reason: "already-exists", why: "the name is taken" };
  return { kind: kindOfStatus(status), why: "refused" };
}

/** The error that a reply other than the good one means. */
export function failureOf(reply: HttpReply, attempt: Attempt): PortError {
  const { kind, why, reason } = judge(reply, attempt);
  return new PortError(kind, `harbor: ${attempt.operation}: ${why} (status ${reply.status})`, {
    system: "harbor",
    operation: attempt.operation,
    status: reply.status,
    ...(reason === undefined ? {} : { reason }),
    ...waitMsOf(kind, reply.headers, attempt.nowMs),
  });
}

/** Refused for want of a right, or hidden as if it were not there: an answer for who only looks. */
export function isOutOfSight(error: unknown): error is PortError {
  return error instanceof PortError && (error.reason === "missing-right" || error.kind === "not-found");
}
