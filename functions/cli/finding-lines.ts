import type { Finding, InstallationLook } from "../../core/app/installation-findings.ts";
import { renderHealth, type TableStyle } from "./table.ts";

const namedMax = 3;

/** The first few, and how many more there are. */
export function some(texts: readonly string[]): string {
  if (texts.length === 0) return "";
  const shown = texts.slice(0, namedMax).join(", ");
  return texts.length > namedMax ? `${shown} and ${texts.length - namedMax} more` : shown;
}

/** What, whom it is about, and the mend. */
export function findingLines(findings: readonly Finding[], style: TableStyle): readonly string[] {
  return findings.flatMap(({ text, mend, about }) => [
    renderHealth("warning", text, style),
    `  ${about.length}: ${some(about)}`,
    `  ${mend}`,
  ]);
}

/** What to look at in a Harbor's settings; nothing where there is nothing. */
export function installationLines(look: InstallationLook, style: TableStyle): readonly string[] {
  const { registry, findings, notLooked, problem } = look;
  const places = problem === null ? notLooked.map(({ place }) => place).join(", ") : "";
  const blind = places === "" ? [] : [`  not to be seen by this login: ${places}`];
  const told = findingLines(findings, style).map((line) => `  ${line}`);
  return told.length + blind.length === 0 ? [] : ["", `Harbor ${registry}:`, ...told, ...blind];
}
