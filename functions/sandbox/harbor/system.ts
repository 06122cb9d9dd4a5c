import type { PartReply } from "../listener.ts";
import { can, requireAccess, requireAuthenticated, requireProject } from "./authorization.ts";
import { catalogue } from "./catalogue.ts";
import type { HarborCall } from "./context.ts";
import { refuse } from "./refusal.ts";
import { projectById, versionAtLeast } from "./state.ts";

const components = ["core", "database", "jobservice", "portal", "redis", "registry", "registryctl"];

export function ping(): PartReply {
  return { status: 200, headers: { "content-type": "text/plain" }, body: "Pong" };
}

/** Always 200 (harbor.md §10.43). */
export function health(): PartReply {
  return {
    status: 200,
    body: { components: components.map((name) => ({ name, status: "healthy" })), status: "healthy" },
  };
}

/** Anonymous callers see five fields; `harbor_version` too up to 2.12 (harbor.md §6, recorded in 01-system and 18). */
export function systemInfo({ context, caller }: HarborCall): PartReply {
  const { state } = context;
  const known = caller.type !== "anonymous";
  const version = `${state.version}-080b0220`;
  return {
    status: 200,
    body: {
      auth_mode: "db_auth",
      banner_message: "",
      ...(known ? { current_time: new Date(context.nowMs()).toISOString(), external_url: context.externalUrl } : {}),
      ...(known || !versionAtLeast(state, 2, 13) ? { harbor_version: version } : {}),
      ...(known ? { has_ca_root: false, notification_enable: true } : {}),
      oidc_provider_name: "",
      primary_auth_mode: false,
      ...(known
        ? {
            project_creation_restriction: "everyone",
            read_only: state.readOnly,
            registry_storage_provider_name: "filesystem",
            registry_url: new URL(context.externalUrl).host,
          }
        : {}),
      self_registration: false,
    },
  };
}

/** Sysadmins see both lists, project admins theirs, all others 403 (harbor.md §10.36). */
export function permissions({ caller }: HarborCall): PartReply {
  if (caller.type === "anonymous") throw refuse(401, "UNAUTHORIZED", "");
  if (caller.type === "user" && caller.user.sysadmin) return { status: 200, body: catalogue };
  if (caller.type === "user" && [...caller.user.roles.values()].includes("projectAdmin"))
    return { status: 200, body: { project: catalogue.project } };
  throw refuse(403, "FORBIDDEN", "forbidden: only admins(system and project) can access permissions");
}

/**
 * 200 for every valid login, 401 for none: the cheapest check of a credential (harbor.md §10.51).
 * With `scope=/project/<id>` it lists the caller's rights there, `relative=true` naming the project `.`.
 */
export function ownPermissions({ context, request, caller }: HarborCall): PartReply {
  requireAuthenticated(caller);
  const id = /^\/project\/(\d+)$/.exec(request.query.get("scope") ?? "")?.[1];
  const project = id === undefined ? undefined : projectById(context.state, Number(id));
  if (project === undefined) return { status: 200, body: [] };
  const relative = request.query.get("relative") === "true";
  const rights = catalogue.project
    .filter(({ resource, action }) => can(context, caller, project, resource, action))
    .map(({ resource, action }) => {
      const name = resource === "project" ? "." : resource;
      return { action, resource: relative ? name : `/project/${project.id}${name === "." ? "" : `/${name}`}` };
    });
  return { status: 200, body: rights };
}

/** `GET /users/current`: a robot is no user (harbor.md §6). */
export function currentUser({ context, caller }: HarborCall): PartReply {
  requireAuthenticated(caller);
  if (caller.type !== "user")
    throw refuse(412, "PRECONDITION", "get current user not available for security context: robot");
  const { id, username, sysadmin } = caller.user;
  const born = new Date(context.state.projects[0]?.createdAtMs ?? 0).toISOString();
  return {
    status: 200,
    body: {
      admin_role_in_auth: false,
      creation_time: born,
      realname: username,
      sysadmin_flag: sysadmin,
      update_time: born,
      user_id: id,
      username,
    },
  };
}

/** `GET /projects/<name>`, for its id; the fields recorded in 02-projects-users. */
export function getProject({ context, caller }: HarborCall, name: string): PartReply {
  const project = requireProject(context, caller, name);
  requireAccess(context, caller, project, "project", "read");
  const none = "0001-01-01T00:00:00.000Z";
  const time = new Date(project.createdAtMs).toISOString();
  const roleId = caller.type === "user" ? 1 : null;
  return {
    status: 200,
    body: {
      creation_time: time,
      ...(roleId === null ? {} : { current_user_role_id: roleId }),
      current_user_role_ids: roleId === null ? null : [roleId],
      cve_allowlist: { creation_time: none, id: project.id, items: [], project_id: project.id, update_time: none },
      metadata: { public: String(project.public) },
      name: project.name,
      owner_id: 1,
      owner_name: "admin",
      project_id: project.id,
      repo_count: [...context.state.repositories.keys()].filter((repository) => repository.startsWith(`${name}/`))
        .length,
      update_time: time,
    },
  };
}
