import { isAbsolute, join } from "node:path";

const pathKeys = new Set(["caFile", "directory", "kubeconfig", "serviceAccountFolder"]);

/**
 * Makes the paths of a configuration absolute: relative ones start in `directory` (the file's own
 * folder), `~/` in `home`. `file:` references likewise. Returns a copy.
 */
export function anchorPaths<Value>(value: Value, directory: string, home: string | null): Value {
  const anchor = (path: string) => {
    if (path.startsWith("~/") && home !== null) return join(home, path.slice(2));
    return isAbsolute(path) ? path : join(directory, path);
  };
  const walk = (node: unknown, key: string | null): unknown => {
    if (typeof node === "string") {
      if (key !== null && pathKeys.has(key)) return anchor(node);
      return node.startsWith("file:") ? `file:${anchor(node.slice("file:".length))}` : node;
    }
    if (Array.isArray(node)) return node.map((item) => walk(item, null));
    if (typeof node !== "object" || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([name, child]) => [name, walk(child, name)]));
  };
  return walk(value, null) as Value;
}
