import type { HarborContext } from "./context.ts";
import type { AuditRow } from "./state.ts";

const rowsMax = 100_000;

/** Appends a row; what the log keeps is bounded, the oldest goes first, as under a purge schedule. */
export function writeAudit(context: HarborContext, row: Omit<AuditRow, "id" | "opTimeMs">): void {
  const { auditRows } = context.state;
  if (row.operation === "pull" && !context.state.pullAudit) return;
  auditRows.push({ id: (auditRows.at(-1)?.id ?? 0) + 1, opTimeMs: context.nowMs(), ...row });
  if (auditRows.length > rowsMax) auditRows.splice(0, rowsMax / 10);
}
