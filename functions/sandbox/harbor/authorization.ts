import type { Caller, HarborCall, HarborContext } from "./context.ts";
import { notFound, refuse, unauthorized } from "./refusal.ts";
import { publicRights, roleRights } from "./role-rights.ts";
import {
  fullName,
  type HarborState,
  type ProjectRow,
  projectById,
  projectNamed,
  type RobotRow,
  roleOf,
  versionAtLeast,
} from "./state.ts";

/** Where a right is asked for: null is the system. */
export type Place = ProjectRow | null;

/**
 * Deny beats allow; every effect but empty and `allow` denies (harbor.md §10.52). `project` on all projects is
 * stored as the path `/project/*`, which matches every resource below: the action is held on all of them
 * (recorded in 16-own-permissions).
 */
function robotCan(robot: RobotRow, place: Place, resource: string, action: string): boolean {
  const access = robot.grants
    .filter(({ scope }) =>
      place === null
        ? scope.kind === "system"
        : scope.kind === "all-projects" || (scope.kind === "project" && scope.projectId === place.id),
    )
    .flatMap(({ scope, access }) => access.map((entry) => ({ ...entry, all: scope.kind === "all-projects" })));
  const effects = (wanted: string): string[] =>
    access
      .filter((entry) => entry.resource === resource || (entry.all && entry.resource === "project"))
      .filter((entry) => entry.action === wanted)
      .map((entry) => entry.effect);
  const allowed = (wanted: string): boolean => {
    const found = effects(wanted);
    return found.length > 0 && found.every((effect) => effect === "" || effect === "allow");
  };
  if (effects(action).length > 0) return allowed(action);
  // Push implies pull for project robots only (harbor.md §4).
  return robot.projectId !== 0 && resource === "repository" && action === "pull" && allowed("push");
}

/** A bearer speaks for the whole project of the repository it was asked for (recorded in 11-token-service). */
function tokenCan(
  context: HarborContext,
  caller: Extract<Caller, { type: "token" }>,
  place: ProjectRow,
  action: string,
): boolean {
  // A token older than its project is refused (harbor.md §2.3); Harbor compares whole seconds.
  if (versionAtLeast(context.state, 2, 13, 5) && caller.issuedAtMs < Math.floor(place.createdAtMs / 1000) * 1000)
    return false;
  return caller.access.some(
    (entry) => entry.type === "repository" && entry.name.split("/")[0] === place.name && entry.actions.includes(action),
  );
}

export function can(context: HarborContext, caller: Caller, place: Place, resource: string, action: string): boolean {
  const right = `${resource}:${action}`;
  if (caller.type === "user" && caller.user.sysadmin) return true;
  if (place?.public && publicRights.includes(right)) return true;
  switch (caller.type) {
    case "anonymous":
      return false;
    case "user": {
      const role = place === null ? undefined : roleOf(context.state, caller.user, place.id);
      return role !== undefined && roleRights[role].includes(right);
    }
    case "robot":
      return robotCan(caller.robot, place, resource, action);
    case "token":
      return place !== null && resource === "repository" && tokenCan(context, caller, place, action);
  }
}

export function callerName(state: HarborState, caller: Caller): string {
  switch (caller.type) {
    case "anonymous":
      return "anonymous";
    case "user":
      return caller.user.username;
    case "robot":
      return fullName(state, caller.robot);
    case "token":
      return caller.subject ?? "anonymous";
  }
}

export function requireAuthenticated(caller: Caller): void {
  if (caller.type === "anonymous") throw unauthorized();
}

/** At the system the 403 names the caller, at a project it says `forbidden` (harbor.md §2.1). */
export function requireAccess(
  context: HarborContext,
  caller: Caller,
  place: Place,
  resource: string,
  action: string,
): void {
  if (can(context, caller, place, resource, action)) return;
  requireAuthenticated(caller);
  throw refuse(403, "FORBIDDEN", place === null ? callerName(context.state, caller) : "forbidden");
}

/** The project, if the caller may know of it: absent is 404 for a sysadmin, 403 for others (harbor.md §1.3). */
export function requireProject(context: HarborContext, caller: Caller, name: string): ProjectRow {
  const project = projectNamed(context.state, name);
  if (project !== undefined) return project;
  requireAuthenticated(caller);
  if (caller.type === "user" && caller.user.sysadmin) throw notFound(`project ${name} not found`);
  throw refuse(403, "FORBIDDEN", "forbidden");
}

/** A project of a path: by name, or by id where the text is a number and no header says that it is a name. */
export function requirePathProject({ context, caller, request }: HarborCall, text: string): ProjectRow {
  const byName = request.headers["x-is-resource-name"] === "true" || !/^\d+$/.test(text);
  const found = byName ? undefined : projectById(context.state, Number(text));
  return found ?? requireProject(context, caller, text);
}

/** Only administrators; the text of the refusal as for a missing right at the system. */
export function requireSysadmin(context: HarborContext, caller: Caller): void {
  requireAuthenticated(caller);
  if (caller.type === "user" && caller.user.sysadmin) return;
  throw refuse(403, "FORBIDDEN", callerName(context.state, caller));
}

/** Place of a robot's own row. */
export function placeOf(state: HarborState, robot: RobotRow): Place {
  return robot.projectId === 0 ? null : (projectById(state, robot.projectId) ?? null);
}
