import { createJsonSchema } from "./json-schema.ts";
import type { PathSegment } from "./problem.ts";

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

let root: Node | null = null;

/** The keys that the schema knows at a place, of all alternatives there. */
export function knownKeysAt(path: readonly PathSegment[]): readonly string[] {
  root ??= createJsonSchema() as Node;
  let nodes = alternatives(root);
  for (const segment of path) {
    nodes = nodes.flatMap((node) => alternatives(childOf(node, segment)));
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))];
}

function childOf(node: Node, segment: PathSegment): Node | undefined {
  if (typeof segment === "number") return node.items;
  if (node.properties !== undefined && Object.hasOwn(node.properties, segment)) return node.properties[segment];
  return typeof node.additionalProperties === "object" ? node.additionalProperties : undefined;
}

function alternatives(node: Node | undefined): readonly Node[] {
  if (node === undefined) return [];
  const inner = [...(node.anyOf ?? []), ...(node.oneOf ?? [])];
  return inner.length === 0 ? [node] : inner.flatMap(alternatives);
}
