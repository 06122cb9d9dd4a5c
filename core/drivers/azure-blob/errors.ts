import { type ErrorKind, type ErrorReason, PortError } from "../../ports/errors.ts";
import { relabel } from "../http/relabel.ts";
import { kindOfStatus, waitMsOf } from "../http/request.ts";

export const system = "azure-blob";

/** Storage's own words for a lost race: created meanwhile, written meanwhile, gone meanwhile (standins.md §6). */
const lostRaces = new Set(["BlobAlreadyExists", "ConditionNotMet", "TargetConditionNotMet", "BlobNotFound"]);
/** Present, but nobody without the lease or before the end of the policy may write. */
const writeProtected = new Set(["LeaseIdMissing", "BlobImmutableDueToPolicy", "ReadOnlyAccount"]);

interface RestFailure {
  readonly statusCode?: unknown;
  readonly response?: { readonly headers?: { toJSON(): Record<string, string> } };
}

export interface BlobFailure {
  readonly status: number | undefined;
  /** Of `x-ms-error-code`; undefined where something else than storage answered. */
  readonly code: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** Status, code and headers of an SDK error; its message and body are not looked at. */
export function readFailure(error: unknown): BlobFailure {
  const { statusCode, response } = (typeof error === "object" && error ? error : {}) as RestFailure;
  const headers = response?.headers?.toJSON() ?? {};
  const code = headers["x-ms-error-code"];
  return {
    status: typeof statusCode === "number" ? statusCode : undefined,
    code: code !== undefined && /^[A-Za-z]{1,60}$/.test(code) ? code : undefined,
    headers,
  };
}

/** Without storage's own word no status means a lost race: a bare 409 may come from a proxy on the way. */
function meaningOf({ status, code }: BlobFailure): readonly [ErrorKind, ErrorReason?] {
  if (status === undefined) return ["invalid", "bad-reply"];
  if (status === 401) return ["denied", "bad-credentials"];
  if (status === 403) return ["denied", "missing-right"];
  const kind = kindOfStatus(status);
  if (kind === "throttled" || kind === "unreachable") return [kind];
  if (code === undefined) return ["invalid", "bad-reply"];
  if (lostRaces.has(code)) return ["conflict", "stale-writer"];
  if (writeProtected.has(code)) return ["denied", "read-only"];
  return ["invalid"];
}

/** Every failure of a call as `PortError`; a container that is missing is `invalid`, never an absent ledger. */
export function blobError(error: unknown, operation: string, key: string): PortError {
  if (error instanceof PortError) return relabel(error, system, operation, key);
  const failure = readFailure(error);
  const [kind, reason] = meaningOf(failure);
  const serverMs = Date.parse(failure.headers["date"] ?? "");
  const why = failure.status === undefined ? "not understood" : `status ${failure.status} ${failure.code ?? ""}`.trim();
  return new PortError(kind, `${system}: ${operation} ${key}: ${why}`, {
    system,
    operation,
    ...(reason === undefined ? {} : { reason }),
    ...waitMsOf(kind, failure.headers, Number.isNaN(serverMs) ? 0 : serverMs),
    ...(failure.status === undefined ? {} : { status: failure.status }),
  });
}
