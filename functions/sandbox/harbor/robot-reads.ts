import type { PartReply } from "../listener.ts";
import { type Place, placeOf, requireAccess, requireAuthenticated } from "./authorization.ts";
import type { Caller, HarborCall, HarborContext } from "./context.ts";
import { bindInt64 } from "./json-body.ts";
import { bindPaging, pageReply } from "./paging.ts";
import { type Condition, filterRows, parseQ, sortRows } from "./query.ts";
import { badRequest, crash, internalError, notFound, refuse } from "./refusal.ts";
import { robotColumns, showRobot } from "./robot-view.ts";
import { projectById, type RobotRow, robotById, versionAtLeast } from "./state.ts";

/** Loads before it judges rights: absent is 404 even to callers without any (harbor.md §10.22). */
export function loadRobot(
  context: HarborContext,
  caller: Caller,
  idText: string,
  action: "read" | "update" | "delete",
): RobotRow {
  const id = bindInt64(idText, "robot_id", "path") ?? 0;
  requireAuthenticated(caller);
  if (Math.abs(id) > 2147483647 && !versionAtLeast(context.state, 2, 16)) throw internalError();
  const robot = robotById(context.state, id);
  if (robot === undefined) throw notFound(`robot ${id} not found`);
  requireAccess(context, caller, placeOf(context.state, robot), "robot", action);
  return robot;
}

export function getRobot({ context, caller }: HarborCall, idText: string): PartReply {
  return { status: 200, body: showRobot(context.state, loadRobot(context, caller, idText, "read")) };
}

function exactValue(condition: Condition | undefined): string | undefined {
  if (condition === undefined) return undefined;
  // v2.15.2 crashes on anything but a plain value here (harbor.md §1.7).
  if (condition.type !== "exact") throw crash();
  return condition.value;
}

/** System robots unless `Level=project,ProjectID=<id>`; there is no listing across projects (harbor.md §10.13). */
function askedProjectId(conditions: ReadonlyMap<string, Condition>): number {
  const level = exactValue(conditions.get("Level")) ?? "system";
  if (level !== "system" && level !== "project") throw badRequest("bad request error level input");
  if (level === "system") return 0;
  const id = exactValue(conditions.get("ProjectID"));
  if (id === undefined) throw badRequest("must with project ID when to query project robots");
  if (!/^[1-9]\d*$/.test(id)) throw badRequest("ProjectID must be a positive integer");
  return Number(id);
}

function requireListing(context: HarborContext, caller: Caller, projectId: number): void {
  const place: Place | undefined = projectId === 0 ? null : projectById(context.state, projectId);
  if (place !== undefined) {
    requireAccess(context, caller, place, "robot", "list");
    return;
  }
  requireAuthenticated(caller);
  if (!(caller.type === "user" && caller.user.sysadmin)) throw refuse(403, "FORBIDDEN", "forbidden");
}

export function listRobots({ context, request, caller }: HarborCall): PartReply {
  const paging = bindPaging(request);
  const conditions = new Map(parseQ(request.query.get("q")));
  const projectId = askedProjectId(conditions);
  requireListing(context, caller, projectId);
  conditions.delete("Level");
  conditions.delete("ProjectID");
  const there = context.state.robots.filter((row) => row.deletedAtMs === null && row.projectId === projectId);
  const found = sortRows(
    filterRows(there, conditions, robotColumns),
    request.query.get("sort") ?? "",
    robotColumns,
    "name",
  );
  return pageReply("/api/v2.0/robots", request, paging, found, (row) => showRobot(context.state, row));
}
