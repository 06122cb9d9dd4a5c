import type { PartReply } from "../listener.ts";
import { writeAudit } from "./audit-log.ts";
import { callerName, can, requireAccess, requireAuthenticated, requirePathProject } from "./authorization.ts";
import type { Caller, HarborCall, HarborContext } from "./context.ts";
import { bindBody, bindBool } from "./json-body.ts";
import { bindPaging, pageReply } from "./paging.ts";
import { repositoriesOf, showProject, visibleProjects } from "./project-view.ts";
import { type Columns, filterRows, parseQ, sortRows } from "./query.ts";
import { badRequest, internalError, notFound, refuse, Unprocessable } from "./refusal.ts";
import { type HarborState, nextId, type ProjectRow, projectNamed, type UserRow } from "./state.ts";

const metadata = Object.fromEntries(
  [
    ...["public", "enable_content_trust", "enable_content_trust_cosign", "prevent_vul", "severity", "auto_scan"],
    ...["auto_sbom_generation", "reuse_sys_cve_allowlist", "retention_id", "proxy_speed_kb"],
  ].map((name) => [name, "string"] as const),
);
const allowlistItem = { struct: "CVEAllowlistItem", fields: { cve_id: "string" } } as const;
const allowlist = { id: "int64", project_id: "int64", expires_at: "int64", items: { list: allowlistItem } } as const;
const fields = {
  project_name: "string",
  public: "bool",
  metadata: { struct: "ProjectMetadata", fields: metadata },
  registry_id: "int64",
  storage_limit: "int64",
  cve_allowlist: { struct: "CVEAllowlist", fields: allowlist },
} as const;

const columns: Columns<ProjectRow> = Object.fromEntries([
  ...["name", "Name"].map((key) => [key, { type: "text", read: (row: ProjectRow) => row.name }] as const),
  ...["project_id", "ProjectID"].map((key) => [key, { type: "int", read: (row: ProjectRow) => row.id }] as const),
  ["owner_id", { type: "int", read: (row: ProjectRow) => row.ownerId }] as const,
  ["creation_time", { type: "time", read: (row: ProjectRow) => row.createdAtMs }] as const,
  ["update_time", { type: "time", read: (row: ProjectRow) => row.updatedAtMs }] as const,
]);

/** Any system robot may create projects unless only administrators may; project robots never (harbor.md §4). */
function requireCreation(context: HarborContext, caller: Caller, isProxy: boolean): void {
  requireAuthenticated(caller);
  const isAdmin = can(context, caller, null, "project", "create");
  if (caller.type === "robot" && caller.robot.projectId !== 0)
    throw refuse(403, "FORBIDDEN", "Only system level robot can create project");
  const restricted = context.state.settings.project_creation_restriction === "adminonly";
  if (restricted && !isAdmin) throw refuse(403, "FORBIDDEN", "Only system admin can create project");
  if (isProxy && !isAdmin) throw refuse(403, "FORBIDDEN", "Only system admin can create proxy cache project");
}

/** Of a proxy cache. Harbor's own text, spelling and all; an absent registry is not told from a failure. */
function checkEndpoint({ state }: HarborContext, endpointId: number | null): void {
  if (endpointId === null) return;
  if (endpointId <= 0) throw badRequest(`${endpointId} is invalid value of registry_id, it should be geater than 0`);
  if (!state.endpoints.some(({ id }) => id === endpointId)) throw internalError();
}

function checkProjectName(name: string): void {
  if (name.length < 1 || name.length > 255)
    throw badRequest(`Project name ${name} is illegal in length. (greater than 1 or less than 255)`);
  if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name))
    throw badRequest("project name is not in lower case or contains illegal characters");
}

/** The project with its owner as project administrator; robots make it for the administrator. Throws the 409 of a taken name, which burns an id. */
export function createProject(
  context: HarborContext,
  caller: Caller,
  wanted: { readonly name: string; readonly public: boolean; readonly endpointId: number },
): ProjectRow {
  const { state } = context;
  const id = nextId(state, "project");
  if (projectNamed(state, wanted.name) !== undefined)
    throw refuse(409, "CONFLICT", `The project named ${wanted.name} already exists`);
  const admin = state.users[0];
  if (admin === undefined) throw new Error("a Harbor has an administrator");
  const owner: UserRow = caller.type === "user" ? caller.user : admin;
  const createdAtMs = context.nowMs();
  const times = { createdAtMs, updatedAtMs: createdAtMs };
  const project: ProjectRow = { ...wanted, id, ...times, ownerId: owner.id, ownerName: owner.username };
  state.projects.push(project);
  state.members.push({ id: nextId(state, "member"), projectId: id, userId: owner.id, role: "projectAdmin" });
  auditProject(context, caller, "create", project);
  return project;
}

function auditProject(context: HarborContext, caller: Caller, operation: "create" | "delete", row: ProjectRow): void {
  writeAudit(context, {
    operation,
    description: `${operation} project: ${row.name}`,
    resource: row.name,
    resourceType: "project",
    username: callerName(context.state, caller),
    projectId: row.id,
  });
}

/** Its robots go with it, scopes in others' permissions too (harbor.md §10.53). */
export function removeProject(context: HarborContext, caller: Caller, project: ProjectRow): void {
  const { state } = context;
  state.projects = state.projects.filter((row) => row !== project);
  state.members = state.members.filter(({ projectId }) => projectId !== project.id);
  state.webhooks = state.webhooks.filter(({ projectId }) => projectId !== project.id);
  for (const robot of state.robots) if (robot.projectId === project.id) robot.deletedAtMs ??= context.nowMs();
  auditProject(context, caller, "delete", project);
}

export function postProject({ context, request, caller }: HarborCall): PartReply {
  const body = bindBody(request, {
    parameter: "project",
    type: "ProjectReq",
    fields,
    charactersMax: { project_name: 255 },
  });
  const name = typeof body["project_name"] === "string" ? body["project_name"] : "";
  const endpointId = typeof body["registry_id"] === "number" ? body["registry_id"] : null;
  requireCreation(context, caller, endpointId !== null);
  const wanted = (body["metadata"] ?? {}) as { public?: string | null; retention_id?: string | null };
  const isPublic = wanted.public || String(body["public"] === true);
  if (isPublic !== "true" && isPublic !== "false")
    throw badRequest(`metadata.public should only be 'true' or 'false', but got: '${isPublic}'`);
  if (wanted.retention_id)
    throw badRequest(
      "the retention_id in the request's payload when creating a project should be omitted, alternatively passing an empty string",
    );
  checkEndpoint(context, endpointId);
  checkProjectName(name);
  const project = createProject(context, caller, {
    name,
    public: isPublic === "true",
    endpointId: endpointId ?? 0,
  });
  const shown = request.headers["x-resource-name-in-location"] === "true" ? project.name : project.id;
  return { status: 201, headers: { location: `${request.path.replace(/\/$/, "")}/${shown}` } };
}

/** Without a login the public ones: 200 is no proof of a credential (harbor.md §2.2). */
export function listProjects({ context, request, caller }: HarborCall): PartReply {
  const paging = bindPaging(request);
  const { query } = request;
  const conditions = new Map(parseQ(query.get("q")));
  const name = query.get("name");
  if (name) conditions.set("name", { type: "contains", value: name });
  const isPublic = bindBool(query.get("public"));
  const owner = query.get("owner") ?? "";
  const there = visibleProjects(context, caller)
    .filter((row) => isPublic === undefined || row.public === isPublic)
    .filter((row) => owner === "" || row.ownerName === owner);
  const found = sortRows(filterRows(there, conditions, columns), query.get("sort") ?? "", columns, "name");
  return pageReply("/api/v2.0/projects", request, paging, found, (row) => showProject(context, caller, row));
}

/** `HEAD /projects?project_name=`: is there one of that name? */
export function headProject({ context, request, caller }: HarborCall): PartReply {
  const name = request.query.get("project_name");
  if (!name) throw new Unprocessable(["project_name in query is required"]);
  requireAuthenticated(caller);
  if (projectNamed(context.state, name) === undefined) throw notFound(`project ${name} not found`);
  return { status: 200 };
}

export function getProject(call: HarborCall, name: string): PartReply {
  const project = requirePathProject(call, name);
  requireAccess(call.context, call.caller, project, "project", "read");
  return { status: 200, body: showProject(call.context, call.caller, project) };
}

const inUse = "the project contains repositories, can not be deleted";

function isEmpty(state: HarborState, project: ProjectRow): boolean {
  return repositoriesOf(state, project).length === 0;
}

export function deleteProject(call: HarborCall, name: string): PartReply {
  const project = requirePathProject(call, name);
  requireAccess(call.context, call.caller, project, "project", "delete");
  if (!isEmpty(call.context.state, project)) throw refuse(412, "PRECONDITION", inUse);
  removeProject(call.context, call.caller, project);
  return { status: 200 };
}

/** Robots do not stand in the way of a deletion, repositories do. */
export function isDeletable(call: HarborCall, name: string): PartReply {
  const project = requirePathProject(call, name);
  requireAccess(call.context, call.caller, project, "project", "delete");
  const deletable = isEmpty(call.context.state, project);
  return { status: 200, body: deletable ? { deletable } : { deletable, message: inUse } };
}

/** `DELETE /projects/<p>/repositories/<r>`: all its images; a slash of the repository's name is encoded twice. */
export function deleteRepository(call: HarborCall, name: string, repository: string): PartReply {
  const project = requirePathProject(call, name);
  requireAccess(call.context, call.caller, project, "repository", "delete");
  const full = `${project.name}/${decodeURIComponent(repository)}`;
  if (!call.context.state.repositories.delete(full)) throw notFound(`repository ${full} not found`);
  return { status: 200 };
}
