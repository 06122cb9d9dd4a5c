import { AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { PortError } from "../../ports/errors.ts";
import { Secret } from "../../secret.ts";
import { type AwsAccess, type AwsKeySource, type AwsKeys, awsClientConfig } from "../http/aws-client.ts";
import { presentedBy } from "../http/presented.ts";
import { stsError, system } from "./failures.ts";

const operation = "AssumeRoleWithWebIdentity";
/** Before their end; as long as the SDK itself takes for a safe distance. */
const renewMs = 5 * 60_000;

export interface AssumedRoleOptions extends Omit<AwsAccess, "credentials"> {
  readonly roleArn: string;
  /** 2 to 64 of `[\w+=,.@-]`; CloudTrail shows it. */
  readonly sessionName: string;
  /** A token of the other cloud, asked for at each exchange. */
  readonly token: () => Promise<Secret>;
  readonly nowMs: () => number;
}

/**
 * Temporary keys of a role for a token of another cloud, kept until five minutes before their end; calls at the
 * same time share one exchange. Throws `TrustRefused` and `PortError`.
 */
export function createAssumedRole(options: AssumedRoleOptions): AwsKeySource {
  const { roleArn, sessionName, token, nowMs, ...access } = options;
  const client = new STSClient(awsClientConfig(access, system));
  let kept: AwsKeys | null = null;
  let asking: Promise<AwsKeys> | null = null;

  async function exchange(): Promise<AwsKeys> {
    const shown = await token();
    const command = new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn,
      RoleSessionName: sessionName,
      WebIdentityToken: shown.reveal(),
    });
    const reply = await client.send(command).catch((error: unknown) => {
      throw stsError(error, operation, roleArn, presentedBy(shown));
    });
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = reply.Credentials ?? {};
    if (AccessKeyId === undefined || SecretAccessKey === undefined || SessionToken === undefined) {
      const message = `${system}: ${operation} ${roleArn}: a good status, and no keys`;
      throw new PortError("invalid", message, { system, operation, reason: "bad-reply" });
    }
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: new Secret(SecretAccessKey),
      sessionToken: new Secret(SessionToken),
      ...(Expiration === undefined ? {} : { endsMs: Expiration.getTime() }),
    };
  }

  return async () => {
    if (kept?.endsMs !== undefined && kept.endsMs - nowMs() > renewMs) return kept;
    asking ??= exchange().finally(() => {
      asking = null;
    });
    kept = await asking;
    return kept;
  };
}
