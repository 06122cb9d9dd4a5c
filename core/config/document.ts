import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from "yaml";
import type { Finding, PathSegment } from "./problem.ts";

interface Place {
  readonly line: number;
  readonly column: number;
}

/** A file as data, with the place of each key and value. */
export interface ParsedDocument {
  readonly data: unknown;
  /** Syntax errors with their places; `data` means nothing when there are any. */
  readonly errors: readonly (Place & { readonly problem: string; readonly mend: string })[];
  /** Place of the finding's value or key; of the nearest parent that exists when it does not. */
  placeOf(finding: Pick<Finding, "path" | "atKey">): Place;
}

const aliasCountMax = 100;
const start: Place = { line: 1, column: 1 };

/** Parses YAML 1.2. Never throws; messages are ours, since the parser's quote the text that they complain about. */
export function parseYaml(text: string): ParsedDocument {
  const lines = new LineCounter();
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return line < 1 ? start : { line, column: col };
  };
  try {
    // Keys are compared below: the library compares each with all before it, minutes for a long file.
    // Without these two the library prints a warning that quotes keys which are mappings.
    const quiet = { stringKeys: true, logLevel: "error" } as const;
    const document = parseDocument(text, { ...quiet, lineCounter: lines, prettyErrors: false, uniqueKeys: false });
    const faults = [...document.errors, ...document.warnings].map(({ pos, code }) => ({
      offset: pos[0],
      code: `${code}`,
    }));
    const errors = [...faults, ...doubledKeys(document), ...aliasFaults(document)].map(({ offset, code }) => ({
      ...at(offset),
      ...explain(code),
    }));
    const data: unknown = errors.length > 0 ? null : document.toJS({ maxAliasCount: aliasCountMax });
    return { data, errors, placeOf: (finding) => at(offsetOf(document, finding)) };
  } catch {
    // Thousands of nested brackets exhaust the stack, and so do bombs of aliases.
    const mend = "write plain mappings and lists; avoid deep nesting and aliases of aliases";
    return {
      data: null,
      errors: [{ ...start, problem: "is too deeply nested to be read", mend }],
      placeOf: () => start,
    };
  }
}

interface Fault {
  readonly offset: number;
  readonly code: string;
}

function doubledKeys(document: Document.Parsed): readonly Fault[] {
  const faults: Fault[] = [];
  visit(document, {
    Map: (_key, map) => {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        if (seen.has(name)) faults.push({ offset: key.range?.[0] ?? 0, code: "DUPLICATE_KEY" });
        seen.add(name);
      }
    },
  });
  return faults;
}

/** Aliases without an anchor (the parser leaves them to `toJS`, which throws), and too many of them. */
function aliasFaults(document: Document.Parsed): readonly Fault[] {
  const faults: Fault[] = [];
  let count = 0;
  visit(document, {
    Alias: (_key, alias) => {
      count += 1;
      const offset = alias.range?.[0] ?? 0;
      if (count > aliasCountMax) {
        faults.push({ offset, code: "TOO_MANY_ALIASES" });
        return visit.BREAK;
      }
      if (alias.resolve(document) === undefined) faults.push({ offset, code: "BAD_ALIAS" });
      return undefined;
    },
  });
  return faults;
}

function explain(code: string): { readonly problem: string; readonly mend: string } {
  const known: Readonly<Record<string, readonly [string, string]>> = {
    DUPLICATE_KEY: ["the same key stands here twice", "keep one of them"],
    TAB_AS_INDENT: ["a tab is used to indent", "indent with spaces"],
    BAD_INDENT: ["is indented wrongly", "give the keys of one mapping the same number of leading spaces"],
    BAD_ALIAS: ["an alias (*name) without its anchor", "quote a text that begins with * or &"],
    TOO_MANY_ALIASES: [`more than ${aliasCountMax} aliases (*name) are used`, "write the text itself"],
    NON_STRING_KEY: ["a key is no text", "write a plain name before the colon; quote a text that begins with { or ["],
    MULTIPLE_DOCS: ["a second document begins here", "remove the line ---"],
    TAG_RESOLVE_FAILED: ["a tag (!name) is used", "remove it, or quote a text that begins with !"],
    BAD_SCALAR_START: ["a text begins with a character that YAML keeps for itself", "quote the text"],
    MISSING_CHAR: ["a quote, bracket or colon is missing", "close what was opened; write a space after a colon"],
    BAD_DQ_ESCAPE: ["an escape that YAML does not know", "use single quotes around the text"],
  };
  const [problem, mend] = known[code] ?? [`is not YAML (${code})`, "compare with what `capstan init` writes"];
  return { problem, mend };
}

/** Walks down as far as the path exists. */
function offsetOf(document: Document.Parsed, finding: Pick<Finding, "path" | "atKey">): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [index, segment] of finding.path.entries()) {
    const isLast = index === finding.path.length - 1;
    const found = childOf(isAlias(node) ? node.resolve(document) : node, segment);
    if (found === null) return offset;
    offset = (isLast && finding.atKey === true ? null : startOf(found.value)) ?? startOf(found.key) ?? offset;
    node = found.value;
  }
  return offset;
}

function childOf(node: unknown, segment: PathSegment): { readonly key: unknown; readonly value: unknown } | null {
  if (isSeq(node) && typeof segment === "number") {
    const value = node.items[segment];
    return value === undefined ? null : { key: value, value };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(
    (item) => isPair(item) && String(isScalar(item.key) ? item.key.value : item.key) === String(segment),
  );
  return pair === undefined ? null : { key: pair.key, value: pair.value };
}

function startOf(node: unknown): number | null {
  return isNode(node) && node.range ? node.range[0] : null;
}
