import fc from "fast-check";
import { hostileJson } from "./texts.ts";

/** One change of a JSON text. `at`: which of its values, as a share of all, in the order they stand. */
export interface JsonEdit {
  readonly at: number;
  readonly how: "replace" | "drop" | "double" | "sneak";
  /** JSON as text. */
  readonly json: string;
}

/** Evenly: fast-check likes the ends of a range, and every place counts the same here. */
export const anyPlace: fc.Arbitrary<number> = fc.noBias(fc.nat({ max: 9_999 })).map((place) => place / 10_000);

export const jsonEdits: fc.Arbitrary<readonly JsonEdit[]> = fc.array(
  fc.record({
    at: anyPlace,
    how: fc.constantFrom<JsonEdit["how"]>("replace", "replace", "replace", "drop", "double", "sneak"),
    json: hostileJson,
  }),
  { minLength: 1, maxLength: 2 },
);

function countOf(node: unknown): number {
  if (typeof node !== "object" || node === null) return 1;
  return Object.values(node).reduce<number>((sum, child) => sum + countOf(child), 1);
}

/** `double`: the member again, otherwise. `sneak`: a key that objects have by birth, beside it. */
function memberText(key: string, own: string | null, edit: JsonEdit | undefined): readonly string[] {
  const name = JSON.stringify(key);
  const member = own === null ? [] : [`${name}:${own}`];
  if (edit?.how === "double") return [...member, `${name}:${edit.json}`];
  return edit?.how === "sneak" ? [`"__proto__":${edit.json}`, ...member] : member;
}

function write(node: unknown, edits: ReadonlyMap<number, JsonEdit>, next: { index: number }): string | null {
  const edit = edits.get(next.index);
  next.index += 1;
  let own: string;
  if (Array.isArray(node)) {
    own = `[${node.flatMap((item) => write(item, edits, next) ?? []).join(",")}]`;
  } else if (typeof node === "object" && node !== null) {
    const members = Object.entries(node).flatMap(([key, child]) => {
      const ofChild = edits.get(next.index);
      return memberText(key, write(child, edits, next), ofChild);
    });
    own = `{${members.join(",")}}`;
  } else own = JSON.stringify(node);
  if (edit?.how === "replace") return edit.json;
  return edit?.how === "drop" ? null : own;
}

/** The text with these changes; what is no JSON is replaced as a whole. */
export function editJson(text: string, edits: readonly JsonEdit[]): string {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    return edits[0]?.json ?? text;
  }
  const count = countOf(data);
  const chosen = new Map(edits.map((edit) => [Math.floor(edit.at * count), edit]));
  return write(data, chosen, { index: 0 }) ?? "";
}
