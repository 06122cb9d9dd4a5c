import type { Colour, Paint } from "./colour.ts";

export type Health = "good" | "warning" | "bad";

const symbols: Readonly<Record<Health, { readonly sign: string; readonly ascii: string; readonly colour: Colour }>> = {
  good: { sign: "✓", ascii: "+", colour: "green" },
  warning: { sign: "!", ascii: "!", colour: "yellow" },
  bad: { sign: "✗", ascii: "x", colour: "red" },
};

export interface TableStyle {
  readonly paint: Paint;
  /** `--ascii`: no characters beyond ASCII. */
  readonly ascii: boolean;
}

/** `health` puts ✓, ! or ✗ before the word: state is never told by colour alone. */
export type Cell = string | { readonly text: string; readonly health: Health };

const gap = "  ";
const cellColumnsMax = 100;

/**
 * Rows as aligned lines under upper-case headings, without borders, so that they can be cut and
 * grepped. Control characters of names are shown as `?`: a name must not steer a terminal.
 */
export function renderTable(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  style: TableStyle,
): string[] {
  const plain = rows.map((row) => headings.map((_, column) => cellText(row[column] ?? "", style)));
  const widths = headings.map((heading, column) =>
    Math.max(columnsOf(heading), ...plain.map((row) => columnsOf(row[column] ?? ""))),
  );
  const lineOf = (texts: readonly string[], paintCell: (text: string, column: number) => string) =>
    texts
      .map((text, column) => paintCell(text, column) + " ".repeat(Math.max(0, (widths[column] ?? 0) - columnsOf(text))))
      .join(gap)
      .trimEnd();

  const head = lineOf(
    headings.map((heading) => heading.toUpperCase()),
    (text) => style.paint("bold", text),
  );
  const body = plain.map((texts, index) =>
    lineOf(texts, (text, column) => {
      const cell = rows[index]?.[column] ?? "";
      return typeof cell === "string" ? text : style.paint(symbols[cell.health].colour, text);
    }),
  );
  return [head, ...body];
}

/** One word with its sign, outside of a table. */
export function renderHealth(health: Health, word: string, style: TableStyle): string {
  return style.paint(symbols[health].colour, cellText({ text: word, health }, style));
}

function cellText(cell: Cell, style: TableStyle): string {
  const text = printable(typeof cell === "string" ? cell : cell.text, style.ascii);
  if (typeof cell === "string") return text;
  const symbol = symbols[cell.health];
  return `${style.ascii ? symbol.ascii : symbol.sign} ${text}`;
}

/** Cuts, and replaces what a terminal would obey: control characters and changes of writing direction. */
function printable(text: string, ascii: boolean): string {
  const safe = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
  const shown = ascii ? safe.replace(/[^\u0020-\u007e]/gu, "?") : safe;
  const characters = [...shown];
  if (characters.length <= cellColumnsMax) return shown;
  return `${characters.slice(0, cellColumnsMax - 3).join("")}...`;
}

/** Characters, which is what nearly all our cells need: names are ASCII by their rules. */
function columnsOf(text: string): number {
  return [...text].length;
}
