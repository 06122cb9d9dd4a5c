import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { PortError } from "../../ports/errors.ts";
import type { SecretStore, StoreVersion, VersionFacts } from "../../ports/secret-store.ts";
import { Secret } from "../../secret.ts";
import { type AwsAccess, awsClientConfig } from "../http/aws-client.ts";
import { type StoreLimits, withinLimits } from "../http/store-limits.ts";
import { currentLabel, epochOf, ownLabels, placeholder } from "./labels.ts";
import { badReply, type Held, system } from "./reply-shapes.ts";
import { readRound, writeRound } from "./round.ts";
import { createService, type Service } from "./service.ts";
import { discardVersions, flipValue, stageValue } from "./writes.ts";

export interface AwsSecretStoreOptions extends AwsAccess {
  /** Set on each secret when it is created; existing ones are left as they are. */
  readonly tags?: Readonly<Record<string, string>>;
  /** KMS key of each secret that is created (id, ARN or alias); absent: the account's `aws/secretsmanager`. */
  readonly kmsKeyId?: string | undefined;
}

/** API reference, CreateSecret; user guide, quotas ("Length of a secret"). A reader may name a secret by its ARN. */
const limits: StoreLimits = {
  system,
  namePattern: /^(arn:[A-Za-z0-9/_+=.@:-]+|[A-Za-z0-9/_+=.@-]+)$/,
  nameCharactersMax: 512 - "-round".length,
  nameAllows: "letters, digits and /_+=.@-",
  valueBytesMax: 65_536,
};

function versionOf(name: string, reply: Held): StoreVersion {
  const text = reply.SecretString ?? (reply.SecretBinary && Buffer.from(reply.SecretBinary).toString("utf8"));
  if (text === undefined) throw badReply("GetSecretValue", name, "no value in it");
  return { versionId: reply.VersionId, value: new Secret(text) };
}

/** A version without labels is discarded for us, although AWS still gives it out by its id for a while. */
async function readVersion(service: Service, name: string, versionId: string): Promise<StoreVersion> {
  const reply = await service.get(name, { VersionId: versionId });
  if (
    reply === null ||
    ownLabels(reply.VersionStages ?? []).length === 0 ||
    reply.VersionId === placeholder.versionId
  ) {
    const message = `${system}: readVersion ${name}: no such version, or discarded`;
    throw new PortError("not-found", message, { system, operation: "readVersion" });
  }
  return versionOf(name, reply);
}

/** DescribeSecret tells every labelled version in one answer: at most twenty labels fit one secret. */
async function listVersions(service: Service, name: string): Promise<readonly VersionFacts[]> {
  const facts = [...((await service.describe(name)) ?? [])].map(([versionId, labels]) => ({
    versionId,
    labels,
    epoch: epochOf(labels),
    current: labels.includes(currentLabel),
  }));
  // Some stand-ins tell deprecated versions unasked.
  const living = facts.filter(
    ({ versionId, labels }) => ownLabels(labels).length > 0 && versionId !== placeholder.versionId,
  );
  return living.map(({ versionId, epoch, current }) => ({ versionId, epoch, current }));
}

/**
 * One AWS account and region as a secret store. Every generation is a version of the secret `name`
 * under a label of its own (`capstan-e<epoch>`, kept until it is discarded); AWSPENDING is left to
 * the service's own rotation. A flip moves AWSCURRENT from exactly the version it replaces. Rights:
 * `CreateSecret`, `TagResource` (with `tags`), `DescribeSecret`, `GetSecretValue`, `PutSecretValue`, `UpdateSecretVersionStage`. At most 20 labels fit one secret: 18 living generations.
 */
export function createAwsSecretStore(options: AwsSecretStoreOptions): SecretStore {
  const client = new SecretsManagerClient(awsClientConfig(options, system));
  const service = createService(client, { tags: options.tags ?? {}, kmsKeyId: options.kmsKeyId });
  const store: SecretStore = {
    stage: async (name, value, tag, token) => ({ versionId: await stageValue(service, name, value, tag, token) }),
    flip: async (name, request) => ({ versionId: await flipValue(service, name, request) }),
    discard: (name, versionIds) => discardVersions(service, name, versionIds),
    listVersions: (name) => listVersions(service, name),
    readVersion: (name, versionId) => readVersion(service, name, versionId),
    async readCurrent(name) {
      const reply = await service.get(name, { VersionStage: currentLabel });
      return reply === null || reply.VersionId === placeholder.versionId ? null : versionOf(name, reply);
    },
    readRound: (name) => readRound(service, name),
    writeRound: (name, round) => writeRound(service, name, round),
  };
  return withinLimits(store, limits);
}
