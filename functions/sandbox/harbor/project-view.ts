import { can } from "./authorization.ts";
import type { Caller, HarborContext } from "./context.ts";
import { type HarborState, type ProjectRow, projectRoles, roleOf } from "./state.ts";

const none = "0001-01-01T00:00:00.000Z";

export function repositoriesOf(state: HarborState, project: ProjectRow): readonly string[] {
  return [...state.repositories.keys()].filter((name) => name.startsWith(`${project.name}/`)).sort();
}

/** Role ids of a person; null where the caller is no person. */
function roleIds(state: HarborState, caller: Caller, project: ProjectRow): readonly number[] | null {
  if (caller.type !== "user") return null;
  const role = roleOf(state, caller.user, project.id);
  if (role !== undefined) return [projectRoles[role]];
  return caller.user.sysadmin ? [projectRoles.projectAdmin] : null;
}

/** A proxy cache is born with a rule of its own that drops old artifacts (recorded in 13-registries-replication). */
function retentionId(state: HarborState, project: ProjectRow): string {
  return String(state.projects.filter(({ endpointId }) => endpointId !== 0).indexOf(project) + 1);
}

/** A project as recorded in 02-projects-users and 09-robot-as-admin. */
export function showProject({ state }: HarborContext, caller: Caller, project: ProjectRow): object {
  const ids = roleIds(state, caller, project);
  return {
    creation_time: new Date(project.createdAtMs).toISOString(),
    ...(ids === null ? {} : { current_user_role_id: ids[0] }),
    current_user_role_ids: ids,
    cve_allowlist: { creation_time: none, id: project.id, items: [], project_id: project.id, update_time: none },
    metadata: {
      public: String(project.public),
      ...(project.endpointId === 0 ? {} : { retention_id: retentionId(state, project) }),
    },
    name: project.name,
    owner_id: project.ownerId,
    owner_name: project.ownerName,
    project_id: project.id,
    ...(project.endpointId === 0 ? {} : { registry_id: project.endpointId }),
    repo_count: repositoriesOf(state, project).length,
    update_time: new Date(project.updatedAtMs).toISOString(),
  };
}

/** Projects that a caller may know of: an administrator and a holder of the right all, others theirs and the public ones. */
export function visibleProjects(context: HarborContext, caller: Caller): readonly ProjectRow[] {
  const { state } = context;
  if (can(context, caller, null, "project", "list")) return state.projects;
  return state.projects.filter((project) => {
    if (project.public) return true;
    if (caller.type === "user") return roleOf(state, caller.user, project.id) !== undefined;
    if (caller.type !== "robot") return false;
    return caller.robot.grants.some(
      ({ scope }) => scope.kind === "all-projects" || (scope.kind === "project" && scope.projectId === project.id),
    );
  });
}
