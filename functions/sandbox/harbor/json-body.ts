import type { PartRequest } from "../listener.ts";
import { type GoJson, GoSyntaxError, plainOf, readGoJson } from "./go-json.ts";
import { Unprocessable } from "./refusal.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** A type of Harbor's models, as far as its decoder's words depend on it. */
type GoType = "string" | "bool" | "int64" | "int32" | "int8" | "any" | GoStruct | { readonly list: GoType };
export type GoFields = Readonly<Record<string, GoType>>;

/** A struct by Go's name, without package: `RobotPermission`. */
interface GoStruct {
  readonly struct: string;
  readonly fields: GoFields;
}

interface BodyModel {
  /** Name of the parameter in messages: `robot`, `robotSec`. */
  readonly parameter: string;
  /** Go's name of the type, without package: `RobotCreate`. */
  readonly type: string;
  readonly fields: GoFields;
  /** What a text may have at most. */
  readonly charactersMax?: Readonly<Record<string, number>>;
}

function nameOf(type: GoType): string {
  if (typeof type === "string") return type === "any" ? "interface {}" : type;
  if ("struct" in type) return `models.${type.struct}`;
  return typeof type.list === "object" ? `[]*${nameOf(type.list)}` : `[]${nameOf(type.list)}`;
}

const intMax = { int64: 2n ** 63n, int32: 2n ** 31n, int8: 2n ** 7n } as const;

/** What does not fit: Go's name of what was found, of the struct and field, and of the type that was wanted. */
class Misfit extends Error {}

/** `path`: names of the fields from the body down; `struct`: the innermost. */
function misfit(found: string, type: GoType, struct: string, path: readonly string[]): Misfit {
  const where = path.length === 0 ? "value" : `struct field ${struct}.${path.join(".")}`;
  return new Misfit(`json: cannot unmarshal ${found} into Go ${where} of type ${nameOf(type)}`);
}

/** The value as its type; null where JSON says so. Throws the first misfit, in the order of the text. */
function bindValue(type: GoType, json: GoJson, struct: string, path: readonly string[]): unknown {
  if (json.kind === "null") return null;
  if (type === "any") return plainOf(json);
  if (type === "int64" || type === "int32" || type === "int8") {
    if (json.kind !== "number") throw misfit(json.kind, type, struct, path);
    const number = /^-?\d+$/.test(json.text) ? BigInt(json.text) : null;
    // Go shows the number itself only where a number was wanted and this one does not fit.
    if (number === null || number >= intMax[type] || number < -intMax[type])
      throw misfit(`number ${json.text}`, type, struct, path);
    return Number(json.text);
  }
  if (type === "string" || type === "bool") {
    if (json.kind !== type) throw misfit(json.kind, type, struct, path);
    return json.value;
  }
  if ("list" in type) {
    if (json.kind !== "array") throw misfit(json.kind, type, struct, path);
    return json.items.map((item) => bindValue(type.list, item, struct, path));
  }
  if (json.kind !== "object") throw misfit(json.kind, type, struct, path);
  const names = Object.keys(type.fields);
  const bound: Record<string, unknown> = {};
  for (const [key, value] of json.entries) {
    // Go prefers the field of that very name, and takes one of other capitals as well.
    const name =
      names.find((known) => known === key) ?? names.find((known) => known.toLowerCase() === key.toLowerCase());
    const field = name === undefined ? undefined : type.fields[name];
    if (name === undefined || field === undefined) continue;
    const read = bindValue(field, value, type.struct, [...path, name]);
    if (read !== null || !(name in bound)) bound[name] = read;
  }
  return bound;
}

/**
 * Binds a JSON body as Harbor's generated server does: all failures are 422, unknown fields are ignored, and so is
 * what follows the first value (harbor.md §10.47). Its media type was looked at before (`media-type.ts`).
 */
export function bindBody(request: PartRequest, model: BodyModel): JsonObject {
  const { parameter, type, fields, charactersMax = {} } = model;
  try {
    const json = readGoJson(request.body);
    if (json === null) throw new Unprocessable([`${parameter} in body is required`]);
    const body = (bindValue({ struct: type, fields }, json, type, []) ?? {}) as JsonObject;
    const tooLong = Object.entries(charactersMax)
      .filter(([name, max]) => typeof body[name] === "string" && [...body[name]].length > max)
      .map(([name, max]) => `${name} in body should be at most ${max} chars long`);
    // A model's own failures have a heading of their own.
    if (tooLong.length > 0) throw new Unprocessable([new Unprocessable(tooLong).text]);
    return body;
  } catch (error) {
    if (error instanceof Misfit || error instanceof GoSyntaxError)
      throw new Unprocessable([`parsing ${parameter} body from "" failed, because ${error.message}`]);
    throw error;
  }
}

/** An int64 from a query or a path; undefined where the parameter is absent. */
export function bindInt64(text: string | null, name: string, where: "query" | "path"): number | undefined {
  // An empty parameter of a query is none.
  if (text === null || (text === "" && where === "query")) return undefined;
  const fitsInt64 = /^[+-]?\d{1,19}$/.test(text) && BigInt(text) < intMax.int64 && BigInt(text) >= -intMax.int64;
  if (!fitsInt64) throw new Unprocessable([`${name} in ${where} must be of type int64: "${text}"`]);
  return Number(text);
}

/** A truth of a query; undefined where the parameter is absent. What Go's library does not know is false. */
export function bindBool(text: string | null): boolean | undefined {
  if (text === null || text === "") return undefined;
  return /^(?:true|1|yes|ok|y|on|selected|checked|t|enabled)$/i.test(text);
}

type Bound<Bindings extends readonly (() => unknown)[]> = {
  -readonly [Key in keyof Bindings]: ReturnType<Bindings[Key]>;
};

/** Several parameters of one request, in the order of their names: what is wrong with each is told at once. */
export function bindAll<const Bindings extends readonly (() => unknown)[]>(...bindings: Bindings): Bound<Bindings> {
  const failures: string[] = [];
  const bound = bindings.map((bind) => {
    try {
      return bind();
    } catch (error) {
      if (!(error instanceof Unprocessable)) throw error;
      failures.push(...error.failures);
      return undefined;
    }
  });
  if (failures.length > 0) throw new Unprocessable(failures);
  return bound as Bound<Bindings>;
}
