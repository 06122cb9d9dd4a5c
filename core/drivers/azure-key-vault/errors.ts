import { type ErrorKind, type ErrorReason, PortError } from "../../ports/errors.ts";
import { relabel } from "../http/relabel.ts";
import { causeCode, kindOfStatus, waitMsOf } from "../http/request.ts";
import { system } from "./names.ts";

/** What of an SDK error is looked at. Its message, request and body are not: they may hold values. */
interface RestFailure {
  readonly statusCode?: unknown;
  readonly code?: unknown;
  readonly details?: { readonly error?: { readonly innerError?: { readonly code?: unknown } } };
  readonly response?: { readonly headers?: { toJSON(): Record<string, string> } };
}

export interface VaultFailure {
  readonly status: number | undefined;
  /** Key Vault's own word, such as `SecretNotFound`; undefined where something else answered. */
  readonly code: string | undefined;
  readonly innerCode: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

function word(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Za-z]{1,60}$/.test(value) ? value : undefined;
}

/** The parts of an SDK error that are safe and mean something. */
export function readFailure(error: unknown): VaultFailure {
  const { statusCode, code, details, response } = (typeof error === "object" && error ? error : {}) as RestFailure;
  return {
    status: typeof statusCode === "number" ? statusCode : undefined,
    code: word(code),
    innerCode: word(details?.error?.innerError?.code),
    headers: response?.headers?.toJSON() ?? {},
  };
}

/** 404 and 409 count only with Key Vault's own word: a bare one may come from a proxy on the way. */
function meaningOf(failure: VaultFailure): readonly [ErrorKind, ErrorReason?] {
  const { status, code, innerCode } = failure;
  if (status === undefined) return ["invalid", "bad-reply"];
  if (status === 403 && innerCode === "SecretDisabled") return ["conflict", "disabled"];
  if (status === 401) return ["denied", "bad-credentials"];
  if (status === 403) return ["denied", "missing-right"];
  if (status === 404 && code === "SecretNotFound") return ["not-found"];
  // Being deleted, recovered or written by somebody: nothing that a caller could decide, later it is over.
  if (status === 409 && code === "Conflict") return ["unreachable"];
  const kind = kindOfStatus(status);
  if (kind === "throttled" || kind === "unreachable") return [kind];
  return status === 400 && code !== undefined ? ["invalid"] : ["invalid", "bad-reply"];
}

/** Every failure of a call as `PortError`, named by operation and secret; bodies never get in. */
export function vaultError(error: unknown, operation: string, name: string, nowMs: number): PortError {
  if (error instanceof PortError) return relabel(error, system, operation, name);
  const failure = readFailure(error);
  const [kind, reason] = meaningOf(failure);
  const said = failure.innerCode ?? failure.code ?? "";
  const why = failure.status === undefined ? causeCode(error) : `status ${failure.status} ${said}`.trim();
  return new PortError(kind, `${system}: ${operation} ${name}: ${why}`, {
    system,
    operation,
    ...(reason === undefined ? {} : { reason }),
    ...waitMsOf(kind, failure.headers, nowMs),
    ...(failure.status === undefined ? {} : { status: failure.status }),
  });
}
