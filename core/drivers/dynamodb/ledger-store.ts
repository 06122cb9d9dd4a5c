import { randomBytes } from "node:crypto";
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  type DynamoDBClientConfig,
  GetItemCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Entropy } from "../../ports/entropy.ts";
import { PortError } from "../../ports/errors.ts";
import type { LedgerRecord, LedgerStore } from "../../ports/ledger-store.ts";
import { type AwsAccess, awsClientConfig } from "../http/aws-client.ts";
import { awsError } from "../http/aws-errors.ts";
import { UnsureWrites } from "./unsure-writes.ts";

const system = "dynamodb";
const revisionBytes = 16;
/** An item may have 400 KB, names and revision included (developer guide, constraints). */
const textBytesMax = 390_000;

export interface DynamoLedgerOptions extends AwsAccess {
  /** An existing table with the text hash key `pk` and no sort key. */
  readonly table: string;
  /** Where revisions come from; absent: the operating system. */
  readonly entropy?: Entropy;
}

type Command = GetItemCommand | PutItemCommand;
interface Heard {
  serverMs: number | null;
}

/** Notes the reply's `Date` on its way in: outputs of the SDK do not carry headers. */
function hearing<C extends Command>(command: C): { readonly command: C; readonly heard: Heard } {
  const heard: Heard = { serverMs: null };
  (command as GetItemCommand).middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { headers } = result.response as { headers?: Readonly<Record<string, string>> };
      const dateMs = Date.parse(headers?.["date"] ?? "");
      heard.serverMs = Number.isNaN(dateMs) ? null : dateMs;
      return result;
    },
    { step: "deserialize", priority: "low", name: "capstanServerTime" },
  );
  return { command, heard };
}

function recordOf(item: Readonly<Record<string, AttributeValue>>): LedgerRecord | null {
  const [revision, text] = [item["revision"]?.S, item["text"]?.S];
  return revision === undefined || text === undefined ? null : { revision, text };
}

function invalid(operation: string, key: string, why: string, reason: "bad-reply" | "too-large"): PortError {
  return new PortError("invalid", `${system}: ${operation} ${key}: ${why}`, { system, operation, reason });
}

/** A missing table is a wrong setting, never an absent ledger. */
function tableMissing(error: PortError, table: string): PortError {
  if (error.kind !== "not-found") return error;
  const { operation } = error;
  return new PortError("invalid", `${system}: ${operation}: there is no table ${table}`, { system, operation });
}

/**
 * Ledgers as items `{pk, revision, text}` of one table. Every save draws a random revision and is one
 * conditional put, so exactly one of several writers wins. After `unreachable` the very same save may
 * be called again: if the first one had arrived, the repeat succeeds with its revision.
 * Rights: `dynamodb:GetItem`, `dynamodb:PutItem` on the table.
 */
export function createDynamoLedger(options: DynamoLedgerOptions): LedgerStore {
  const { table } = options;
  const config: DynamoDBClientConfig = awsClientConfig(options, system);
  const client = new DynamoDBClient(config);
  const hex = (bytes: number): string => options.entropy?.hex(bytes) ?? randomBytes(bytes).toString("hex");
  const unsure = new UnsureWrites();

  async function load(key: string) {
    const { command, heard } = hearing(
      new GetItemCommand({ TableName: table, Key: { pk: { S: key } }, ConsistentRead: true }),
    );
    const reply = await client.send(command).catch((error: unknown) => {
      throw tableMissing(awsError(error, system, "GetItem", key), table);
    });
    if (reply.Item === undefined) {
      // An empty document is also what something between might send: absence must come from the table.
      if (reply.$metadata.requestId === undefined) throw invalid("GetItem", key, "no request id", "bad-reply");
      return { record: null, serverMs: heard.serverMs };
    }
    const record = recordOf(reply.Item);
    if (record === null) throw invalid("GetItem", key, "an item that is no ledger", "bad-reply");
    return { record, serverMs: heard.serverMs };
  }

  async function save(key: string, expected: string | null, text: string) {
    const bytes = Buffer.byteLength(text);
    if (bytes > textBytesMax) throw invalid("PutItem", key, `${bytes} bytes, over ${textBytesMax}`, "too-large");
    const revision = unsure.take(key, expected, text) ?? hex(revisionBytes);
    const { command, heard } = hearing(
      new PutItemCommand({
        TableName: table,
        Item: { pk: { S: key }, revision: { S: revision }, text: { S: text } },
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
        ...(expected === null
          ? { ConditionExpression: "attribute_not_exists(pk)" }
          : {
              ConditionExpression: "#revision = :expected",
              ExpressionAttributeNames: { "#revision": "revision" },
              ExpressionAttributeValues: { ":expected": { S: expected } },
            }),
      }),
    );
    try {
      const reply = await client.send(command);
      if (reply.$metadata.requestId === undefined) throw invalid("PutItem", key, "no request id", "bad-reply");
    } catch (error) {
      const there = error instanceof ConditionalCheckFailedException ? error.Item?.["revision"]?.S : undefined;
      if (there === revision) return { revision, serverMs: heard.serverMs };
      const failure = tableMissing(awsError(error, system, "PutItem", key), table);
      if (failure.kind === "unreachable" || failure.reason === "bad-reply")
        unsure.remember(key, expected, text, revision);
      throw failure;
    }
    return { revision, serverMs: heard.serverMs };
  }

  return { load, save };
}
