import { PortError } from "../../ports/errors.ts";
import { Secret } from "../../secret.ts";
import { causeCode } from "./request.ts";

const system = "gcp-credential";
const scope = "https://www.googleapis.com/auth/cloud-platform";
const tokenTimeoutMs = 20_000;

export type GcpCredential =
  /** Application default credentials: service account of the function, workload identity, gcloud login. */
  { readonly kind: "default" } | { readonly kind: "token"; readonly token: () => Promise<Secret> | Secret };

/** A status that the token's issuer answered, where it answered at all. */
function statusOf(error: unknown): number | undefined {
  const { status, response } = (typeof error === "object" && error !== null ? error : {}) as {
    status?: unknown;
    response?: { status?: unknown };
  };
  for (const found of [response?.status, status]) if (typeof found === "number") return found;
  return undefined;
}

/** The library's messages may quote replies and files: kept out, like everything but a status and a code. */
function tokenError(error: unknown): PortError {
  if (error instanceof PortError) return error;
  const status = statusOf(error);
  const code = causeCode(error);
  const where = { system, operation: "getAccessToken", ...(status === undefined ? {} : { status }) };
  const network = /^(E[A-Z_]+|UND_ERR_\w+|AbortError|TimeoutError)$/.test(code);
  if (network || (status !== undefined && (status === 429 || status >= 500))) {
    const why = status === undefined ? code : `status ${status}`;
    return new PortError("unreachable", `${system}: no access token could be had (${why})`, where);
  }
  const why = status === undefined ? "no usable application default credentials" : `status ${status}`;
  return new PortError("denied", `${system}: no access token (${why})`, { ...where, reason: "bad-credentials" });
}

async function within<T>(work: Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(tokenTimeoutMs);
  return Promise.race([
    work,
    new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true })),
  ]);
}

/**
 * Gives an access token for Google's APIs each time it is called; the library keeps a token until shortly
 * before its end. `google-auth-library` is loaded at the first call: a site elsewhere never pays for it.
 * Throws `denied` (`bad-credentials`) and `unreachable`.
 */
export function createGcpAccessToken(credential: GcpCredential): () => Promise<Secret> {
  if (credential.kind === "token") return async () => credential.token();
  let auth: Promise<{ getAccessToken(): Promise<string | null | undefined> }> | undefined;
  return async () => {
    try {
      auth ??= import("./google-auth.ts").then(({ GoogleAuth }) => new GoogleAuth({ scopes: [scope] }));
      const token = await within((await auth).getAccessToken());
      if (typeof token === "string" && /^[\x21-\x7e]+$/.test(token)) return new Secret(token);
    } catch (error) {
      throw tokenError(error);
    }
    throw new PortError("denied", `${system}: an access token that is none`, {
      system,
      operation: "getAccessToken",
      reason: "bad-credentials",
    });
  };
}
