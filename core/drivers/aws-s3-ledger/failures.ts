import { type ErrorKind, type ErrorReason, PortError } from "../../ports/errors.ts";
import { type HttpReply, kindOfStatus, waitMsOf } from "../http/request.ts";

export const system = "aws-s3";

/** S3's own words (API reference, error responses); `ConditionalRequestConflict`: two conditional writes met. */
const meanings: ReadonlyMap<string, readonly [ErrorKind, ErrorReason?]> = new Map<
  string,
  readonly [ErrorKind, ErrorReason?]
>([
  ["PreconditionFailed", ["conflict", "stale-writer"]],
  ["ConditionalRequestConflict", ["conflict", "stale-writer"]],
  ["NoSuchKey", ["not-found"]],
  ["NoSuchBucket", ["invalid"]],
  ["AccessDenied", ["denied", "missing-right"]],
  ["InvalidAccessKeyId", ["denied", "bad-credentials"]],
  ["SignatureDoesNotMatch", ["denied", "bad-credentials"]],
  ["ExpiredToken", ["denied", "bad-credentials"]],
  ["SlowDown", ["throttled"]],
]);

/** Without S3's own word absence or a lost race is never concluded: a bare 404 or 412 may come from a proxy. */
function meaningOf(status: number, word: string | undefined): readonly [ErrorKind, ErrorReason?] {
  const named = word === undefined ? undefined : meanings.get(word);
  if (named !== undefined) return named;
  const kind = kindOfStatus(status);
  return kind === "denied" || kind === "throttled" || kind === "unreachable" ? [kind] : ["invalid", "bad-reply"];
}

/** The error of an answer of status 300 or above; of its text only a documented word gets in. */
export function s3Error(reply: HttpReply, operation: string, key: string): PortError {
  const found = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(reply.text)?.[1];
  const word = found !== undefined && meanings.has(found) ? found : undefined;
  const [kind, reason] = meaningOf(reply.status, word);
  const why = word === "NoSuchBucket" ? "there is no such bucket" : (word ?? `status ${reply.status}`);
  return new PortError(kind, `${system}: ${operation} ${key}: ${why}`, {
    system,
    operation,
    status: reply.status,
    ...(reason === undefined ? {} : { reason }),
    ...waitMsOf(kind, reply.headers, reply.serverMs ?? 0),
  });
}
