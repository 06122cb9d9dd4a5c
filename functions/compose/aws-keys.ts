import type { AwsAccess, AwsKeySource, AwsKeys } from "../../core/drivers/http/aws-client.ts";
import { Secret } from "../../core/secret.ts";

/** Keys for who signs by himself: those of a login, else of the SDK's own chain (which keeps them while they live). */
export async function keySourceOf({
  region,
  credentials,
}: Pick<AwsAccess, "region" | "credentials">): Promise<AwsKeySource> {
  if (typeof credentials === "function") return credentials;
  if (credentials !== undefined) return async () => credentials;
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  const chain = defaultProvider({ clientConfig: { region } });
  return async (): Promise<AwsKeys> => {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await chain();
    return {
      accessKeyId,
      secretAccessKey: new Secret(secretAccessKey),
      ...(sessionToken === undefined ? {} : { sessionToken: new Secret(sessionToken) }),
      ...(expiration === undefined ? {} : { endsMs: expiration.getTime() }),
    };
  };
}
