import { canonical, isObject, type Json, type JsonObject } from "./objects.ts";

/** A path through an object as `fieldsV1` spells it: `f:name`, `k:{"uid":"…"}`, `v:"…"`. */
type Path = readonly string[];

/** Node of an object: a leaf with its value, or a map (null) that has children of its own. */
export type FieldNodes = ReadonlyMap<string, { readonly path: Path; readonly leaf: string | null }>;
export type FieldSet = ReadonlySet<string>;

interface KeyedList {
  readonly key: string;
  /** Items are leaves: their fields have no owners of their own. */
  readonly atomicItems: boolean;
  /** The list itself is owned too, beside its items. */
  readonly owned: boolean;
}

/** Lists whose items are merged by a key, by dotted path; every other list is one atomic leaf, or a set. */
export const keyedLists: Readonly<Record<string, KeyedList>> = {
  "metadata.ownerReferences": { key: "uid", atomicItems: false, owned: false },
  secrets: { key: "name", atomicItems: false, owned: false },
  "spec.containers": { key: "name", atomicItems: false, owned: false },
  "spec.imagePullSecrets": { key: "name", atomicItems: true, owned: true },
};
/** Objects that have one owner as a whole. */
const atomicObjects = new Set(["roleRef"]);
const setLists = new Set(["metadata.finalizers"]);
/** Structures, unlike maps, are never owned as such. */
const structs = new Set(["spec", "status"]);
/** Metadata that belongs to the server or names the object: nobody owns it. */
const unowned = new Set([
  "name",
  "namespace",
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "deletionTimestamp",
  "generation",
  "managedFields",
]);

const pathKey = (path: Path): string => JSON.stringify(path);

/** Every field of the object that can have an owner. */
export function fieldNodes(object: JsonObject): FieldNodes {
  const nodes = new Map<string, { path: Path; leaf: string | null }>();
  const add = (path: Path, leaf: string | null) => nodes.set(pathKey(path), { path, leaf });

  function walk(value: Json, path: Path, dotted: string): void {
    if (isObject(value) && !atomicObjects.has(dotted)) {
      if (!structs.has(dotted)) add(path, null);
      for (const [name, inner] of Object.entries(value)) walk(inner, [...path, `f:${name}`], `${dotted}.${name}`);
      return;
    }
    const keyed = keyedLists[dotted];
    if (Array.isArray(value) && setLists.has(dotted)) {
      for (const item of value) add([...path, `v:${JSON.stringify(item)}`], "set");
    } else if (Array.isArray(value) && keyed !== undefined) {
      if (keyed.owned) add(path, null);
      for (const item of value) {
        if (!isObject(item)) continue;
        const below = [...path, `k:${JSON.stringify({ [keyed.key]: item[keyed.key] ?? null })}`];
        if (keyed.atomicItems) add(below, canonical(item));
        else walk(item, below, `${dotted}[]`);
      }
    } else {
      add(path, canonical(value));
    }
  }

  for (const [name, value] of Object.entries(object)) {
    if (name === "kind" || name === "apiVersion") continue;
    if (name !== "metadata") {
      walk(value, [`f:${name}`], name);
      continue;
    }
    for (const [field, inner] of Object.entries(isObject(value) ? value : {})) {
      if (!unowned.has(field)) walk(inner, ["f:metadata", `f:${field}`], `metadata.${field}`);
    }
  }
  return nodes;
}

/** What an applied configuration claims: its leaves, its empty maps, its list items. */
export function appliedSet(config: JsonObject): FieldSet {
  const nodes = fieldNodes(config);
  const withChildren = new Set<string>();
  for (const { path } of nodes.values()) withChildren.add(pathKey(path.slice(0, -1)));
  const claimed = [...nodes].filter(
    ([key, { path, leaf }]) => leaf !== null || !withChildren.has(key) || path.at(-1)?.startsWith("k:"),
  );
  return new Set(claimed.map(([key]) => key));
}

export interface Difference {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

export function compareFields(before: FieldNodes, after: FieldNodes): Difference {
  const keysWhere = (nodes: FieldNodes, test: (key: string, leaf: string | null) => boolean) =>
    new Set([...nodes].filter(([key, { leaf }]) => test(key, leaf)).map(([key]) => key));
  return {
    added: keysWhere(after, (key) => !before.has(key)),
    modified: keysWhere(after, (key, leaf) => before.has(key) && before.get(key)?.leaf !== leaf),
    removed: keysWhere(before, (key) => !after.has(key)),
  };
}

/** `{"f:data": {".": {}, "f:x": {}}}`: a path that is a member and has members below carries a `.`. */
export function encodeFields(set: FieldSet): JsonObject {
  type Tree = { [segment: string]: Tree };
  const root: Tree = {};
  const sorted = [...set].sort();
  for (const key of sorted) {
    let at = root;
    for (const segment of JSON.parse(key) as string[]) {
      at[segment] ??= {};
      at = at[segment];
    }
  }
  for (const key of sorted) {
    let at: Tree | undefined = root;
    for (const segment of JSON.parse(key) as string[]) at = at?.[segment];
    if (at !== undefined && Object.keys(at).length > 0) at["."] = {};
  }
  return root;
}

export function decodeFields(tree: JsonObject): FieldSet {
  const set = new Set<string>();
  function walk(node: JsonObject, path: Path): void {
    const segments = Object.entries(node).filter(([segment]) => segment !== ".");
    if (path.length > 0 && (segments.length === 0 || "." in node)) set.add(pathKey(path));
    for (const [segment, inner] of segments) walk(isObject(inner) ? inner : {}, [...path, segment]);
  }
  walk(tree, []);
  return set;
}

/** As conflicts name a field: `.data..dockerconfigjson`. */
export function printPath(key: string): string {
  const parts = (JSON.parse(key) as string[]).map((segment) => {
    const text = segment.slice(2);
    if (segment.startsWith("f:")) return `.${text}`;
    if (segment.startsWith("v:")) return `[${text}]`;
    const pairs = Object.entries(JSON.parse(text) as Record<string, unknown>);
    return `[${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(",")}]`;
  });
  return parts.join("");
}
