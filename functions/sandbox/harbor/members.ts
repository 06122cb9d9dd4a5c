import type { PartReply } from "../listener.ts";
import { can, requireAccess, requirePathProject } from "./authorization.ts";
import type { HarborCall } from "./context.ts";
import { bindAll, bindBody, bindInt64 } from "./json-body.ts";
import { bindPaging, pageReply } from "./paging.ts";
import { repositoriesOf } from "./project-view.ts";
import { badRequest, notFound, refuse } from "./refusal.ts";
import { type MemberRow, nextId, type ProjectRole, projectRoles } from "./state.ts";

const userEntity = { user_id: "int64", username: "string" } as const;
const userGroup = { id: "int64", group_name: "string", group_type: "int64", ldap_group_dn: "string" } as const;
const memberFields = {
  role_id: "int64",
  member_user: { struct: "UserEntity", fields: userEntity },
  member_group: { struct: "UserGroup", fields: userGroup },
} as const;

function roleOfId(id: unknown): ProjectRole {
  const found = Object.entries(projectRoles).find(([, roleId]) => roleId === id)?.[0] as ProjectRole | undefined;
  if (found === undefined) throw badRequest(`Failed to update project member, role is not in 1,2,3,4,5 role id:${id}`);
  return found;
}

/** `GET /projects/<p>/members`, by name. */
export function listMembers(call: HarborCall, name: string): PartReply {
  const { context, request } = call;
  const paging = bindPaging(request);
  const project = requirePathProject(call, name);
  requireAccess(context, call.caller, project, "member", "list");
  const { state } = context;
  const shown = state.members
    .filter(({ projectId }) => projectId === project.id)
    .map((member) => ({ member, user: state.users.find(({ id }) => id === member.userId)?.username ?? "" }))
    .sort((a, b) => (a.user < b.user ? -1 : 1));
  return pageReply(`/api/v2.0/projects/${name}/members`, request, paging, shown, ({ member, user }) => ({
    entity_id: member.userId,
    entity_name: user,
    entity_type: "u",
    id: member.id,
    project_id: member.projectId,
    role_id: projectRoles[member.role],
    role_name: member.role,
  }));
}

export function postMember(call: HarborCall, name: string): PartReply {
  const { context, request } = call;
  const body = bindBody(request, { parameter: "projectMember", type: "ProjectMember", fields: memberFields });
  const project = requirePathProject(call, name);
  requireAccess(context, call.caller, project, "member", "create");
  const role = roleOfId(body["role_id"]);
  const wanted = (body["member_user"] ?? {}) as { username?: string; user_id?: number };
  const { state } = context;
  const user = state.users.find((row) => row.username === wanted.username || row.id === wanted.user_id);
  if (user === undefined) throw notFound(`user ${wanted.username ?? wanted.user_id ?? ""} not found`);
  const id = nextId(state, "member");
  if (state.members.some((row) => row.projectId === project.id && row.userId === user.id))
    throw refuse(409, "CONFLICT", "the project member already exists");
  state.members.push({ id, projectId: project.id, userId: user.id, role });
  return { status: 201, headers: { location: `${request.path}/${id}` } };
}

function loadMember(call: HarborCall, name: string, idText: string, action: "update" | "delete"): MemberRow {
  const id = bindInt64(idText, "mid", "path") ?? 0;
  const project = requirePathProject(call, name);
  requireAccess(call.context, call.caller, project, "member", action);
  const member = call.context.state.members.find((row) => row.id === id && row.projectId === project.id);
  if (member === undefined) throw notFound(`project member ${id} not found`);
  return member;
}

export function putMember(call: HarborCall, name: string, idText: string): PartReply {
  const [, body] = bindAll(
    () => bindInt64(idText, "mid", "path"),
    () => bindBody(call.request, { parameter: "role", type: "RoleRequest", fields: { role_id: "int64" } }),
  );
  const role = roleOfId(body["role_id"]);
  loadMember(call, name, idText, "update").role = role;
  return { status: 200 };
}

export function deleteMember(call: HarborCall, name: string, idText: string): PartReply {
  const { state } = call.context;
  const member = loadMember(call, name, idText, "delete");
  state.members = state.members.filter((row) => row !== member);
  return { status: 200 };
}

const counted = {
  project_admin_count: "projectAdmin",
  maintainer_count: "maintainer",
  developer_count: "developer",
  guest_count: "guest",
  limited_guest_count: "limitedGuest",
} as const;

/** `GET /projects/<p>/summary`; counts of nothing are left out, and what the caller may not read. */
export function projectSummary(call: HarborCall, name: string): PartReply {
  const { state } = call.context;
  const project = requirePathProject(call, name);
  requireAccess(call.context, call.caller, project, "project", "read");
  const has = (resource: string, action: string) => can(call.context, call.caller, project, resource, action);
  const members = has("member", "list") ? state.members.filter(({ projectId }) => projectId === project.id) : [];
  const counts = Object.entries(counted)
    .map(([key, role]) => [key, members.filter((member) => member.role === role).length] as const)
    .filter(([, count]) => count > 0);
  const quota = { hard: { storage: state.settings.storage_per_project }, used: { storage: 0 } };
  return {
    status: 200,
    body: {
      ...Object.fromEntries(counts),
      ...(has("quota", "read") ? { quota } : {}),
      repo_count: repositoriesOf(state, project).length,
    },
  };
}
