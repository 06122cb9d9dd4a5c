import type { PartReply } from "../listener.ts";
import { requireAccess } from "./authorization.ts";
import type { HarborCall, HarborContext } from "./context.ts";
import { showEndpoint } from "./endpoints.ts";
import { bindBody, bindInt64 } from "./json-body.ts";
import { bindPaging, pageReply } from "./paging.ts";
import { type Columns, filterRows, parseQ } from "./query.ts";
import { badRequest, notFound, refuse } from "./refusal.ts";
import type { ReplicationPolicyRow } from "./replication-state.ts";
import { nextId, versionAtLeast } from "./state.ts";

const columns: Columns<ReplicationPolicyRow> = { name: { type: "text", read: (row) => row.name } };
const none = "0001-01-01T00:00:00.000Z";

/** The embedded endpoint; the local side has id 0 (harbor.md §5). */
function showSide(context: HarborContext, id: number): object {
  const row = context.state.endpoints.find((endpoint) => endpoint.id === id);
  if (row !== undefined) return showEndpoint(row);
  return {
    creation_time: none,
    credential: { access_secret: "*****", type: "secret" },
    id: 0,
    insecure: true,
    name: "Local",
    status: "healthy",
    type: "harbor",
    update_time: none,
    url: context.externalUrl,
  };
}

function show(context: HarborContext, row: ReplicationPolicyRow): object {
  const time = new Date(row.createdAtMs).toISOString();
  return {
    copy_by_chunk: false,
    creation_time: time,
    dest_namespace: row.destinationNamespace,
    dest_namespace_replace_count: 1,
    dest_registry: showSide(context, row.destinationId),
    enabled: row.enabled,
    filters: row.filters,
    id: row.id,
    name: row.name,
    override: row.override,
    ...(versionAtLeast(context.state, 2, 14) ? { single_active_replication: false } : {}),
    speed: 0,
    src_registry: showSide(context, row.sourceId),
    trigger: row.trigger,
    update_time: time,
  };
}

export function listPolicies({ context, request, caller }: HarborCall): PartReply {
  const paging = bindPaging(request);
  requireAccess(context, caller, null, "replication-policy", "list");
  const rows = filterRows(context.state.replication.policies, parseQ(request.query.get("q")), columns);
  return pageReply("/api/v2.0/replication/policies", request, paging, rows, (row) => show(context, row));
}

/** Exactly one side is an endpoint, by its id. */
export function postPolicy({ context, request, caller }: HarborCall): PartReply {
  const fields = {
    name: "string",
    src_registry: "object",
    dest_registry: "object",
    dest_namespace: "string",
    filters: "list",
    trigger: "object",
    enabled: "bool",
    override: "bool",
  } as const;
  const body = bindBody(request, { parameter: "policy", type: "ReplicationPolicy", fields });
  requireAccess(context, caller, null, "replication-policy", "create");
  const { state } = context;
  const idOf = (side: unknown): number => (side as { id?: number } | null | undefined)?.id ?? 0;
  const sourceId = idOf(body["src_registry"]);
  const destinationId = idOf(body["dest_registry"]);
  const name = String(body["name"] ?? "");
  if (name === "") throw badRequest("empty name");
  if ((sourceId === 0) === (destinationId === 0))
    throw badRequest("either src_registry or dest_registry should be empty and the other one shouldn't be empty");
  for (const id of [sourceId, destinationId])
    if (id !== 0 && !state.endpoints.some((row) => row.id === id)) throw notFound(`registry ${id} not found`);
  const id = nextId(state, "policy");
  if (state.replication.policies.some((row) => row.name === name))
    throw refuse(409, "CONFLICT", `replication policy ${name} already exists`);
  state.replication.policies.push({
    id,
    name,
    sourceId,
    destinationId,
    destinationNamespace: String(body["dest_namespace"] ?? ""),
    filters: (body["filters"] ?? []) as ReplicationPolicyRow["filters"],
    trigger: (body["trigger"] ?? { type: "manual" }) as object,
    enabled: body["enabled"] === true,
    override: body["override"] === true,
    createdAtMs: context.nowMs(),
  });
  return { status: 201, headers: { location: `${request.path}/${id}` } };
}

export function loadPolicy({ context }: HarborCall, id: number): ReplicationPolicyRow {
  const row = context.state.replication.policies.find((policy) => policy.id === id);
  if (row === undefined) throw notFound(`replication policy ${id} not found`);
  return row;
}

export function getPolicy(call: HarborCall, idText: string): PartReply {
  const id = bindInt64(idText, "id", "path") ?? 0;
  requireAccess(call.context, call.caller, null, "replication-policy", "read");
  return { status: 200, body: show(call.context, loadPolicy(call, id)) };
}

export function deletePolicy(call: HarborCall, idText: string): PartReply {
  const id = bindInt64(idText, "id", "path") ?? 0;
  requireAccess(call.context, call.caller, null, "replication-policy", "delete");
  const row = loadPolicy(call, id);
  const { replication } = call.context.state;
  if (replication.executions.some(({ policyId, status }) => policyId === id && status === "InProgress"))
    throw refuse(412, "PRECONDITION", `the policy ${id} has running executions, can not be deleted`);
  replication.policies = replication.policies.filter((policy) => policy !== row);
  return { status: 200 };
}
