import { invalidArgument } from "./refusal.ts";

export type Input = Readonly<Record<string, unknown>>;

const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** An object of the request; names are taken as `lowerCamel` and as in the proto, like proto3's JSON mapping. */
export function objectOf(value: unknown, where: string, known: readonly string[]): Input {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw invalidArgument(`Invalid value at '${where}'`);
  const fields = Object.entries(value).map(([name, field]) => [camel(name), field] as const);
  for (const [name] of fields) {
    if (known.includes(name)) continue;
    throw invalidArgument(`Invalid JSON payload received. Unknown name "${name}" at '${where}': Cannot find field.`);
  }
  return Object.fromEntries(fields);
}

/** The request's body; none at all is an empty message. */
export function bodyOf(body: Buffer, where: string, known: readonly string[]): Input {
  if (body.length === 0) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString("utf8"));
  } catch {
    throw invalidArgument("Invalid JSON payload received. Unexpected token.");
  }
  if (parsed === null) throw invalidArgument(`Invalid value at '${where}'`);
  return objectOf(parsed, where, known);
}

export function textOf(value: unknown, where: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw invalidArgument(`Invalid value at '${where}' (TYPE_STRING)`);
  return value;
}

/** int64 travels as a string; numbers are understood too. */
export function int64Of(value: unknown, where: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isSafeInteger(number)) {
    throw invalidArgument(`Invalid value at '${where}' (TYPE_INT64)`);
  }
  return number;
}

export function mapOf(value: unknown, where: string): Input {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw invalidArgument(`Invalid value at '${where}'`);
  return { ...value };
}

/** One page of a list: `pageSize` 0 or absent is the server's choice, a cursor is opaque to callers. */
export function pageOf<Item>(
  items: readonly Item[],
  query: URLSearchParams,
): { readonly items: readonly Item[]; readonly nextPageToken: string | undefined } {
  const asked = Number(query.get("pageSize") ?? query.get("page_size") ?? 0);
  if (!Number.isInteger(asked) || asked < 0) throw invalidArgument("The page_size is invalid.");
  const size = asked === 0 ? 25_000 : Math.min(asked, 25_000);
  const token = query.get("pageToken") ?? query.get("page_token") ?? "";
  const start = token === "" ? 0 : Number(Buffer.from(token, "base64url").toString("utf8"));
  if (!Number.isInteger(start) || start < 0) throw invalidArgument("The page_token is invalid.");
  const end = start + size;
  return {
    items: items.slice(start, end),
    nextPageToken: end < items.length ? Buffer.from(String(end)).toString("base64url") : undefined,
  };
}
