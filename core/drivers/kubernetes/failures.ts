import { PortError, type PortErrorOptions } from "../../ports/errors.ts";
import { type HttpReply, kindOfStatus, waitMsOf } from "../http/request.ts";

/** One call, in words of ours: for messages, never taken from a reply. */
export interface CallFacts {
  /** `kubernetes <cluster>`. */
  readonly system: string;
  /** `secrets.patch`, `namespaces.list`, … */
  readonly operation: string;
  readonly resource: string;
  /** `namespace/name`, as far as the path has them. */
  readonly subject: string;
}

/** What a failure's `Status` body says, as far as it decides anything. All of it stays in here. */
interface StatusFacts {
  readonly reason: string;
  readonly message: string;
  readonly continueToken: string | null;
  readonly causes: readonly { readonly reason: string; readonly field: string; readonly message: string }[];
}

/** A page's continue token was too old (410); the server offered another to go on with, or none. */
export class ExpiredPageError extends PortError {
  readonly continueToken: string | null;

  constructor(message: string, options: PortErrorOptions, continueToken: string | null) {
    super("conflict", message, { ...options, reason: "stale-writer" });
    this.continueToken = continueToken;
  }
}

type Verdict = Partial<Pick<PortErrorOptions, "reason">> & {
  readonly kind: PortError["kind"];
  readonly why: string;
};

/** The error that an answer of status 400 or above stands for (transcripts kubernetes, README 1–16). */
export function failureOf(call: CallFacts, reply: HttpReply, nowMs: number): PortError {
  const status = readStatus(reply.text);
  const { kind, why, reason } = judge(call, reply.status, status);
  const options: PortErrorOptions = {
    system: call.system,
    operation: call.operation,
    status: reply.status,
    ...(reason === undefined ? {} : { reason }),
    ...waitMsOf(kind, reply.headers, nowMs),
  };
  const message = `${call.system}: ${call.operation} ${call.subject}: ${why} (${reply.status})`;
  if (reply.status === 410) return new ExpiredPageError(message, options, status.continueToken);
  return new PortError(kind, message, options);
}

function judge(call: CallFacts, code: number, status: StatusFacts): Verdict {
  if (code === 401) return { kind: "denied", reason: "bad-credentials", why: "the token was refused" };
  if (code === 403) return judgeForbidden(call, status);
  if (code === 409) return judgeConflict(status);
  if (code === 410) return { kind: "conflict", reason: "stale-writer", why: "the page is too old" };
  if (code === 413) return tooLarge;
  if (code === 422) return judgeInvalid(status);
  if (code === 429) return { kind: "throttled", why: "too many requests" };
  if (code >= 500 && /request is too large|larger than max/.test(status.message)) return tooLarge;
  // Bad input is not always 4xx (README 5); trying again would never help.
  if (code === 500 && /^failed to (?:create typed patch|convert new) object/.test(status.message)) {
    return { kind: "invalid", why: "the server could not read what was sent" };
  }
  return { kind: kindOfStatus(code), why: code === 404 ? "absent" : "failed" };
}

const tooLarge: Verdict = { kind: "invalid", reason: "too-large", why: "larger than the cluster stores" };

function judgeForbidden(call: CallFacts, status: StatusFacts): Verdict {
  if (status.causes.some(({ reason }) => reason === "NamespaceTerminating")) {
    return { kind: "conflict", reason: "terminating", why: "the namespace is going away" };
  }
  // An apply that has to create is refused with the verb `create` (README 10).
  const verb = /cannot (get|list|watch|create|patch|update|delete) resource/.exec(status.message)?.[1];
  if (verb === undefined) return { kind: "denied", why: "refused by the cluster's admission" };
  return { kind: "denied", reason: "missing-right", why: `no right to ${verb} ${call.resource}` };
}

function judgeConflict(status: StatusFacts): Verdict {
  if (status.reason === "AlreadyExists") return { kind: "conflict", reason: "already-exists", why: "exists already" };
  if (status.causes.some(({ reason }) => reason === "FieldManagerConflict")) {
    return { kind: "conflict", reason: "field-owner", why: "somebody else owns the field" };
  }
  if (/uid mismatch|the UID in the precondition/.test(status.message)) {
    return { kind: "conflict", reason: "wrong-uid", why: "deleted or made anew meanwhile" };
  }
  return { kind: "conflict", reason: "stale-writer", why: "changed meanwhile" };
}

function judgeInvalid(status: StatusFacts): Verdict {
  const has = (test: (cause: StatusFacts["causes"][number]) => boolean) => status.causes.some(test);
  if (has(({ field }) => field === "metadata.uid")) {
    return { kind: "conflict", reason: "wrong-uid", why: "made anew meanwhile" };
  }
  if (has(({ message }) => message.includes("field is immutable"))) {
    return { kind: "conflict", reason: "immutable", why: "may not be changed" };
  }
  if (has(({ reason }) => reason === "FieldValueTooLong")) return tooLarge;
  return { kind: "invalid", why: "the server finds it invalid" };
}

function readStatus(text: string): StatusFacts {
  const body = parseObject(text);
  const details = asObject(body["details"]);
  const causes = Array.isArray(details["causes"]) ? details["causes"].map(asObject) : [];
  const textOf = (value: unknown) => (typeof value === "string" ? value : "");
  return {
    reason: textOf(body["reason"]),
    message: textOf(body["message"]),
    continueToken: textOf(asObject(body["metadata"])["continue"]) || null,
    causes: causes.map((cause) => ({
      reason: textOf(cause["reason"]),
      field: textOf(cause["field"]),
      message: textOf(cause["message"]),
    })),
  };
}

/** A full server answers in plain text (README 12), a proxy in HTML. */
function parseObject(text: string): Record<string, unknown> {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
