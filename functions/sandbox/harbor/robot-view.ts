import type { Columns } from "./query.ts";
import { fullName, type Grant, type HarborState, projectById, type RobotRow, versionAtLeast } from "./state.ts";

interface ShownPermission {
  readonly access: readonly { readonly action: string; readonly effect?: string; readonly resource: string }[];
  readonly kind: "system" | "project";
  readonly namespace: string;
}

/** Kind and namespace of a grant; null: its project is gone, and with it the scope (harbor.md §1.2). */
export function scopeName(state: HarborState, grant: Grant): { kind: "system" | "project"; namespace: string } | null {
  const { scope } = grant;
  if (scope.kind === "system") return { kind: "system", namespace: "/" };
  if (scope.kind === "all-projects") return { kind: "project", namespace: "*" };
  const project = projectById(state, scope.projectId);
  return project === undefined ? null : { kind: "project", namespace: project.name };
}

let shows = 0;

/** A robot as GET and list show it: never the secret; the order of permissions differs from one answer to the next (harbor.md §10.12). */
export function showRobot(state: HarborState, robot: RobotRow): object {
  const permissions = robot.grants.flatMap((grant): ShownPermission[] => {
    const scope = scopeName(state, grant);
    if (scope === null) return [];
    const access = grant.access.map(({ action, effect, resource }) => ({
      action,
      ...(effect === "" ? {} : { effect }),
      resource,
    }));
    return [{ access, ...scope }];
  });
  shows += 1;
  if (shows % 2 === 0) permissions.reverse();
  return {
    creation_time: new Date(robot.createdAtMs).toISOString(),
    ...(versionAtLeast(state, 2, 12) ? { creator_ref: robot.creatorRef, creator_type: robot.creatorType } : {}),
    ...(robot.description === "" ? {} : { description: robot.description }),
    disable: robot.disabled,
    duration: robot.durationDays,
    editable: true,
    expires_at: robot.expiresAtS,
    id: robot.id,
    level: robot.projectId === 0 ? "system" : "project",
    name: fullName(state, robot),
    permissions,
    update_time: new Date(robot.updatedAtMs).toISOString(),
  };
}

const columns: Columns<RobotRow> = {
  id: { type: "int", read: (row) => row.id },
  name: { type: "text", read: (row) => row.name },
  description: { type: "text", read: (row) => row.description },
  project_id: { type: "int", read: (row) => row.projectId },
  duration: { type: "int", read: (row) => row.durationDays },
  expiresat: { type: "int", read: (row) => row.expiresAtS },
  disabled: { type: "bool", read: (row) => row.disabled },
  creation_time: { type: "time", read: (row) => row.createdAtMs },
  update_time: { type: "time", read: (row) => row.updatedAtMs },
  creator_type: { type: "text", read: (row) => row.creatorType },
  creator_ref: { type: "int", read: (row) => row.creatorRef },
  // The order of a salted hash means nothing: any stable one will do.
  secret: { type: "int", read: (row) => (row.id * 2_654_435_761) % 4_294_967_296, sortOnly: true },
};

const goNames: Readonly<Record<string, string>> = {
  ID: "id",
  Name: "name",
  Description: "description",
  ProjectID: "project_id",
  Duration: "duration",
  ExpiresAt: "expiresat",
  Disabled: "disabled",
  CreationTime: "creation_time",
  UpdateTime: "update_time",
  CreatorType: "creator_type",
  CreatorRef: "creator_ref",
};

/** Keys that filters and sorts know: the column's name or Go's field name (harbor.md §1.7). */
export const robotColumns: Columns<RobotRow> = Object.fromEntries([
  ...Object.entries(columns),
  ...Object.entries(goNames).flatMap(([goName, name]) => {
    const column = columns[name];
    return column === undefined ? [] : [[goName, column] as const];
  }),
]);
