import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { PortError } from "../../ports/errors.ts";
import type { StoreNotices } from "../../ports/store-notices.ts";
import { type AwsAccess, awsClientConfig } from "../http/aws-client.ts";
import { awsError } from "../http/aws-errors.ts";
import { described, shaped, system } from "./reply-shapes.ts";

/**
 * Secrets Manager's own rotation on a secret of ours: its function writes values that we never made, and each tick
 * takes them back. Nothing is changed here: whoever switched it on switches it off. Rights: `DescribeSecret`.
 */
export function createAwsNotices(access: AwsAccess): StoreNotices {
  const client = new SecretsManagerClient(awsClientConfig(access, system));
  return {
    async notices(name) {
      try {
        const reply = await client.send(new DescribeSecretCommand({ SecretId: name }));
        if (shaped(described, "DescribeSecret", name, reply).RotationEnabled !== true) return [];
      } catch (error) {
        const failed = awsError(error, system, "DescribeSecret", name);
        if (failed instanceof PortError && failed.kind === "not-found") return [];
        throw failed;
      }
      return [
        `Secrets Manager's own rotation is switched on for ${name}: it would write values of its own over ours, and each tick would take them back. Switch it off: aws secretsmanager cancel-rotate-secret --secret-id ${name}`,
      ];
    },
  };
}
