import { parse } from "yaml";
import { kubeconfigError } from "./kubeconfig-error.ts";

type Section = "clusters" | "contexts" | "users";

/** One named entry, with the file that it comes from. */
export interface KubeconfigFields {
  readonly name: string;
  readonly file: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface MergedKubeconfig {
  readonly currentContext: string;
  readonly clusters: ReadonlyMap<string, KubeconfigFields>;
  readonly contexts: ReadonlyMap<string, KubeconfigFields>;
  readonly users: ReadonlyMap<string, KubeconfigFields>;
}

/** The first file that names an entry gives all of it; the first current-context that is set counts. */
export function mergeKubeconfigs(files: readonly { readonly file: string; readonly text: string }[]): MergedKubeconfig {
  const documents = files.map(({ file, text }) => ({ file, document: parseDocument(file, text) }));
  const section = (name: Section, inner: string) => {
    const found = new Map<string, KubeconfigFields>();
    for (const { file, document } of documents) {
      for (const item of Array.isArray(document[name]) ? (document[name] as unknown[]) : []) {
        const entry = asRecord(item);
        const key = entry["name"];
        if (typeof key === "string" && !found.has(key)) {
          found.set(key, { name: key, file, fields: asRecord(entry[inner]) });
        }
      }
    }
    return found;
  };
  const current = documents.map(({ document }) => document["current-context"]);
  return {
    currentContext: current.find((value): value is string => typeof value === "string" && value !== "") ?? "",
    clusters: section("clusters", "cluster"),
    contexts: section("contexts", "context"),
    users: section("users", "user"),
  };
}

/** Throws when the entry is absent, naming those that are there. */
export function findNamed(config: MergedKubeconfig, section: Section, name: string): KubeconfigFields {
  const found = config[section].get(name);
  if (found !== undefined) return found;
  const known = [...config[section].keys()].join(", ") || "none";
  throw kubeconfigError("invalid", `no entry "${name}" in ${section} (there are: ${known})`);
}

function parseDocument(file: string, text: string): Readonly<Record<string, unknown>> {
  try {
    return asRecord(parse(text, { logLevel: "error" }));
  } catch {
    // The parser's message shows the line, and the line may hold a token.
    throw kubeconfigError("invalid", `${file} is no YAML`);
  }
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
