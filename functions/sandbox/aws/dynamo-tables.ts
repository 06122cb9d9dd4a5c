import type { Input } from "./input.ts";
import { AwsRefusal } from "./replies.ts";

/** Attribute name → `{ "S": "…" }` and the like, as it travels. */
export type Item = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const itemBytesMax = 400 * 1024;
const invalid = (message: string): AwsRefusal => new AwsRefusal("ValidationException", message);

interface Table {
  readonly hashKey: string;
  readonly items: Map<string, { readonly now: Item; readonly before: Item | null }>;
}

function itemOf(input: Input, name: string): Item {
  const value = input[name];
  if (typeof value !== "object" || value === null) throw invalid(`${name} is required`);
  return value as Item;
}

/** One clause of a ConditionExpression: `attribute_exists(x)`, `attribute_not_exists(x)`, `x = :value`. */
function clauseHolds(clause: string, item: Item | null, input: Input): boolean {
  const names = (input["ExpressionAttributeNames"] ?? {}) as Readonly<Record<string, string>>;
  const values = (input["ExpressionAttributeValues"] ?? {}) as Item;
  const named = (text: string): string => (text.startsWith("#") ? (names[text] ?? text) : text);
  const presence = /^attribute_(not_)?exists\s*\(\s*([#\w]+)\s*\)$/.exec(clause);
  if (presence !== null) return (item?.[named(presence[2] ?? "")] === undefined) === (presence[1] !== undefined);
  const equality = /^([#\w]+)\s*=\s*(:\w+)$/.exec(clause);
  const wanted = equality === null ? undefined : values[equality[2] ?? ""];
  // Louder than any answer: this stand-in must not guess at expressions that it cannot read.
  if (equality === null || wanted === undefined)
    throw new Error(`DynamoDB stand-in cannot read the condition ${clause}`);
  return JSON.stringify(item?.[named(equality[1] ?? "")]) === JSON.stringify(wanted);
}

/** The tables of one account in one region: a text hash key, conditional puts, gets. */
export class DynamoTables {
  readonly #tables = new Map<string, Table>();

  constructor(names: readonly string[]) {
    for (const name of names) this.#tables.set(name, { hashKey: "pk", items: new Map() });
  }

  item(table: string, key: string): Item | null {
    return this.#tables.get(table)?.items.get(key)?.now ?? null;
  }

  #table(input: Input): Table {
    const table = this.#tables.get(String(input["TableName"]));
    if (table !== undefined) return table;
    throw new AwsRefusal("ResourceNotFoundException", "Requested resource not found");
  }

  #key(table: Table, item: Item): string {
    const key = item[table.hashKey]?.["S"];
    if (typeof key === "string" && key !== "") return key;
    throw invalid("The provided key element does not match the schema");
  }

  createTable(input: Input): object {
    const name = String(input["TableName"]);
    if (!/^[\w.-]{3,255}$/.test(name)) throw invalid("TableName must be 3 to 255 characters of [a-zA-Z0-9_.-]");
    if (this.#tables.has(name)) {
      throw new AwsRefusal("ResourceInUseException", `Table already exists: ${name}`);
    }
    const schema = (input["KeySchema"] ?? []) as readonly { AttributeName?: string; KeyType?: string }[];
    const hashKey = schema.find((entry) => entry.KeyType === "HASH")?.AttributeName;
    if (hashKey === undefined || schema.length !== 1) throw invalid("One HASH key is what this stand-in knows");
    this.#tables.set(name, { hashKey, items: new Map() });
    return { TableDescription: { TableName: name, TableStatus: "ACTIVE", KeySchema: schema } };
  }

  describeTable(input: Input): object {
    const { hashKey, items } = this.#table(input);
    const KeySchema = [{ AttributeName: hashKey, KeyType: "HASH" }];
    return { Table: { TableName: input["TableName"], TableStatus: "ACTIVE", KeySchema, ItemCount: items.size } };
  }

  /** A consistent read is never stale. Absent: no `Item` in the answer. */
  getItem(input: Input, stale: boolean): object {
    const table = this.#table(input);
    const shelf = table.items.get(this.#key(table, itemOf(input, "Key")));
    const item = stale && input["ConsistentRead"] !== true ? shelf?.before : shelf?.now;
    return item === undefined || item === null ? {} : { Item: item };
  }

  putItem(input: Input): object {
    const table = this.#table(input);
    const item = itemOf(input, "Item");
    const key = this.#key(table, item);
    if (Buffer.byteLength(JSON.stringify(item)) > itemBytesMax) {
      throw invalid("Item size has exceeded the maximum allowed size");
    }
    const before = table.items.get(key)?.now ?? null;
    const condition = input["ConditionExpression"];
    const clauses = typeof condition === "string" ? condition.split(/\s+AND\s+/) : [];
    if (!clauses.every((clause) => clauseHolds(clause.trim(), before, input))) {
      const shown = input["ReturnValuesOnConditionCheckFailure"] === "ALL_OLD" && before !== null;
      throw new AwsRefusal(
        "ConditionalCheckFailedException",
        "The conditional request failed",
        shown ? { Item: before } : {},
      );
    }
    table.items.set(key, { now: item, before });
    return {};
  }
}
