import type { PartReply } from "../listener.ts";
import { type Place, placeOf, requireAccess, requireAuthenticated } from "./authorization.ts";
import type { Caller, HarborCall, HarborContext } from "./context.ts";
import { bindInt64 } from "./json-body.ts";
import { bindPaging, pageReply } from "./paging.ts";
import { type Condition, filterRows, parseQ, sortRows } from "./query.ts";
import { badRequest, crash, internalError, notFound, refuse } from "./refusal.ts";
import { robotColumns, showRobot } from "./robot-view.ts";
import { type HarborState, projectById, type RobotRow, robotById, versionAtLeast } from "./state.ts";

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

function exactValue(state: HarborState, condition: Condition | undefined): string | undefined {
  if (condition === undefined) return undefined;
  if (condition.type === "exact") return condition.value;
  // v2.15.2 crashes on anything but a plain value here, 2.16 refuses it (harbor.md §1.7, §9).
  throw versionAtLeast(state, 2, 16) ? badRequest("bad request error level input") : crash();
}

/** Before 2.13 a `Level=system` that was spelled out returned the robots of projects too (harbor.md §1.7). */
const everyRobot = -1;

/** System robots unless `Level=project,ProjectID=<id>`; there is no listing across projects (harbor.md §10.13). */
function askedProjectId(state: HarborState, conditions: ReadonlyMap<string, Condition>): number {
  const given = exactValue(state, conditions.get("Level"));
  const level = given ?? "system";
  if (level !== "system" && level !== "project") throw badRequest("bad request error level input");
  if (level === "system") return given === undefined || versionAtLeast(state, 2, 13) ? 0 : everyRobot;
  const id = exactValue(state, conditions.get("ProjectID"));
  if (id === undefined) throw badRequest("must with project ID when to query project robots");
  if (!/^[1-9]\d*$/.test(id)) throw badRequest("ProjectID must be a positive integer");
  return Number(id);
}

function requireListing(context: HarborContext, caller: Caller, projectId: number): void {
  const place: Place | undefined = projectId <= 0 ? null : projectById(context.state, projectId);
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
  const projectId = askedProjectId(context.state, conditions);
  requireListing(context, caller, projectId);
  conditions.delete("Level");
  conditions.delete("ProjectID");
  const there = context.state.robots.filter(
    (row) => row.deletedAtMs === null && (projectId === everyRobot || row.projectId === projectId),
  );
  const found = sortRows(
    filterRows(there, conditions, robotColumns),
    request.query.get("sort") ?? "",
    robotColumns,
    "name",
  );
  return pageReply("/api/v2.0/robots", request, paging, found, (row) => showRobot(context.state, row));
}
