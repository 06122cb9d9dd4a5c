import { type ErrorKind, type ErrorReason, PortError } from "../../ports/errors.ts";
import { jsonObject } from "../http/gcp-errors.ts";
import { type HttpReply, kindOfStatus, waitMsOf } from "../http/request.ts";

export const system = "gcs";

/** `reason` of Cloud Storage's own error (JSON API, status and error codes); undefined where something else answered. */
export function reasonOf(reply: HttpReply): string | undefined {
  const { errors } = (jsonObject(reply.text)?.["error"] ?? {}) as { errors?: readonly { reason?: unknown }[] };
  const reason = Array.isArray(errors) ? errors[0]?.reason : undefined;
  return typeof reason === "string" && /^[A-Za-z]{1,60}$/.test(reason) ? reason : undefined;
}

/** Without the service's own word a bare 404 or 412 means nothing: it may come from a proxy. */
function meaningOf(status: number, reason: string | undefined): readonly [ErrorKind, ErrorReason?] {
  if (status === 401) return ["denied", "bad-credentials"];
  if (status === 403 && reason === "rateLimitExceeded") return ["throttled"];
  if (status === 403) return ["denied", "missing-right"];
  if (status === 412 && reason === "conditionNotMet") return ["conflict", "stale-writer"];
  const kind = kindOfStatus(status);
  if (kind === "throttled" || kind === "unreachable") return [kind];
  return reason === undefined ? ["invalid", "bad-reply"] : ["invalid"];
}

/** The error of an answer that is not 200; of its text only the reason's word gets in. */
export function gcsError(reply: HttpReply, operation: string, key: string): PortError {
  const word = reasonOf(reply);
  const [kind, reason] = meaningOf(reply.status, word);
  return new PortError(kind, `${system}: ${operation} ${key}: status ${reply.status} ${word ?? ""}`.trim(), {
    system,
    operation,
    status: reply.status,
    ...(reason === undefined ? {} : { reason }),
    ...waitMsOf(kind, reply.headers, reply.serverMs ?? 0),
  });
}
