import type * as z from "zod";
import { whyAbsent } from "./absent-keys.ts";
import { knownKeysAt } from "./known-keys.ts";
import { type Finding, type PathSegment, showKey } from "./problem.ts";
import { suggest } from "./suggest.ts";

type Issue = z.core.$ZodIssue;

const unknownKeysMax = 50;

/** Says what the schema refused in our words. zod's own messages are not used: some quote values. */
export function explainIssue(issue: Issue, data: unknown): readonly Finding[] {
  return explain(issue, toPath(issue.path), data);
}

function explain(issue: Issue, path: readonly PathSegment[], data: unknown): readonly Finding[] {
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.slice(0, unknownKeysMax).map((key) => unknownKey(path, key, data));
    case "invalid_union":
      return explainUnion(issue, path, data);
    case "invalid_key":
      return issue.issues.flatMap((inner) => explain(inner, path, data)).map((found) => ({ ...found, atKey: true }));
    case "invalid_type":
      return [wrongType(path, issue.expected, data)];
    case "invalid_value":
      return [oneOf(path, issue.values.map(String), data)];
    case "too_small":
    case "too_big":
      return [outOfRange(issue, path)];
    case "custom":
      return [
        { path, problem: issue.message, mend: String(issue.params?.["mend"] ?? "see the description of this key") },
      ];
    default:
      return [{ path, problem: "is not well formed", mend: "see the description of this key in the JSON Schema" }];
  }
}

function unknownKey(path: readonly PathSegment[], key: string, data: unknown): Finding {
  const known = knownKeysAt(path);
  const near = suggest(key, known);
  const absent = whyAbsent(valueAt(data, [...path, "kind"]), key);
  return {
    path: [...path, key],
    atKey: true,
    problem: `unknown key ${showKey(key)}`,
    mend: absent ?? (near === null ? `known here: ${known.join(", ")}` : `did you mean ${near}?`),
  };
}

/** Of several shapes the one that was most likely meant: fewest unknown keys, then fewest complaints. */
function explainUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: readonly PathSegment[],
  data: unknown,
): readonly Finding[] {
  const options = (issue as { options?: readonly unknown[] }).options;
  if (options !== undefined) return [oneOf(path, options.map(String), data)];
  const weight = (issues: readonly Issue[]) =>
    issues.reduce((sum, inner) => sum + (inner.code === "unrecognized_keys" ? 10 * inner.keys.length : 1), 0) +
    (issues.some((inner) => inner.path.length === 0 && inner.code === "invalid_type") ? 1_000 : 0);
  const [meant] = [...issue.errors].sort((one, other) => weight(one) - weight(other));
  return (meant ?? []).flatMap((inner) => explain(inner, [...path, ...toPath(inner.path)], data));
}

const typeNames: Readonly<Record<string, string>> = {
  object: "a mapping (key: value)",
  record: "a mapping (name: …)",
  array: "a list",
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

function wrongType(path: readonly PathSegment[], expected: string, data: unknown): Finding {
  const wanted = typeNames[expected] ?? expected;
  const last = path.at(-1);
  if (valueAt(data, path) === undefined && last !== undefined) {
    return { path, problem: "is missing", mend: `add ${showKey(last)}: ${wanted}` };
  }
  const mend = expected === "string" ? "put quotes around it, or write the text that belongs here" : `write ${wanted}`;
  return { path, problem: `should be ${wanted}`, mend };
}

function oneOf(path: readonly PathSegment[], values: readonly string[], data: unknown): Finding {
  const value = valueAt(data, path);
  const near = typeof value === "string" ? suggest(value, values) : null;
  const listed = values.length === 1 ? `write ${values[0]}` : `write one of ${values.join(", ")}`;
  const problem = value === undefined ? "is missing" : "is none of the values allowed here";
  return { path, problem, mend: near === null ? listed : `did you mean ${near}? ${listed}` };
}

function outOfRange(issue: Issue & { code: "too_small" | "too_big" }, path: readonly PathSegment[]): Finding {
  const bound = issue.code === "too_small" ? issue.minimum : issue.maximum;
  const unit = issue.origin === "array" ? " entries" : issue.origin === "string" ? " characters" : "";
  const side = issue.code === "too_small" ? "least" : "most";
  return {
    path,
    problem: issue.code === "too_small" ? "is too small" : "is too big",
    mend: `${bound}${unit} is the ${side}`,
  };
}

function valueAt(data: unknown, path: readonly PathSegment[]): unknown {
  let value = data;
  for (const segment of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<PathSegment, unknown>)[segment];
  }
  return value;
}

function toPath(path: readonly PropertyKey[]): readonly PathSegment[] {
  return path.map((segment) => (typeof segment === "number" ? segment : String(segment)));
}
