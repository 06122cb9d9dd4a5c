import { badRequest, internalError } from "./refusal.ts";

export type Condition =
  | { readonly type: "exact"; readonly value: string }
  | { readonly type: "contains"; readonly value: string }
  | { readonly type: "range"; readonly min: string; readonly max: string }
  | { readonly type: "any"; readonly values: readonly string[] }
  | { readonly type: "all" };

const unfit = (text: string) => badRequest(`invalid query string value: ${text}`);

/** A part of a range or list: quotes around it are dropped. */
const bare = (text: string): string => text.trim().replace(/^["']+|["']+$/g, "");

function parseValue(text: string): Condition {
  const inner = text.slice(1, -1);
  switch (text[0]) {
    case "~":
      if (text.length < 2) throw unfit(text);
      return { type: "contains", value: text.slice(1) };
    case "[": {
      const [min = "", max = "", ...more] = inner.split("~").map(bare);
      if (!text.endsWith("]") || text.split("~").length !== 2 || more.length > 0 || min + max === "") throw unfit(text);
      return { type: "range", min, max };
    }
    case "{":
      if (!text.endsWith("}") || text.length < 2) throw unfit(text);
      return { type: "any", values: inner.split(" ").map(bare).filter(Boolean) };
    case "(":
      if (!text.endsWith(")") || text.length < 2) throw unfit(text);
      return { type: "all" };
    default:
      return { type: "exact", value: text.startsWith("\\") ? text.slice(1) : text };
  }
}

/** Go's way with a text that is not URL-encoded: it is taken as it stands. */
function decodedAgain(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/**
 * The `q` language (harbor.md §1.7). The parameter arrives decoded once and is decoded a **second**
 * time here, as Harbor does: `+` in a value must have been sent as `%252B`.
 */
export function parseQ(parameter: string | null): ReadonlyMap<string, Condition> {
  const conditions = new Map<string, Condition>();
  if (parameter === null || parameter === "") return conditions;
  for (const part of decodedAgain(parameter).split(",")) {
    const equals = part.indexOf("=");
    if (equals < 1 || equals === part.length - 1)
      throw badRequest('the query string must contain "=" and the key/value cannot be empty');
    conditions.set(part.slice(0, equals), parseValue(part.slice(equals + 1)));
  }
  return conditions;
}

interface Column<Row> {
  readonly type: "text" | "int" | "bool" | "time";
  readonly read: (row: Row) => string | number | boolean;
  /** May be sorted by, not filtered (`secret`, harbor.md §1.7). */
  readonly sortOnly?: boolean;
}

/** Keys as Harbor knows them: Go's field name and the column's name, case and all. */
export type Columns<Row> = Readonly<Record<string, Column<Row>>>;

/** The value as the column's type; what the database would choke on is a 500 (harbor.md §1.7). */
function typed(type: Column<never>["type"], text: string): string | number | boolean {
  if (type === "int") {
    if (!/^-?\d+$/.test(text)) throw internalError();
    return Number(text);
  }
  if (type === "bool") {
    if (/^(1|t|true|y|yes|on)$/i.test(text)) return true;
    if (/^(0|f|false|n|no|off)$/i.test(text)) return false;
    throw internalError();
  }
  if (type === "time") {
    const shape = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?Z?)?$/.test(text);
    const ms = shape
      ? Date.parse(`${text.replace(" ", "T").replace(/Z$/, "")}${text.length > 10 ? "Z" : ""}`)
      : Number.NaN;
    if (Number.isNaN(ms)) throw internalError();
    return ms;
  }
  return text;
}

function test<Row>(column: Column<Row>, condition: Condition): (row: Row) => boolean {
  const { type, read } = column;
  switch (condition.type) {
    case "exact": {
      const wanted = typed(type, condition.value);
      return (row) => read(row) === wanted;
    }
    case "contains": {
      const wanted = condition.value.toLowerCase();
      return (row) => String(read(row)).toLowerCase().includes(wanted);
    }
    case "range": {
      const min = condition.min === "" ? undefined : typed(type, condition.min);
      const max = condition.max === "" ? undefined : typed(type, condition.max);
      return (row) => {
        const value = read(row);
        return (min === undefined || value >= min) && (max === undefined || value <= max);
      };
    }
    case "any": {
      const wanted = condition.values.map((value) => typed(type, value));
      return (row) => wanted.includes(read(row));
    }
    case "all":
      // Ignored by the tables served here (seen: `name=(a b)` returns everything).
      return () => true;
  }
}

/** Unknown keys are ignored in silence (harbor.md §10.15). */
export function filterRows<Row>(
  rows: readonly Row[],
  conditions: ReadonlyMap<string, Condition>,
  columns: Columns<Row>,
): Row[] {
  let found = [...rows];
  for (const [key, condition] of conditions) {
    const column = columns[key];
    if (column !== undefined && !column.sortOnly) found = found.filter(test(column, condition));
  }
  return found;
}

/** Sorts by `sort` (`name,-id`); unknown keys are ignored, nothing left means `fallback`. */
export function sortRows<Row>(rows: readonly Row[], sort: string, columns: Columns<Row>, fallback: string): Row[] {
  const known = (text: string) =>
    text
      .split(",")
      .map((key) => ({ column: columns[key.replace(/^-/, "")], sign: key.startsWith("-") ? -1 : 1 }))
      .filter(({ column }) => column !== undefined);
  const asked = known(sort);
  const keys = asked.length > 0 ? asked : known(fallback);
  return [...rows].sort((a, b) => {
    for (const { column, sign } of keys) {
      if (column === undefined) continue;
      const left = column.read(a);
      const right = column.read(b);
      if (left !== right) return left < right ? -sign : sign;
    }
    return 0;
  });
}
