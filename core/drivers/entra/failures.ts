import { PortError } from "../../ports/errors.ts";
import { type Presented, type TrustFault, TrustRefused } from "../../ports/trust.ts";
import { presentedText } from "../http/presented.ts";
import { kindOfStatus } from "../http/request.ts";

export const system = "entra";
const operation = "token";

type Meaning = readonly [TrustFault, string];

/**
 * Codes of Entra's error reference, by their beginnings: the last digits tell finer shades (7002138: the
 * subject differs in upper and lower case alone).
 */
const meanings: readonly (readonly [string, Meaning])[] = [
  ["700211", ["issuer", "no federated credential of the application has this issuer"]],
  ["700212", ["audience", "no federated credential of the application has this audience"]],
  ["700213", ["subject", "no federated credential of the application has this subject"]],
  ["70021", ["no-federation", "no federated credential of the application matches"]],
  ["700016", ["no-federation", "the tenant has no application or identity with this client id"]],
  ["90002", ["no-federation", "there is no such tenant"]],
  ["700024", ["expired", "the token has expired by the clock of Entra"]],
];

/** The PortError of a transport or of the other cloud, which the SDK wraps as it likes. */
function ours(error: unknown): PortError | null {
  if (error instanceof PortError) return error;
  const cause = error instanceof Error ? error.cause : undefined;
  return cause === undefined ? null : ours(cause);
}

/** Of the SDK's messages only the digits after AADSTS are read; they quote what Entra said. */
export function entraError(error: unknown, lastStatus: number | null, presented: Presented): PortError {
  const before = ours(error);
  if (before !== null) return before;
  const code = /AADSTS(\d{4,9})\b/.exec(error instanceof Error ? error.message : "")?.[1];
  if (code !== undefined) {
    const [fault, why] = meanings.find(([start]) => code.startsWith(start))?.[1] ?? (["refused", "refused"] as const);
    const text = `${system}: ${operation}: ${why} (AADSTS${code})${presentedText(presented)}`;
    return new TrustRefused(fault, text, { system, operation }, presented);
  }
  const where = { system, operation, ...(lastStatus === null ? {} : { status: lastStatus }) };
  if (lastStatus === null) return new PortError("unreachable", `${system}: ${operation}: no answer`, where);
  const message = `${system}: ${operation}: status ${lastStatus}`;
  const kind = kindOfStatus(lastStatus);
  if (lastStatus < 300) return new PortError("invalid", message, { ...where, reason: "bad-reply" });
  if (kind === "throttled" || kind === "unreachable") return new PortError(kind, message, where);
  return new PortError("denied", message, { ...where, reason: "bad-credentials" });
}
