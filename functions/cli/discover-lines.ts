import type { Discovered, Discovery } from "../../core/app/discover.ts";
import { formatSpan } from "../../core/schedule/span.ts";
import { findingLines, some } from "./finding-lines.ts";
import { type Cell, renderTable, type TableStyle } from "./table.ts";
import { formatRelative } from "./time.ts";

const headings = ["robot", "place", "age", "expires", "made by", "last use", "held by", "managed"] as const;

function rowOf(one: Discovered, nowMs: number): readonly Cell[] {
  const { robot } = one;
  const expires = robot.expiresAtMs === null ? "never" : formatRelative(robot.expiresAtMs, nowMs);
  return [
    robot.disabled ? { text: `${robot.username} (disabled)`, health: "warning" } : robot.username,
    robot.project ?? "system",
    formatSpan(one.ageMs),
    expires,
    one.creator,
    one.lastUsedMs === null ? one.useText : formatRelative(one.lastUsedMs, nowMs),
    some(one.heldBy.map(({ cluster, namespace, secret }) => `${cluster}: ${namespace}/${secret}`)),
    one.credential ?? "",
  ];
}

/** Robots, then findings, then what could not be looked at. */
export function discoveryLines(found: Discovery, nowMs: number, style: TableStyle): readonly string[] {
  const rows = found.robots.map((one) => rowOf(one, nowMs));
  const findings = findingLines(found.findings, style);
  const blind = found.notLooked.map(({ place, why }) => `  ${place}: ${why}`);
  return [
    `Harbor ${found.installation.version}, ${found.robots.length} robots`,
    ...renderTable(headings, rows, style),
    ...(findings.length === 0 ? [] : ["", ...findings]),
    ...(blind.length === 0 ? [] : ["", "not looked at:", ...blind]),
  ];
}
