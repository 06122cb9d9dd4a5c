import type { PartReply } from "../listener.ts";
import { can, requireAccess, requireAuthenticated, requirePathProject } from "./authorization.ts";
import type { HarborCall } from "./context.ts";
import { adapters } from "./endpoint-check.ts";
import { bindPaging, pageReply } from "./paging.ts";
import { repositoriesOf, showProject, visibleProjects } from "./project-view.ts";
import { notFound, refuse } from "./refusal.ts";

/** A list that stays empty here, behind its right at the system. */
export function emptyList(resource: string, action: string): (call: HarborCall) => PartReply {
  return (call) => {
    const paging = bindPaging(call.request);
    requireAccess(call.context, call.caller, null, resource, action);
    return pageReply(call.request.path, call.request, paging, [], () => ({}));
  };
}

/** A constant answer behind its right at the system. */
export function constant(resource: string, action: string, body: object): (call: HarborCall) => PartReply {
  return (call) => {
    requireAccess(call.context, call.caller, null, resource, action);
    return { status: 200, body };
  };
}

export const volumes = constant("system-volumes", "read", { storage: [{}] });
export const listAdapters = constant("replication-adapter", "list", adapters);

/** One job service with its ten workers. */
export function workerPools(call: HarborCall): PartReply {
  requireAccess(call.context, call.caller, null, "jobservice-monitor", "list");
  const time = new Date(call.context.nowMs()).toISOString();
  const pool = { concurrency: 10, heartbeat_at: time, host: "jobservice", pid: 1, start_at: time };
  return { status: 200, body: [{ ...pool, worker_pool_id: "c0ffee0000000000c0ffee00" }] };
}

export function certificate(): PartReply {
  throw notFound("resource not found: cert not found in path: /etc/core/ca/ca.crt");
}

export function internalConfig({ caller }: HarborCall): PartReply {
  requireAuthenticated(caller);
  throw refuse(401, "UNAUTHORIZED", "only internal service is allowed to call this API");
}

/** Labels of everybody (`scope=g`) are there for every login; none can be made here. */
export function listLabels(call: HarborCall): PartReply {
  const paging = bindPaging(call.request);
  requireAuthenticated(call.caller);
  return pageReply("/api/v2.0/labels", call.request, paging, [], () => ({}));
}

export function exportExecutions({ caller }: HarborCall): PartReply {
  requireAuthenticated(caller);
  return { status: 200, body: { items: [] } };
}

/** For people: projects and repositories that match; robots find public ones only (recorded in 09-robot-as-admin). */
export function search({ context, request, caller }: HarborCall): PartReply {
  const wanted = request.query.get("q") ?? "";
  const visible = visibleProjects(context, caller).filter((row) => caller.type !== "robot" || row.public);
  const project = visible.filter(({ name }) => name.includes(wanted)).map((row) => showProject(context, caller, row));
  const repository = visible.flatMap((row) =>
    repositoriesOf(context.state, row)
      .filter((name) => name.includes(wanted))
      .map((name) => ({
        artifact_count: context.state.repositories.get(name)?.manifests.size ?? 0,
        project_id: row.id,
        project_name: row.name,
        project_public: row.public,
        pull_count: 0,
        repository_name: name,
      })),
  );
  return { status: 200, body: { project, repository } };
}

export function listQuotas(call: HarborCall): PartReply {
  const paging = bindPaging(call.request);
  requireAccess(call.context, call.caller, null, "quota", "list");
  const { projects, settings } = call.context.state;
  return pageReply("/api/v2.0/quotas", call.request, paging, projects, (project) => ({
    creation_time: new Date(project.createdAtMs).toISOString(),
    hard: { storage: settings.storage_per_project },
    id: project.id,
    ref: { id: project.id, name: project.name, owner_name: project.ownerName },
    update_time: new Date(project.createdAtMs).toISOString(),
    used: { storage: 0 },
  }));
}

function pageRepositories(call: HarborCall, path: string, names: readonly string[]): PartReply {
  const { state } = call.context;
  const ids = [...state.repositories.keys()];
  return pageReply(path, call.request, bindPaging(call.request), names, (name) => ({
    artifact_count: state.repositories.get(name)?.manifests.size ?? 0,
    id: ids.indexOf(name) + 1,
    name,
    project_id: state.projects.find((project) => name.startsWith(`${project.name}/`))?.id ?? 0,
  }));
}

/** Of all projects that the caller may look into; every login may ask, and so may nobody at all. */
export function listAllRepositories(call: HarborCall): PartReply {
  const { context, caller } = call;
  const names = visibleProjects(context, caller)
    .filter((project) => can(context, caller, project, "repository", "list"))
    .flatMap((project) => repositoriesOf(context.state, project));
  return pageRepositories(call, "/api/v2.0/repositories", names);
}

export function listRepositories(call: HarborCall, name: string): PartReply {
  const project = requirePathProject(call, name);
  requireAccess(call.context, call.caller, project, "repository", "list");
  const names = repositoriesOf(call.context.state, project);
  return pageRepositories(call, `/api/v2.0/projects/${name}/repositories`, names);
}

/** A call of Harbor that exists and is not played here. Said so, never dressed up as an answer of Harbor. */
export function notPlayed({ request }: HarborCall): PartReply {
  throw new Error(`the sandbox does not play ${request.method} ${request.path}`);
}
