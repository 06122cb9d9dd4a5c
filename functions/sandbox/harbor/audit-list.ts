import type { PartReply } from "../listener.ts";
import { can, requireAccess, requireProject } from "./authorization.ts";
import type { Caller, HarborCall, HarborContext } from "./context.ts";
import { bindPaging, pageReply } from "./paging.ts";
import { type Columns, filterRows, parseQ, sortRows } from "./query.ts";
import { refuse } from "./refusal.ts";
import { type AuditRow, roleOf, versionAtLeast } from "./state.ts";

const columns: Columns<AuditRow> = {
  id: { type: "int", read: (row) => row.id },
  username: { type: "text", read: (row) => row.username },
  operation: { type: "text", read: (row) => row.operation },
  resource: { type: "text", read: (row) => row.resource },
  resource_type: { type: "text", read: (row) => row.resourceType },
  project_id: { type: "int", read: (row) => row.projectId },
  op_result: { type: "bool", read: (row) => row.succeeded },
  op_time: { type: "time", read: (row) => row.opTimeMs },
};

function show(row: AuditRow, extended: boolean): object {
  return {
    id: row.id,
    op_time: new Date(row.opTimeMs).toISOString(),
    operation: row.operation,
    ...(extended ? { operation_description: row.description, operation_result: row.succeeded } : {}),
    resource: row.resource,
    resource_type: row.resourceType,
    username: row.username,
  };
}

/** Which rows a caller sees: **none** without the right, and no error (harbor.md §3, the trap). */
function visibleRows(context: HarborContext, caller: Caller): readonly AuditRow[] {
  const { state } = context;
  const { auditRows } = state;
  if (can(context, caller, null, "audit-log", "list")) return auditRows;
  if (caller.type !== "user") return [];
  const { user } = caller;
  return auditRows.filter((row) => roleOf(state, user, row.projectId) === "projectAdmin");
}

function list(call: HarborCall, path: string, rows: readonly AuditRow[], extended: boolean): PartReply {
  const { context, request } = call;
  const paging = bindPaging(request);
  const conditions = parseQ(request.query.get("q"));
  // From 2.13 on the old endpoints show the old table only, which gets no more rows (harbor.md §10.34).
  const there = versionAtLeast(context.state, 2, 13) === extended ? rows : [];
  const found = sortRows(filterRows(there, conditions, columns), request.query.get("sort") ?? "", columns, "-id");
  return pageReply(path, request, paging, found, (row) => show(row, extended));
}

/** `GET /audit-logs` and `/auditlog-exts`. Anonymous callers get 401 with an empty message (harbor.md §6). */
export function listAudit(call: HarborCall, extended: boolean): PartReply {
  if (call.caller.type === "anonymous") throw refuse(401, "UNAUTHORIZED", "");
  const path = `/api/v2.0/${extended ? "auditlog-exts" : "audit-logs"}`;
  return list(call, path, visibleRows(call.context, call.caller), extended);
}

/** The same per project, where a missing right is a 403. */
export function listProjectAudit(call: HarborCall, projectName: string, extended: boolean): PartReply {
  const { context, caller } = call;
  const project = requireProject(context, caller, projectName);
  requireAccess(context, caller, project, "log", "list");
  const path = `/api/v2.0/projects/${projectName}/${extended ? "auditlog-exts" : "logs"}`;
  const rows = context.state.auditRows.filter((row) => row.projectId === project.id);
  return list(call, path, rows, extended);
}

const eventTypes = [
  ...["create_artifact", "delete_artifact", "pull_artifact", "create_project", "delete_project", "delete_repository"],
  ...["login_user", "logout_user", "create_user", "delete_user", "update_user", "create_robot", "delete_robot"],
  "update_configuration",
];

/** `GET /auditlog-exts/events`: a constant list that says nothing about what is switched off (harbor.md §3). */
export function listEventTypes({ context, caller }: HarborCall): PartReply {
  requireAccess(context, caller, null, "audit-log", "list");
  return { status: 200, body: eventTypes.map((type) => ({ event_type: type })) };
}
