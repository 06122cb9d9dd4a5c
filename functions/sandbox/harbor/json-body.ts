import type { PartRequest } from "../listener.ts";
import { unprocessable } from "./refusal.ts";

type FieldType = "string" | "int64" | "bool" | "list" | "object";
export type JsonObject = Readonly<Record<string, unknown>>;

interface BodyModel {
  /** Name of the parameter in messages: `robot`, `robotSec`. */
  readonly parameter: string;
  /** Go's name of the type, without package: `RobotCreate`. */
  readonly type: string;
  readonly fields: Readonly<Record<string, FieldType>>;
  /** Go types of its lists and objects, for messages; default the permissions of a robot. */
  readonly goTypes?: Readonly<Record<string, string>>;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

function fits(type: FieldType, value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (type === "int64") return Number.isInteger(value);
  if (type === "list") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && !Array.isArray(value);
  return typeof value === (type === "bool" ? "boolean" : type);
}

const goType: Readonly<Record<FieldType, string>> = {
  string: "string",
  int64: "int64",
  bool: "bool",
  list: "[]*models.RobotPermission",
  object: "models.Object",
};

interface Nested {
  /** Go's name of the struct that the items are. */
  readonly type: string;
  readonly fields: Readonly<Record<string, FieldType>>;
  readonly lists: Readonly<Record<string, Nested>>;
}

const access: Nested = {
  type: "Access",
  fields: { resource: "string", action: "string", effect: "string" },
  lists: {},
};
const permission: Nested = {
  type: "RobotPermission",
  fields: { kind: "string", namespace: "string", access: "list" },
  lists: { access },
};
/** Lists of structs inside bodies; null items are Go's nil pointers. */
const nestedLists: Readonly<Record<string, Nested>> = { permissions: permission };
const listTypes: Readonly<Record<string, string>> = { access: "[]*models.Access" };

/** The first misfit among the items of a list, in Go's words; undefined: all fit. */
function nestedFailure(items: unknown, nested: Nested, path: string): string | undefined {
  if (!Array.isArray(items)) return undefined;
  for (const item of items) {
    if (item === null) continue;
    if (typeof item !== "object" || Array.isArray(item))
      return `json: cannot unmarshal ${kindOf(item)} into Go struct field ${path} of type models.${nested.type}`;
    const object = item as JsonObject;
    for (const [field, type] of Object.entries(nested.fields)) {
      const inner = nested.lists[field];
      const at = `${nested.type}.${path.slice(path.indexOf(".") + 1)}.${field}`;
      if (!fits(type, object[field]))
        return `json: cannot unmarshal ${kindOf(object[field])} into Go struct field ${at} of type ${listTypes[field] ?? goType[type]}`;
      const deeper = inner === undefined ? undefined : nestedFailure(object[field], inner, at);
      if (deeper !== undefined) return deeper;
    }
  }
  return undefined;
}

/** What Go's decoder says of a text that is no JSON. */
function syntaxFailure(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  const at = /position (\d+)/.exec(message)?.[1];
  const character = at === undefined ? undefined : text[Number(at)];
  if (/end of JSON|Unterminated/.test(message) || character === undefined) return "unexpected EOF";
  return `invalid character '${character}' looking for beginning of value`;
}

/** Binds a JSON body as Harbor's generated server does: all failures are 422, unknown fields are ignored (harbor.md §10.47). */
export function bindBody(request: PartRequest, model: BodyModel): JsonObject {
  const text = request.body.toString("utf8");
  if (text === "") throw unprocessable(`${model.parameter} in body is required`);
  const mediaType = (request.headers["content-type"] ?? "application/octet-stream").split(";")[0]?.trim() ?? "";
  if (mediaType !== "application/json")
    throw unprocessable(`unsupported media type "${mediaType}", only [application/json] are allowed`);
  const failure = (why: string) => unprocessable(`parsing ${model.parameter} body from "" failed, because ${why}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw failure(syntaxFailure(text, error));
  }
  if (typeof value !== "object" || Array.isArray(value))
    throw failure(`json: cannot unmarshal ${kindOf(value)} into Go value of type models.${model.type}`);
  const object = (value ?? {}) as JsonObject;
  for (const [field, type] of Object.entries(model.fields)) {
    const found = object[field];
    if (fits(type, found)) continue;
    // Go shows the number itself only where a number was wanted and this one does not fit.
    const shown = type === "int64" && typeof found === "number" ? `number ${found}` : kindOf(found);
    throw failure(
      `json: cannot unmarshal ${shown} into Go struct field ${model.type}.${field} of type ${model.goTypes?.[field] ?? goType[type]}`,
    );
  }
  for (const [field, nested] of Object.entries(nestedLists)) {
    if (model.fields[field] !== "list") continue;
    const why = nestedFailure(object[field], nested, `${model.type}.${field}`);
    if (why !== undefined) throw failure(why);
  }
  return object;
}

/** An int64 from a query or a path; undefined where the parameter is absent. */
export function bindInt64(text: string | null, name: string, where: "query" | "path"): number | undefined {
  if (text === null) return undefined;
  const fitsInt64 = /^[+-]?\d{1,19}$/.test(text) && BigInt(text) <= 9223372036854775807n;
  if (!fitsInt64) throw unprocessable(`${name} in ${where} must be of type int64: "${text}"`);
  return Number(text);
}
