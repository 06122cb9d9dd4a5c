import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { PortError } from "../../ports/errors.ts";
import type { Secret } from "../../secret.ts";
import { awsError, awsErrorName } from "../http/aws-errors.ts";
import type { Stages } from "./labels.ts";
import { badReply, described, type Held, held, put, shaped, system, written } from "./reply-shapes.ts";

interface LabelMove {
  readonly label: string;
  /** Null: the label is taken away. */
  readonly to: string | null;
  /** The version that must have the label now; null: none may have it. */
  readonly from: string | null;
}

/** The few operations of Secrets Manager that the store is made of, with errors as `PortError`. */
export interface Service {
  /** False where a secret of this name is there already. */
  create(name: string, text: string, token: string): Promise<boolean>;
  /** The labels that the version has afterwards. Absent `labels`: AWSCURRENT moves to it. */
  put(name: string, value: Secret, token: string, labels?: readonly string[]): Promise<readonly string[]>;
  /** Null: the secret, or a value of that label or version, is absent. */
  get(name: string, which: { VersionId: string } | { VersionStage: string }): Promise<Held | null>;
  /** Null: absent. */
  describe(name: string): Promise<Stages | null>;
  /** False where the labels are not as the move expects: the service refuses it whole. */
  move(name: string, move: LabelMove): Promise<boolean>;
}

async function call<T>(operation: string, name: string, reply: Promise<T>): Promise<T> {
  try {
    return await reply;
  } catch (error) {
    throw awsError(error, system, operation, name);
  }
}

async function unlessAbsent<T>(operation: string, name: string, reply: Promise<T>): Promise<T | null> {
  return call(operation, name, reply).catch((error: unknown) => {
    if (error instanceof PortError && error.kind === "not-found") return null;
    throw error;
  });
}

function createReads(client: SecretsManagerClient): Pick<Service, "get" | "describe"> {
  return {
    async get(name, which) {
      const command = new GetSecretValueCommand({ SecretId: name, ...which });
      const reply = await unlessAbsent("GetSecretValue", name, client.send(command));
      return reply === null ? null : shaped(held, "GetSecretValue", name, reply);
    },

    async describe(name) {
      const command = new DescribeSecretCommand({ SecretId: name });
      const reply = await unlessAbsent("DescribeSecret", name, client.send(command));
      if (reply === null) return null;
      return new Map(Object.entries(shaped(described, "DescribeSecret", name, reply).VersionIdsToStages ?? {}));
    },
  };
}

/** What each secret gets when it is created. */
export interface NewSecret {
  readonly tags: Readonly<Record<string, string>>;
  readonly kmsKeyId: string | undefined;
}

export function createService(client: SecretsManagerClient, { tags, kmsKeyId }: NewSecret): Service {
  return {
    ...createReads(client),

    async create(name, text, token) {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      const input = {
        Name: name,
        SecretString: text,
        ClientRequestToken: token,
        ...(Tags.length > 0 ? { Tags } : {}),
        ...(kmsKeyId === undefined ? {} : { KmsKeyId: kmsKeyId }),
      };
      try {
        shaped(
          written,
          "CreateSecret",
          name,
          await call("CreateSecret", name, client.send(new CreateSecretCommand(input))),
        );
        return true;
      } catch (error) {
        if (error instanceof PortError && error.reason === "already-exists") return false;
        throw error;
      }
    },

    async put(name, value, token, labels) {
      const input = { SecretId: name, SecretString: value.reveal(), ClientRequestToken: token };
      const command = new PutSecretValueCommand(
        labels === undefined ? input : { ...input, VersionStages: [...labels] },
      );
      const reply = shaped(put, "PutSecretValue", name, await call("PutSecretValue", name, client.send(command)));
      if (reply.VersionId !== token) throw badReply("PutSecretValue", name, "another version id than asked for");
      return reply.VersionStages ?? [];
    },

    async move(name, { label, to, from }) {
      const versions = { MoveToVersionId: to ?? undefined, RemoveFromVersionId: from ?? undefined };
      const command = new UpdateSecretVersionStageCommand({ SecretId: name, VersionStage: label, ...versions });
      try {
        shaped(written, "UpdateSecretVersionStage", name, await client.send(command));
        return true;
      } catch (error) {
        if (awsErrorName(error) === "InvalidParameterException") return false;
        throw awsError(error, system, "UpdateSecretVersionStage", name);
      }
    },
  };
}
