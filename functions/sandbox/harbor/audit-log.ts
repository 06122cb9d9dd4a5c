import type { HarborContext } from "./context.ts";
import { isAuditDisabled } from "./settings.ts";
import type { AuditRow } from "./state.ts";

const rowsMax = 100_000;

type NewAuditRow = Omit<AuditRow, "id" | "opTimeMs" | "succeeded"> & { readonly succeeded?: boolean };

/** Appends a row; what the log keeps is bounded, the oldest goes first, as under a purge schedule. */
export function writeAudit(context: HarborContext, row: NewAuditRow): void {
  const { auditRows, settings } = context.state;
  if (isAuditDisabled(settings, `${row.operation}_${row.resourceType}`)) return;
  auditRows.push({ id: (auditRows.at(-1)?.id ?? 0) + 1, opTimeMs: context.nowMs(), succeeded: true, ...row });
  if (auditRows.length > rowsMax) auditRows.splice(0, rowsMax / 10);
}
