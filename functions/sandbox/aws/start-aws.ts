import type { FaultBoard } from "../faults.ts";
import { IssuerDirectory } from "../identity/directory.ts";
import { type Listener, listen, type PartReply, type PartRequest } from "../listener.ts";
import { AccountIdentity } from "./account-identity.ts";
import { DynamoTables, type Item } from "./dynamo-tables.ts";
import { type Input, parseInput } from "./input.ts";
import { AwsQuotas, type AwsRates } from "./quotas.ts";
import { AwsRefusal, type AwsService, answer, refuse } from "./replies.ts";
import { S3Objects, S3Refusal } from "./s3-objects.ts";
import { describeSecret, getSecretValue, listSecretVersionIds } from "./secret-reads.ts";
import { SecretRecords } from "./secret-records.ts";
import { cancelRotateSecret, rotateSecret } from "./secret-rotation.ts";
import { updateSecretVersionStage } from "./secret-stages.ts";
import { createSecret, deleteSecret, putSecretValue } from "./secret-writes.ts";
import { checkSignature, type KnownKey } from "./signature.ts";
import { answerSts, isSts, sessionKey, stsAction, stsActions } from "./sts.ts";

export interface AwsOptions {
  readonly faults: FaultBoard;
  readonly nowMs: () => number;
  readonly port?: number;
  /** The one key that this account knows. */
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** `eu-central-1` where absent. */
  readonly region?: string;
  /** DynamoDB tables (hash key `pk`) that exist from the start. */
  readonly tables?: readonly string[];
  /** Absent: no limit; `documentedAwsRates` are Amazon's. */
  readonly rates?: AwsRates;
  /** S3 buckets that exist from the start. */
  readonly buckets?: readonly string[];
  /** `111122223333` where absent. */
  readonly account?: string;
  /** Where this account finds the keys of other issuers; one of its own where absent. */
  readonly directory?: IssuerDirectory;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A version as the account holds it; `stages` empty: deprecated. */
interface StoredVersion {
  readonly versionId: string;
  readonly stages: readonly string[];
  readonly createdMs: number;
  /** Null for a binary value and for a version that is not filled yet. */
  readonly value: string | null;
}

export interface AwsSandbox extends Listener {
  readonly region: string;
  /** Roles, OIDC providers and the account's own issuer; to be set up from inside. */
  readonly identity: AccountIdentity;
  /** The caller of a signed GetCallerIdentity that somebody else was handed; null where AWS would refuse it. */
  callerOf(request: SignedRequest): string | null;
  /** Every version of a secret, deprecated ones too, in order of creation; null: no such secret. */
  secret(name: string): readonly StoredVersion[] | null;
  item(table: string, key: string): Item | null;
}

/** As a client signed it, to be sent on by somebody else. */
export type SignedRequest = Pick<PartRequest, "method" | "target" | "query" | "headers" | "body">;

type Operation = (input: Input, request: PartRequest) => object;

function operations(secrets: SecretRecords, tables: DynamoTables): ReadonlyMap<string, Operation> {
  return new Map<string, Operation>([
    ["secretsmanager.CreateSecret", (input, { nowMs }) => createSecret(secrets, input, nowMs)],
    ["secretsmanager.PutSecretValue", (input, { nowMs }) => putSecretValue(secrets, input, nowMs)],
    ["secretsmanager.UpdateSecretVersionStage", (input, { nowMs }) => updateSecretVersionStage(secrets, input, nowMs)],
    ["secretsmanager.DeleteSecret", (input, { nowMs }) => deleteSecret(secrets, input, nowMs)],
    ["secretsmanager.RotateSecret", (input, { nowMs }) => rotateSecret(secrets, input, nowMs)],
    ["secretsmanager.CancelRotateSecret", (input) => cancelRotateSecret(secrets, input)],
    ["secretsmanager.GetSecretValue", (input, { stale }) => getSecretValue(secrets, input, stale)],
    ["secretsmanager.DescribeSecret", (input, { stale }) => describeSecret(secrets, input, stale)],
    ["secretsmanager.ListSecretVersionIds", (input, { stale }) => listSecretVersionIds(secrets, input, stale)],
    ["DynamoDB_20120810.CreateTable", (input) => tables.createTable(input)],
    ["DynamoDB_20120810.DescribeTable", (input) => tables.describeTable(input)],
    ["DynamoDB_20120810.GetItem", (input, { stale }) => tables.getItem(input, stale)],
    ["DynamoDB_20120810.PutItem", (input) => tables.putItem(input)],
  ]);
}

const targetOf = (request: PartRequest): string => String(request.headers["x-amz-target"] ?? "");

/** S3 has no target: its operations are methods on paths. */
const isS3 = (request: PartRequest): boolean => targetOf(request) === "" && request.path.split("/").length > 2;

function classify(request: PartRequest, known: ReadonlyMap<string, Operation>): string {
  if (isSts(request)) return stsActions.find((action) => action === stsAction(request)) ?? "other";
  if (isS3(request)) return request.method === "PUT" ? "PutObject" : "GetObject";
  return known.has(targetOf(request)) ? (targetOf(request).split(".")[1] ?? "other") : "other";
}

/**
 * One AWS account in one region: Secrets Manager (JSON 1.1), DynamoDB (JSON 1.0), S3 (path-style) and STS (query) on one listener,
 * by the documented rules; request kinds are the operations' names (`PutSecretValue`), `other` for
 * what is unknown. Rate quotas bite where `rates` are given.
 */
export async function startAws(options: AwsOptions): Promise<AwsSandbox> {
  const region = options.region ?? "eu-central-1";
  const secrets = new SecretRecords(region);
  const tables = new DynamoTables(options.tables ?? []);
  const known = operations(secrets, tables);
  const objects = new S3Objects(options.buckets ?? []);
  const quotas = new AwsQuotas(options.rates ?? {});
  const key: KnownKey = { accessKeyId: options.accessKeyId, secretAccessKey: options.secretAccessKey, region };
  const identity = new AccountIdentity(options.account ?? "111122223333", options.directory ?? new IssuerDirectory());
  let requests = 0;

  function handleS3(request: PartRequest, requestId: string): PartReply {
    try {
      checkSignature(request, "s3", sessionKey(request, identity, key));
      return objects.handle(request);
    } catch (error) {
      if (error instanceof S3Refusal) return error.reply(requestId);
      if (error instanceof AwsRefusal) return new S3Refusal(403, "SignatureDoesNotMatch").reply(requestId);
      throw error;
    }
  }

  function handle(request: PartRequest): PartReply {
    requests += 1;
    const requestId = `00000000-0000-4000-8000-${requests.toString(16).padStart(12, "0")}`;
    const target = targetOf(request);
    if (isS3(request)) return handleS3(request, requestId);
    if (isSts(request)) return answerSts(request, requestId, identity, key);
    const service: AwsService = target.startsWith("DynamoDB_") ? "dynamodb" : "secretsmanager";
    try {
      const operation = known.get(target);
      if (operation === undefined || request.method !== "POST") {
        throw new AwsRefusal("UnknownOperationException", "The requested operation is not known");
      }
      checkSignature(request, service, sessionKey(request, identity, key));
      quotas.take(target.split(".")[1] ?? "", request.nowMs);
      return answer(service, requestId, 200, operation(parseInput(request.body), request));
    } catch (error) {
      if (error instanceof AwsRefusal) return refuse(service, requestId, error);
      throw error;
    }
  }

  const listener = await listen({
    part: "aws",
    instance: "aws",
    faults: options.faults,
    nowMs: options.nowMs,
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    classify: (request) => classify(request, known),
    handle,
  });
  return {
    ...listener,
    region,
    identity,
    callerOf(request) {
      const signed = { ...request, path: "/", stale: false, asOfMs: null, nowMs: options.nowMs() };
      const reply = answerSts(signed, "forwarded", identity, key);
      return reply.status === 200 ? (/<Arn>([^<]+)</.exec(String(reply.body))?.[1] ?? null) : null;
    },
    item: (table, name) => tables.item(table, name),
    secret: (name) =>
      secrets.find(name)?.versions.map(({ versionId, stages, createdMs, value }) => ({
        versionId,
        stages,
        createdMs,
        value: value?.text ?? null,
      })) ?? null,
  };
}
