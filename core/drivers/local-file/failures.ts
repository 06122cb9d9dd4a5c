import { type ErrorKind, type ErrorReason, PortError } from "../../ports/errors.ts";

/** A `PortError` of this driver. `why` names files and numbers, never what stands in a file. */
export function localFailure(kind: ErrorKind, operation: string, why: string, reason?: ErrorReason): PortError {
  return new PortError(kind, `local-file: ${operation}: ${why}`, {
    system: "local-file",
    operation,
    ...(reason === undefined ? {} : { reason }),
  });
}

/** The operating system's code of an error (`ENOENT` …), null for anything else. */
export function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

/** What a failed file operation means to the caller of a port. */
export function fileFailure(error: unknown, operation: string, path: string): PortError {
  if (error instanceof PortError) return error;
  const code = codeOf(error);
  if (code === "EACCES" || code === "EPERM") {
    return localFailure("denied", operation, `${path}: no permission (${code})`, "missing-right");
  }
  if (code === "EROFS") return localFailure("denied", operation, `${path}: read-only file system`, "read-only");
  if (code === "ENAMETOOLONG" || code === "EISDIR" || code === "ENOTDIR") {
    return localFailure("invalid", operation, `${path}: not a usable file (${code})`);
  }
  return localFailure("unreachable", operation, `${path}: ${code ?? "failed"}`);
}
