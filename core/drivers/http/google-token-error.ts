import { PortError } from "../../ports/errors.ts";
import { causeCode } from "./request.ts";

const tokenTimeoutMs = 20_000;

/** A status that the token's issuer answered, where it answered at all. */
function statusOf(error: unknown): number | undefined {
  const { status, response } = (typeof error === "object" && error !== null ? error : {}) as {
    status?: unknown;
    response?: { status?: unknown };
  };
  for (const found of [response?.status, status]) if (typeof found === "number") return found;
  return undefined;
}

/**
 * An error of `google-auth-library`. Its messages may quote replies and files: kept out, like everything but a
 * status and a code. `without`: what it means that nobody answered anything.
 */
export function googleTokenError(error: unknown, system: string, operation: string, without: string): PortError {
  if (error instanceof PortError) return error;
  const status = statusOf(error);
  const code = causeCode(error);
  const where = { system, operation, ...(status === undefined ? {} : { status }) };
  const network = /^(E[A-Z_]+|UND_ERR_\w+|AbortError|TimeoutError)$/.test(code);
  if (network || (status !== undefined && (status === 429 || status >= 500))) {
    const why = status === undefined ? code : `status ${status}`;
    return new PortError("unreachable", `${system}: no access token could be had (${why})`, where);
  }
  const why = status === undefined ? without : `status ${status}`;
  return new PortError("denied", `${system}: no access token (${why})`, { ...where, reason: "bad-credentials" });
}

/** The library repeats by itself what got no answer; this bounds all of it. Throws a `TimeoutError`. */
export async function withinTokenTimeout<T>(work: Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(tokenTimeoutMs);
  return Promise.race([
    work,
    new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true })),
  ]);
}
