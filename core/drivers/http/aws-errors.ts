import { type ErrorKind, type ErrorReason, PortError } from "../../ports/errors.ts";
import { causeCode, kindOfStatus, waitMsOf } from "./request.ts";

type Meaning = readonly [ErrorKind, ErrorReason?];

/** Names of errors as AWS documents them. `InvalidRequestException`: the secret waits for its deletion. */
const meanings: ReadonlyMap<string, Meaning> = new Map<string, Meaning>([
  ["ResourceNotFoundException", ["not-found"]],
  ["ResourceExistsException", ["conflict", "already-exists"]],
  ["ConditionalCheckFailedException", ["conflict", "stale-writer"]],
  ["TransactionConflictException", ["conflict", "stale-writer"]],
  ["InvalidRequestException", ["conflict", "disabled"]],
  ["InvalidParameterException", ["invalid"]],
  ["ValidationException", ["invalid"]],
  ["SerializationException", ["invalid"]],
  ["AccessDeniedException", ["denied", "missing-right"]],
  ["DecryptionFailure", ["denied", "missing-right"]],
  ["EncryptionFailure", ["denied", "missing-right"]],
  ["CredentialsProviderError", ["denied", "bad-credentials"]],
  ["ExpiredTokenException", ["denied", "bad-credentials"]],
  ["IncompleteSignatureException", ["denied", "bad-credentials"]],
  ["InvalidClientTokenId", ["denied", "bad-credentials"]],
  ["InvalidSignatureException", ["denied", "bad-credentials"]],
  ["MissingAuthenticationTokenException", ["denied", "bad-credentials"]],
  ["SignatureDoesNotMatch", ["denied", "bad-credentials"]],
  ["UnrecognizedClientException", ["denied", "bad-credentials"]],
  ["InternalServerError", ["unreachable"]],
  ["InternalServiceError", ["unreachable"]],
  ["LimitExceededException", ["throttled"]],
  ["ProvisionedThroughputExceededException", ["throttled"]],
  ["RequestLimitExceeded", ["throttled"]],
  ["ThrottlingException", ["throttled"]],
  ["TooManyRequestsException", ["throttled"]],
]);

interface SdkError {
  readonly name?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown };
  readonly $response?: { readonly headers?: unknown };
}

/** The documented name of an SDK error; null for anything else (`SyntaxError` of an HTML page, a network error). */
export function awsErrorName(error: unknown): string | null {
  const name = typeof error === "object" && error !== null ? (error as SdkError).name : undefined;
  return typeof name === "string" && meanings.has(name) ? name : null;
}

/**
 * Without a name that AWS documents the status decides, and absence or a lost race is never concluded
 * from it: both services answer those with 400 and a name, a bare 404 or 409 comes from something between.
 */
function meaningOf(name: string | null, status: number | undefined): Meaning {
  const named = name === null ? undefined : meanings.get(name);
  if (named !== undefined) return named;
  if (status === undefined) return ["unreachable"];
  const kind = kindOfStatus(status);
  if (kind === "denied" || kind === "throttled" || kind === "unreachable") return [kind];
  return ["invalid", "bad-reply"];
}

/** Every error of a call as `PortError`; nothing of the reply but its status and a documented name gets in. */
export function awsError(error: unknown, system: string, operation: string, subject: string): PortError {
  if (error instanceof PortError) return error;
  const { $metadata, $response } = (typeof error === "object" && error !== null ? error : {}) as SdkError;
  const status = typeof $metadata?.httpStatusCode === "number" ? $metadata.httpStatusCode : undefined;
  const name = awsErrorName(error);
  const [kind, reason] = meaningOf(name, status);
  const headers = ($response?.headers ?? {}) as Readonly<Record<string, string>>;
  const serverMs = Date.parse(headers["date"] ?? "");
  const why = name ?? (status === undefined ? causeCode(error) : `status ${status}`);
  return new PortError(kind, `${system}: ${operation} ${subject}: ${why}`, {
    system,
    operation,
    ...(reason === undefined ? {} : { reason }),
    ...(status === undefined ? {} : { status }),
    ...waitMsOf(kind, headers, Number.isNaN(serverMs) ? 0 : serverMs),
  });
}
