import { PortError } from "../../ports/errors.ts";
import { type Presented, type TrustFault, TrustRefused } from "../../ports/trust.ts";
import { googleTokenError } from "../http/google-token-error.ts";
import { presentedText } from "../http/presented.ts";

export const system = "google-sts";
export const operation = "token";

type Meaning = readonly [TrustFault, string];

/**
 * Refusals of the token exchange (RFC 6749 §5.2 by their `error`). `invalid_grant` stands for whatever is wrong
 * with the token, and only its description tells what; one that is not known here stays `refused`.
 */
const byError: Readonly<Record<string, Meaning>> = {
  invalid_target: ["no-federation", "there is no such workload identity pool or provider, or it is disabled"],
  unauthorized_client: ["subject", "the provider's attribute condition rejects the identity"],
};
const byDescription: readonly (readonly [RegExp, Meaning])[] = [
  [/\baudience\b.*\bmatch/i, ["audience", "the provider does not allow the audience"]],
  [/\bissuer\b.*\bmatch/i, ["issuer", "the provider expects another issuer"]],
  [/\baws account\b/i, ["issuer", "the provider expects another AWS account"]],
  [/\bstale\b|\bexpired\b/i, ["expired", "the token has expired by the clock of Google"]],
];
const unknownGrant: Meaning = ["refused", "the provider does not accept the token (invalid_grant)"];

function meaningOf(error: string, description: string): Meaning {
  const named = byError[error];
  if (named !== undefined) return named;
  if (error !== "invalid_grant") return ["refused", `refused (${error})`];
  return byDescription.find(([pattern]) => pattern.test(description))?.[1] ?? unknownGrant;
}

interface Answered {
  readonly message?: unknown;
  readonly response?: { readonly status?: unknown; readonly config?: { readonly url?: unknown } };
}

/** `TrustRefused` for what says something about trust, else as every other login of Google's. Nothing is quoted. */
export function exchangeError(error: unknown, serviceAccount: string, presented: Presented): PortError {
  if (error instanceof PortError) return error;
  const { message, response } = (typeof error === "object" && error !== null ? error : {}) as Answered;
  const said = /^Error code ([a-z_]{1,40})\b(?:: (.*))?/s.exec(typeof message === "string" ? message : "");
  if (said !== null && response?.status !== undefined && Number(response.status) < 429) {
    return refused(meaningOf(said[1] ?? "", said[2] ?? ""), presented);
  }
  const isImpersonation = String(response?.config?.url ?? "").endsWith(":generateAccessToken");
  if (isImpersonation && (response?.status === 403 || response?.status === 404)) {
    const why = `the service account ${serviceAccount} does not let this identity in, or is not there`;
    return refused(["not-authorized", why], presented);
  }
  return googleTokenError(error, system, operation, "the exchange failed");
}

function refused([fault, why]: Meaning, presented: Presented): TrustRefused {
  const text = `${system}: ${operation}: ${why}${presentedText(presented)}`;
  return new TrustRefused(fault, text, { system, operation }, presented);
}
