import { GetCallerIdentityCommand, GetWebIdentityTokenCommand, STSClient } from "@aws-sdk/client-sts";
import { PortError } from "../../ports/errors.ts";
import { type Presented, TrustRefused } from "../../ports/trust.ts";
import { Secret } from "../../secret.ts";
import { type AwsAccess, awsClientConfig } from "../http/aws-client.ts";
import { awsError } from "../http/aws-errors.ts";
import { nobody } from "../http/presented.ts";
import { noTokenReason, system } from "./failures.ts";

const operation = "GetWebIdentityToken";
/** Long enough for one exchange and clocks a little apart; the token is asked for anew each time. */
const tokenSeconds = 300;

/**
 * Tokens that prove to others who this AWS principal is, one per call. RS256, because Entra and Google take no
 * ES384 (the other algorithm of STS). The account must have outbound identity federation on, the principal
 * `sts:GetWebIdentityToken`. Throws `TrustRefused` (`no-token`) and `PortError`.
 */
export function createWebIdentityTokens(access: AwsAccess, audience: string): () => Promise<Secret> {
  const client = new STSClient(awsClientConfig(access, system));
  const command = { Audience: [audience], SigningAlgorithm: "RS256", DurationSeconds: tokenSeconds };
  return async () => {
    try {
      const { WebIdentityToken: token } = await client.send(new GetWebIdentityTokenCommand(command));
      if (token !== undefined && token !== "") return new Secret(token);
    } catch (error) {
      const why = noTokenReason(error);
      if (why === null) throw awsError(error, system, operation, audience);
      const text = `${system}: ${operation} ${audience}: ${why}`;
      throw new TrustRefused("no-token", text, { system, operation }, { ...nobody, audience });
    }
    const message = `${system}: ${operation} ${audience}: a good status, and no token`;
    throw new PortError("invalid", message, { system, operation, reason: "bad-reply" });
  };
}

/** Who AWS says is calling. Needs no right. Throws `PortError`. */
export async function callerIdentity(access: AwsAccess): Promise<Presented> {
  try {
    const { Arn: arn } = await new STSClient(awsClientConfig(access, system)).send(new GetCallerIdentityCommand({}));
    return { ...nobody, subject: arn ?? null };
  } catch (error) {
    throw awsError(error, system, "GetCallerIdentity", "caller");
  }
}
