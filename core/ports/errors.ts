/**
 * What a driver may throw, and nothing else. Callers decide by `kind`:
 *
 * | kind | meaning | again? |
 * |---|---|---|
 * | `not-found` | the thing named is absent | no |
 * | `conflict` | somebody else was first: `reason` tells which of the several ways | after reading again |
 * | `denied` | credentials missing, refused, or without the right | no |
 * | `throttled` | asked to slow down, and nothing was done; `retryAfterMs` when the server said | later |
 * | `unreachable` | no answer, or a 5xx: **the effect may or may not have happened**; `retryAfterMs` too, when said | later |
 * | `invalid` | the request or the reply makes no sense | no |
 */
export type ErrorKind = "not-found" | "conflict" | "denied" | "throttled" | "unreachable" | "invalid";

/** Finer than `kind`, where a caller acts on the difference. */
export type ErrorReason =
  | "stale-writer"
  | "already-exists"
  | "field-owner"
  | "wrong-uid"
  | "immutable"
  | "malformed-neighbour"
  | "terminating"
  | "missing-right"
  | "bad-credentials"
  | "read-only"
  | "too-large"
  | "over-rate"
  | "disabled"
  | "busy"
  | "bad-reply";

export interface PortErrorOptions {
  readonly system: string;
  readonly operation: string;
  readonly reason?: ErrorReason;
  readonly retryAfterMs?: number;
  readonly status?: number;
  readonly cause?: unknown;
}

/** What would break a log line or steer a terminal: controls, format characters, line separators, half surrogates. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const messageCharactersMax = 1_000;

/** Names in a message may come from files and servers: on one line, and not for pages. */
function printable(message: string): string {
  const line = message.replaceAll(unprintable, "?");
  return line.length <= messageCharactersMax ? line : `${line.slice(0, messageCharactersMax)}…`;
}

/**
 * The only error that crosses a port. `message` is safe to print: a driver builds it from names
 * and numbers of its own, never from the body of a reply; it is kept to one line of 1,000 characters.
 */
export class PortError extends Error {
  readonly kind: ErrorKind;
  readonly system: string;
  readonly operation: string;
  readonly reason: ErrorReason | undefined;
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;

  constructor(kind: ErrorKind, message: string, options: PortErrorOptions) {
    super(printable(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "PortError";
    this.kind = kind;
    this.system = options.system;
    this.operation = options.operation;
    this.reason = options.reason;
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
  }
}
