export interface ColourQuestion {
  /** `--no-color` was given. */
  readonly off: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTTY: boolean;
}

/** `--no-color` > CAPSTAN_NO_COLOR, NO_COLOR > FORCE_COLOR > CLICOLOR_FORCE > TERM=dumb > terminal or not (operators.md 1.3). */
export function wantsColour({ off, env, isTTY }: ColourQuestion): boolean {
  if (off || isSet(env["CAPSTAN_NO_COLOR"]) || isSet(env["NO_COLOR"])) return false;
  const forced = env["FORCE_COLOR"];
  if (isSet(forced)) return forced !== "0" && forced !== "false";
  const cliForced = env["CLICOLOR_FORCE"];
  if (isSet(cliForced) && cliForced !== "0") return true;
  return isTTY && env["TERM"] !== "dumb";
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

export type Colour = "green" | "yellow" | "red" | "dim" | "bold";

const codes: Readonly<Record<Colour, number>> = { green: 32, yellow: 33, red: 31, dim: 2, bold: 1 };

/** Paints a text, or leaves it. */
export type Paint = (colour: Colour, text: string) => string;

export function createPaint(wanted: boolean): Paint {
  return wanted ? (colour, text) => `\u001b[${codes[colour]}m${text}\u001b[0m` : (_colour, text) => text;
}
