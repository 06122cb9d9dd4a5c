import { PortError } from "../../ports/errors.ts";
import { type Presented, type TrustFault, TrustRefused } from "../../ports/trust.ts";
import { awsError } from "../http/aws-errors.ts";
import { presentedText } from "../http/presented.ts";

export const system = "aws-sts";

type Meaning = readonly [TrustFault, string];

/** What STS answers to a web identity (API reference, AssumeRoleWithWebIdentity). */
const meanings: Readonly<Record<string, Meaning>> = {
  AccessDenied: ["not-authorized", "the role does not trust this identity, or there is no such role"],
  ExpiredTokenException: ["expired", "the token has expired by the clock of AWS"],
  IDPRejectedClaim: ["refused", "the issuer rejected the token (IDPRejectedClaim)"],
  IDPCommunicationError: ["refused", "AWS cannot reach the issuer's keys (IDPCommunicationError)"],
  InvalidIdentityToken: ["refused", "AWS does not accept the token (InvalidIdentityToken)"],
};

/** `InvalidIdentityToken` is told apart by its text: it stands for a missing provider and a wrong audience, too. */
const byText: readonly (readonly [RegExp, Meaning])[] = [
  [/no openidconnect provider found/i, ["no-federation", "the account has no OIDC provider for the issuer"]],
  [/incorrect token audience/i, ["audience", "the OIDC provider of the account does not list the audience"]],
];

/** The suffix that the SDK's classes have and the wire has not. */
const bareName = (name: string): string => (name in meanings ? name : name.replace(/Exception$/, ""));

function read(error: unknown): { readonly code: string; readonly message: string } {
  const { name, message } = (typeof error === "object" && error !== null ? error : {}) as Readonly<
    Record<"name" | "message", unknown>
  >;
  return { code: typeof name === "string" ? bareName(name) : "", message: typeof message === "string" ? message : "" };
}

/** Why AWS gives this caller no web identity token; null: for a reason that says nothing about trust. */
export function noTokenReason(error: unknown): string | null {
  const { code } = read(error);
  if (code === "OutboundWebIdentityFederationDisabled") return "outbound identity federation is off in the account";
  return code === "AccessDenied" ? "the caller lacks sts:GetWebIdentityToken" : null;
}

/** `TrustRefused` for what says something about trust, else as every other AWS error. Nothing is quoted. */
export function stsError(error: unknown, operation: string, subject: string, presented: Presented): PortError {
  if (error instanceof PortError) return error;
  const { code, message } = read(error);
  const said = code === "InvalidIdentityToken" ? message : "";
  const meaning = byText.find(([pattern]) => pattern.test(said))?.[1] ?? meanings[code];
  if (meaning === undefined) return awsError(error, system, operation, subject);
  const [fault, why] = meaning;
  const text = `${system}: ${operation} ${subject}: ${why}${presentedText(presented)}`;
  return new TrustRefused(fault, text, { system, operation }, presented);
}
