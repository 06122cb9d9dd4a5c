import type { PartReply } from "../listener.ts";
import { can, requireAuthenticated } from "./authorization.ts";
import { catalogueOf } from "./catalogue.ts";
import type { HarborCall } from "./context.ts";
import { bindBool } from "./json-body.ts";
import { refuse } from "./refusal.ts";
import { projectRights } from "./role-rights.ts";
import { projectById, versionAtLeast } from "./state.ts";

const components = ["core", "database", "jobservice", "portal", "redis", "registry", "registryctl"];

/** The commits of the recorded builds. */
const commits: Readonly<Record<string, string>> = { "v2.16.0": "c50c7ddd" };
const commitOf2152 = "080b0220";

export function ping(): PartReply {
  return { status: 200, headers: { "content-type": "text/plain" }, body: "Pong" };
}

/** Always 200, whatever is broken (harbor.md §10.43). */
export function health({ context }: HarborCall): PartReply {
  const { componentDown } = context.nastiness;
  const shown = components.map((name) => {
    if (name !== componentDown) return { name, status: "healthy" };
    const error = `failed to check health: Get "http://${name}:8080": dial tcp ${name}:8080: connect: connection refused`;
    return { error, name, status: "unhealthy" };
  });
  return { status: 200, body: { components: shown, status: componentDown === null ? "healthy" : "unhealthy" } };
}

/** Anonymous callers see five fields; `harbor_version` too up to 2.12 (harbor.md §6, recorded in 01-system and 18). */
export function systemInfo({ context, caller }: HarborCall): PartReply {
  const { state } = context;
  const known = caller.type !== "anonymous";
  const version = `${state.version}-${commits[state.version] ?? commitOf2152}`;
  return {
    status: 200,
    body: {
      auth_mode: "db_auth",
      banner_message: state.settings.banner_message,
      ...(known ? { current_time: new Date(context.nowMs()).toISOString(), external_url: context.externalUrl } : {}),
      ...(known || !versionAtLeast(state, 2, 13) ? { harbor_version: version } : {}),
      ...(known ? { has_ca_root: false, notification_enable: state.settings.notification_enable } : {}),
      oidc_provider_name: "",
      primary_auth_mode: false,
      ...(known
        ? {
            project_creation_restriction: state.settings.project_creation_restriction,
            read_only: state.settings.read_only,
            registry_storage_provider_name: "filesystem",
            registry_url: new URL(context.externalUrl).host,
          }
        : {}),
      self_registration: state.settings.self_registration,
    },
  };
}

/** Sysadmins see both lists, project admins theirs, all others 403 (harbor.md §10.36). */
export function permissions({ context, caller }: HarborCall): PartReply {
  if (caller.type === "anonymous") throw refuse(401, "UNAUTHORIZED", "");
  const catalogue = catalogueOf(context.state);
  if (caller.type === "user" && caller.user.sysadmin) return { status: 200, body: catalogue };
  const { members } = context.state;
  if (
    caller.type === "user" &&
    members.some(({ userId, role }) => userId === caller.user.id && role === "projectAdmin")
  )
    return { status: 200, body: { project: catalogue.project, system: null } };
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
  const relative = bindBool(request.query.get("relative")) ?? false;
  const rights = projectRights
    .map((right) => right.split(":") as [string, string])
    .filter(([resource, action]) => can(context, caller, project, resource, action))
    .map(([resource, action]) => {
      const name = resource === "project" ? "." : resource;
      return { action, resource: relative ? name : `/project/${project.id}${name === "." ? "" : `/${name}`}` };
    });
  return { status: 200, body: rights };
}
