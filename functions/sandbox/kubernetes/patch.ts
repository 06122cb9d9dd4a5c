import { isObject, type Json, type JsonObject, sameJson } from "./objects.ts";
import { badRequest, rejectedPatch } from "./status.ts";

/** RFC 7396; for our three kinds a strategic merge patch does the same (transcripts README, 2). */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: Record<string, Json> = isObject(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = mergePatch(result[name] ?? null, value);
  }
  return result;
}

const opsMax = 10_000;

/** RFC 6902. Whatever cannot be carried out, a failed `test` included, is the one 422 that says nothing. */
export function jsonPatch(target: JsonObject, patch: Json): JsonObject {
  if (!Array.isArray(patch)) throw badRequest("error decoding patch: json: cannot unmarshal object into Go value");
  if (patch.length > opsMax) {
    throw badRequest(`The allowed maximum operations in a JSON patch is ${opsMax}, got ${patch.length}`);
  }
  let document: Json = structuredClone(target) as Json;
  for (const step of patch) document = carryOut(document, step);
  if (!isObject(document)) throw rejectedPatch();
  return document;
}

function carryOut(document: Json, step: Json): Json {
  const op = isObject(step) ? step : {};
  const path = pointer(op["path"]);
  switch (op["op"]) {
    case "test":
      if (!sameJson(read(document, path) ?? null, op["value"] ?? null)) throw rejectedPatch();
      return document;
    case "add":
      return change(document, path, "add", op["value"] ?? null);
    case "replace":
      return change(document, path, "replace", op["value"] ?? null);
    case "remove":
      return change(document, path, "remove", null);
    case "copy":
    case "move": {
      const from = pointer(op["from"]);
      const value = read(document, from);
      if (value === undefined) throw rejectedPatch();
      return change(op["op"] === "move" ? change(document, from, "remove", null) : document, path, "add", value);
    }
    default:
      throw rejectedPatch();
  }
}

function pointer(text: Json | undefined): string[] {
  if (typeof text !== "string" || (text !== "" && !text.startsWith("/"))) throw rejectedPatch();
  if (text === "") return [];
  return text
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function read(document: Json, path: readonly string[]): Json | undefined {
  let at: Json | undefined = document;
  for (const name of path) {
    if (Array.isArray(at)) at = (at as readonly Json[])[Number(name)];
    else at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
  }
  return at;
}

function change(document: Json, path: readonly string[], how: "add" | "replace" | "remove", value: Json): Json {
  const [name, ...below] = path;
  if (name === undefined) return value;
  if (Array.isArray(document)) {
    const list = [...(document as readonly Json[])];
    const index = name === "-" && how === "add" && below.length === 0 ? list.length : Number(name);
    const last = how === "add" && below.length === 0 ? list.length : list.length - 1;
    if (!Number.isInteger(index) || index < 0 || index > last) throw rejectedPatch();
    if (below.length > 0) list[index] = change(list[index] ?? null, below, how, value);
    else list.splice(index, how === "add" ? 0 : 1, ...(how === "remove" ? [] : [value]));
    return list;
  }
  if (!isObject(document)) throw rejectedPatch();
  const present = Object.hasOwn(document, name);
  if (!present && (below.length > 0 || how !== "add")) throw rejectedPatch();
  if (below.length > 0) return { ...document, [name]: change(document[name] ?? null, below, how, value) };
  if (how !== "remove") return { ...document, [name]: value };
  const { [name]: _gone, ...rest } = document;
  return rest;
}
