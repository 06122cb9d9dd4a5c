import { PortError } from "./errors.ts";

export type CloudName = "aws" | "azure" | "gcp";

/**
 * What is wrong between an identity of one cloud and an account of another, as far as the clouds tell:
 * - `no-token`: the cloud that is left gives this identity no token for the audience.
 * - `no-federation`: the account knows nothing of the issuer: no OIDC provider, no pool or provider, no application.
 * - `issuer`, `audience`, `subject`: known, but this one of the three is not what the account expects.
 * - `not-authorized`: role or service account do not let the identity in, or are not there; the cloud does not
 *   tell which of issuer, subject and audience it is.
 * - `expired`: the token is, by the clock of the cloud that was asked.
 * - `refused`: something else; the message has the cloud's own code.
 */
export type TrustFault =
  | "no-token"
  | "no-federation"
  | "issuer"
  | "audience"
  | "subject"
  | "not-authorized"
  | "expired"
  | "refused";

/** Who knocked: claims of the token that was shown, or the caller of a signed request. No secrets; null: not known. */
export interface Presented {
  readonly issuer: string | null;
  readonly subject: string | null;
  readonly audience: string | null;
}

/** A login into another cloud that was refused for want of trust: `denied`, `bad-credentials`. */
export class TrustRefused extends PortError {
  readonly fault: TrustFault;
  readonly presented: Presented;

  constructor(fault: TrustFault, message: string, where: { system: string; operation: string }, presented: Presented) {
    super("denied", message, { ...where, reason: "bad-credentials" });
    this.fault = fault;
    this.presented = presented;
  }
}

/** Looks whether this process gets into one site, without writing anything. */
export interface TrustInspection {
  /** The cloud whose identity this process shows. */
  readonly from: CloudName;
  /** Logs in once. Throws `TrustRefused`, and `PortError` for what says nothing about trust. */
  tryLogin(): Promise<void>;
}
