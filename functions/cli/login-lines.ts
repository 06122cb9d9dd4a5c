import type { StaticKeys, TrustLook } from "../../core/app/inspect-trusts.ts";
import { type Health, renderHealth, type TableStyle } from "./table.ts";

const healths: Readonly<Record<TrustLook["verdict"], Health>> = {
  works: "good",
  missing: "bad",
  unknown: "warning",
  "not-tried": "warning",
  "not-configured": "warning",
};

/** How home's runner gets into the sites of other clouds, with the commands that make a trust that is missing. */
export function loginLines(
  logins: readonly TrustLook[],
  warnings: readonly StaticKeys[],
  style: TableStyle,
): readonly string[] {
  if (logins.length + warnings.length === 0) return [];
  return [
    "logins:",
    ...logins.flatMap(({ site, verdict, text, commands }) => [
      // The sign and the name alone are cut to a column's width.
      `  ${renderHealth(healths[verdict], site, style)}: ${text}`,
      ...(commands.length === 0 ? [] : ["    make the trust with:"]),
      ...commands.map((command) => `      ${command}`),
    ]),
    ...warnings.map(({ site, text }) => `  ${renderHealth("warning", site, style)}: ${text}`),
  ];
}
