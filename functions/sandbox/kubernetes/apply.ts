import { appliedSet, compareFields, type FieldSet, fieldNodes, keyedLists, printPath } from "./fields.ts";
import { type Claim, readClaims, withClaims, without } from "./managed.ts";
import { isObject, type Json, type JsonObject, type KubeObject } from "./objects.ts";
import { StatusFailure } from "./status.ts";

/**
 * Server-side apply: `config` merged onto `live`, what its manager claimed before and no longer names
 * removed, ownership checked. Pure. Throws the 409 of a field conflict unless `force`. An apply says
 * nothing of `resourceVersion` and `uid` here: they are compared by whoever stores the result.
 */
export function applyOnto(
  live: KubeObject,
  config: JsonObject,
  manager: string,
  force: boolean,
  time: string,
): KubeObject {
  const claims = readClaims(live);
  const isOurs = (claim: Claim) => claim.manager === manager && claim.operation === "Apply";
  const set = appliedSet(config);
  const last = claims.find(isOurs)?.set ?? new Set<string>();
  const others = claims.filter((claim) => !isOurs(claim));

  const heldByOthers = new Set(others.flatMap((claim) => [...claim.set]));
  const dropped = new Set([...last].filter((key) => !set.has(key) && !heldByOthers.has(key)));
  const merged = prune(merge(live as unknown as JsonObject, config), dropped) as unknown as KubeObject;

  const { added, modified, removed } = compareFields(
    fieldNodes(live as unknown as JsonObject),
    fieldNodes(merged as unknown as JsonObject),
  );
  const changed = new Set([...added, ...modified]);
  const conflicts = others.flatMap((claim) =>
    [...claim.set].filter((key) => changed.has(key)).map((key) => ({ claim, key })),
  );
  if (conflicts.length > 0 && !force) throw fieldConflict(conflicts, live.apiVersion);

  const rest = others.map((claim) => ({ ...claim, set: without(without(claim.set, changed), removed) }));
  return withClaims(merged, [...rest, { manager, operation: "Apply", time, set }]);
}

function merge(live: JsonObject, config: JsonObject, path = ""): JsonObject {
  const result: Record<string, Json> = { ...live };
  for (const [name, value] of Object.entries(config)) {
    const before = result[name];
    const keyed = keyedLists[`${path}${name}`];
    if (isObject(value)) result[name] = merge(isObject(before) ? before : {}, value, `${path}${name}.`);
    else if (keyed !== undefined && Array.isArray(value)) result[name] = mergeItems(before, value, keyed.key);
    else result[name] = value;
  }
  return result;
}

function mergeItems(before: Json | undefined, items: readonly Json[], key: string): Json {
  const keyOf = (item: Json) => (isObject(item) ? item[key] : undefined);
  const kept = (Array.isArray(before) ? (before as readonly Json[]) : []).filter(
    (old) => !items.some((item) => keyOf(item) === keyOf(old)),
  );
  return [...kept, ...items];
}

/** Takes the paths out, and maps that lose their last member with them. */
function prune(object: JsonObject, dropped: FieldSet): JsonObject {
  let result: Json = object;
  for (const key of dropped) result = removePath(result, JSON.parse(key) as string[]);
  return isObject(result) ? result : {};
}

function removePath(value: Json, path: readonly string[]): Json {
  const [segment = "", ...below] = path;
  if (Array.isArray(value)) {
    const wanted = JSON.parse(segment.slice(2)) as Json;
    const [key = ""] = isObject(wanted) ? Object.keys(wanted) : [];
    const named = (item: Json) => (isObject(wanted) ? isObject(item) && item[key] === wanted[key] : item === wanted);
    if (below.length === 0) return value.filter((item: Json) => !named(item));
    return value.map((item: Json) => (named(item) ? removePath(item, below) : item));
  }
  const name = segment.slice(2);
  if (!isObject(value) || !Object.hasOwn(value, name)) return value;
  const { [name]: inner, ...rest } = value;
  if (below.length === 0 || inner === undefined) return rest;
  const left = removePath(inner, below);
  const empty = Array.isArray(left) ? left.length === 0 : isObject(left) && Object.keys(left).length === 0;
  return empty ? rest : { ...value, [name]: left };
}

function fieldConflict(
  conflicts: readonly { readonly claim: Claim; readonly key: string }[],
  apiVersion: string,
): StatusFailure {
  const owner = ({ manager, operation }: Claim) =>
    operation === "Apply" ? `"${manager}"` : `"${manager}" using ${apiVersion}`;
  const rows = conflicts
    .map(({ claim, key }) => ({ who: owner(claim), path: printPath(key) }))
    .sort((a, b) => (`${a.who} ${a.path}` < `${b.who} ${b.path}` ? -1 : 1));
  const who = [...new Set(rows.map((row) => row.who))];
  const listed = who.map((name) =>
    [`conflicts with ${name}:`, ...rows.filter((row) => row.who === name).map(({ path }) => `- ${path}`)].join("\n"),
  );
  const [only] = rows;
  const text = rows.length === 1 && only ? `conflict with ${only.who}: ${only.path}` : listed.join("\n");
  return new StatusFailure(
    409,
    "Conflict",
    `Apply failed with ${rows.length} conflict${rows.length === 1 ? "" : "s"}: ${text}`,
    {
      causes: rows.map((row) => ({
        reason: "FieldManagerConflict",
        message: `conflict with ${row.who}`,
        field: row.path,
      })),
    },
  );
}
