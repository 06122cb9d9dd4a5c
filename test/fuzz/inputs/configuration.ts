import fc from "fast-check";
import { parse, stringify } from "yaml";
import { loadConfig } from "../../../core/config/load.ts";
import { formatProblem } from "../../../core/config/problem.ts";
import { example, path } from "../../unit/config/example.ts";
import { anyPlace, editJson, type JsonEdit, jsonEdits } from "../hostile/json-edits.ts";
import { hostileText, planted } from "../hostile/texts.ts";
import { leaksOf } from "../hostile/verdict.ts";
import { of, pure } from "../property.ts";

type TextEdit =
  | { readonly how: "cut"; readonly at: number }
  | { readonly how: "insert"; readonly at: number; readonly text: string }
  | { readonly how: "repeat-line"; readonly at: number; readonly times: number }
  | { readonly how: "drop-line"; readonly at: number }
  | { readonly how: "indent-line"; readonly at: number; readonly with: string };

const at = anyPlace;
const yamlWord = fc.constantFrom(
  "&a ",
  "*a",
  "!!binary ",
  "!!js/function ",
  "<<: *a\n",
  "? ",
  "---\n",
  "...\n",
  "{",
  "}",
  "[",
  "\t",
  "'",
  '"',
  "|\n",
  "%YAML 9.9\n",
  "\ufeff",
  ": ",
  "#",
  "\u0000",
);
const textEdit: fc.Arbitrary<TextEdit> = fc.oneof(
  fc.record({ how: fc.constant("cut" as const), at }),
  fc.record({ how: fc.constant("insert" as const), at, text: fc.oneof(hostileText, yamlWord) }),
  fc.record({ how: fc.constant("repeat-line" as const), at, times: fc.constantFrom(1, 2, 3_000) }),
  fc.record({ how: fc.constant("drop-line" as const), at }),
  fc.record({ how: fc.constant("indent-line" as const), at, with: fc.constantFrom(" ", "\t", "    ") }),
);

function edited(text: string, edit: TextEdit): string {
  const offset = Math.floor(edit.at * text.length);
  const lines = text.split("\n");
  const line = Math.floor(edit.at * lines.length);
  switch (edit.how) {
    case "cut":
      return text.slice(0, offset);
    case "insert":
      return text.slice(0, offset) + edit.text + text.slice(offset);
    case "repeat-line":
      return lines.flatMap((one, index) => (index === line ? Array(edit.times + 1).fill(one) : [one])).join("\n");
    case "drop-line":
      return lines.filter((_, index) => index !== line).join("\n");
    case "indent-line":
      return lines.map((one, index) => (index === line ? edit.with + one : one)).join("\n");
  }
}

/** A file is taken, or refused with at least one problem; each names place and mend, and quotes nothing. */
export function complaintsAboutFile(text: string): readonly string[] {
  const { config, problems } = loadConfig({ path, readFile: () => text, env: { HOME: "/home/op" } });
  if (config !== null) return problems.length === 0 ? [] : ["taken, with problems"];
  if (problems.length === 0) return ["refused without a word"];
  const lines = text.split(/\r\n?|\n/).length;
  return problems.flatMap((problem) => {
    const shown = formatProblem(problem);
    const bad: string[] = [];
    if (problem.problem === "" || problem.mend === "") bad.push(`no problem or no mend: ${shown}`);
    if (problem.line < 1 || problem.line > lines || problem.column < 1) bad.push(`no such place: ${shown}`);
    if (/[\p{Cc}\u2028\u2029]/u.test(shown)) bad.push(`unprintable: ${JSON.stringify(shown)}`);
    if (shown.length > 3_000) bad.push(`a problem of ${shown.length} characters`);
    if (shown.includes("undefined") || shown.includes("[object")) bad.push(`nonsense: ${shown}`);
    return [...bad, ...leaksOf(shown, [])];
  });
}

function hold(text: string): void {
  const complaints = complaintsAboutFile(text);
  if (complaints.length > 0) throw new Error(complaints.slice(0, 3).join("; "));
}

const asJson = JSON.stringify(parse(example));

/** Flow style is YAML too; block style comes by way of data, where it can say the same. */
function documentWith(edits: readonly JsonEdit[], block: boolean): string {
  const text = editJson(asJson, edits);
  if (!block) return text;
  try {
    return stringify(JSON.parse(text));
  } catch {
    return text;
  }
}

export const configurationProperties = [
  pure(
    "configuration: the text damaged",
    of(fc.property(fc.array(textEdit, { minLength: 1, maxLength: 4 }), (edits) => hold(edits.reduce(edited, example)))),
  ),
  pure(
    "configuration: other values and keys",
    of(fc.property(jsonEdits, fc.boolean(), (edits, block) => hold(documentWith(edits, block)))),
  ),
  pure(
    "configuration: anything at all",
    of(
      fc.property(
        fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.json({ maxDepth: 4 }), fc.constantFrom(planted)),
        (text) => hold(text),
      ),
    ),
  ),
];
