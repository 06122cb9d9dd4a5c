import { foldName, readEntry } from "./entry.ts";
import { type JsonNode, parseJsonTree } from "./json-tree.ts";
import { MalformedPullSecretError } from "./malformed.ts";
import type { Login } from "./types.ts";

interface PullSecretEntry {
  readonly node: JsonNode;
  /** Null: an anonymous try. */
  readonly login: Login | null;
}

export interface PullSecretDocument {
  /** Entries of `auths` in order of first appearance, the last of doubled ones. */
  readonly entries: ReadonlyMap<string, PullSecretEntry>;
  /** Top-level members other than `auths`, as they stand. */
  readonly others: readonly (readonly [string, JsonNode])[];
}

/** What is done about an entry that kubelet cannot read: all of the document is refused, or it is left out. */
export type MalformedEntries = "refuse" | "drop";

/**
 * The top level as Go's decoder sees it: `auths` in any case, several of them flow together, `null`
 * empties what came before. `HttpHeaders` is decoded too, so its wrong type breaks the pod as well.
 * Throws `MalformedPullSecretError`.
 */
export function readDocument(text: string, malformed: MalformedEntries = "refuse"): PullSecretDocument {
  const root = parseJsonTree(text);
  const entries = new Map<string, PullSecretEntry>();
  const others: [string, JsonNode][] = [];
  if (root.kind === "null") return { entries, others };
  if (root.kind !== "object") throw new MalformedPullSecretError(null, "is no JSON object");
  for (const [name, node] of root.members) {
    const field = foldName(name);
    if (field === "auths") {
      collectEntries(node, entries, malformed);
      continue;
    }
    if (field === "httpheaders") checkHeaders(node);
    others.push([name, node]);
  }
  return { entries, others };
}

function collectEntries(node: JsonNode, entries: Map<string, PullSecretEntry>, malformed: MalformedEntries): void {
  if (node.kind === "null") entries.clear();
  else if (node.kind === "object") {
    for (const [key, entry] of node.members) {
      // Every one is decoded, also what a later one replaces: its error stays an error.
      try {
        entries.set(key, { node: entry, login: readEntry(key, entry) });
      } catch (error) {
        if (malformed === "refuse" || !(error instanceof MalformedPullSecretError)) throw error;
      }
    }
  } else throw new MalformedPullSecretError(null, "auths is no JSON object");
}

function checkHeaders(node: JsonNode): void {
  const fine =
    node.kind === "null" ||
    (node.kind === "object" && node.members.every(([, value]) => value.kind === "string" || value.kind === "null"));
  if (!fine) throw new MalformedPullSecretError(null, "HttpHeaders is no object of texts");
}
