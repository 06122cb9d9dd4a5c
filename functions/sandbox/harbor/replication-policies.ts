import type { PartReply } from "../listener.ts";
import { requireAccess } from "./authorization.ts";
import type { HarborCall, HarborContext } from "./context.ts";
import { showEndpoint, showLocal } from "./endpoints.ts";
import { bindAll, bindBody, bindInt64, type JsonObject } from "./json-body.ts";
import { bindPaging, pageReply } from "./paging.ts";
import { type Columns, filterRows, parseQ } from "./query.ts";
import { notFound, refuse } from "./refusal.ts";
import { policyFields, readPolicy } from "./replication-policy-body.ts";
import type { ReplicationPolicyRow } from "./replication-state.ts";
import { nextId, versionAtLeast } from "./state.ts";

const columns: Columns<ReplicationPolicyRow> = { name: { type: "text", read: (row) => row.name } };
/** The embedded endpoint; the local side has id 0 (harbor.md §5). */
function showSide(context: HarborContext, id: number): object {
  const row = context.state.endpoints.find((endpoint) => endpoint.id === id);
  return row === undefined ? showLocal(context) : showEndpoint(row);
}

/** Go's empty values are left out, but for an empty list of filters, which is null. */
function show(context: HarborContext, row: ReplicationPolicyRow): object {
  const given = (key: string, value: string | boolean) => (value === "" || value === false ? {} : { [key]: value });
  const filters = row.filters.map(({ type, value, decoration }) => ({
    ...given("decoration", decoration),
    type,
    ...(value === undefined ? {} : { value }),
  }));
  return {
    copy_by_chunk: row.copyByChunk,
    creation_time: new Date(row.createdAtMs).toISOString(),
    ...given("deletion", row.deletion),
    ...given("description", row.description),
    ...given("dest_namespace", row.destinationNamespace),
    dest_namespace_replace_count: row.replaceCount,
    dest_registry: showSide(context, row.destinationId),
    ...given("enabled", row.enabled),
    filters: filters.length === 0 ? null : filters,
    id: row.id,
    name: row.name,
    ...given("override", row.override),
    ...given("replicate_deletion", row.deletion),
    ...(versionAtLeast(context.state, 2, 14) ? { single_active_replication: row.single } : {}),
    speed: row.speed,
    src_registry: showSide(context, row.sourceId),
    ...(row.trigger === null ? {} : { trigger: row.trigger }),
    update_time: new Date(row.updatedAtMs).toISOString(),
  };
}

export function listPolicies({ context, request, caller }: HarborCall): PartReply {
  const paging = bindPaging(request);
  requireAccess(context, caller, null, "replication-policy", "list");
  const conditions = new Map(parseQ(request.query.get("q")));
  const name = request.query.get("name");
  if (name) conditions.set("name", { type: "contains", value: name });
  const rows = filterRows(context.state.replication.policies, conditions, columns);
  return pageReply("/api/v2.0/replication/policies", request, paging, rows, (row) => show(context, row));
}

/** Exactly one side is an endpoint, by its id. */
function wantedPolicy({ context }: HarborCall, body: JsonObject) {
  const wanted = readPolicy(body);
  for (const id of [wanted.sourceId, wanted.destinationId])
    if (id !== 0 && !context.state.endpoints.some((row) => row.id === id)) throw notFound(`registry ${id} not found`);
  return wanted;
}

function refuseTakenName({ context }: HarborCall, name: string, own: ReplicationPolicyRow | null): void {
  if (context.state.replication.policies.some((row) => row !== own && row.name === name))
    throw refuse(409, "CONFLICT", `replication policy ${name} already exists`);
}

export function postPolicy(call: HarborCall): PartReply {
  const { context, request, caller } = call;
  const body = bindBody(request, { parameter: "policy", type: "ReplicationPolicy", fields: policyFields });
  requireAccess(context, caller, null, "replication-policy", "create");
  const wanted = wantedPolicy(call, body);
  const id = nextId(context.state, "policy");
  refuseTakenName(call, wanted.name, null);
  const createdAtMs = context.nowMs();
  context.state.replication.policies.push({ ...wanted, id, createdAtMs, updatedAtMs: createdAtMs });
  return { status: 201, headers: { location: `${request.path.replace(/\/$/, "")}/${id}` } };
}

/** A full replacement, which no rotation needs: policies name endpoints by id (harbor.md §5). */
export function putPolicy(call: HarborCall, idText: string): PartReply {
  const { context, request, caller } = call;
  const [id = 0, body] = bindAll(
    () => bindInt64(idText, "id", "path"),
    () => bindBody(request, { parameter: "policy", type: "ReplicationPolicy", fields: policyFields }),
  );
  requireAccess(context, caller, null, "replication-policy", "update");
  const wanted = wantedPolicy(call, body);
  const row = loadPolicy(call, id);
  refuseTakenName(call, wanted.name, row);
  const updated = { ...row, ...wanted, updatedAtMs: context.nowMs() };
  const { replication } = context.state;
  replication.policies = replication.policies.map((policy) => (policy === row ? updated : policy));
  return { status: 200 };
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

/** Its executions go with it, and those under way stand in its way. */
export function deletePolicy(call: HarborCall, idText: string): PartReply {
  const id = bindInt64(idText, "id", "path") ?? 0;
  requireAccess(call.context, call.caller, null, "replication-policy", "delete");
  const { replication } = call.context.state;
  if (replication.executions.some(({ policyId, status }) => policyId === id && status === "InProgress"))
    throw refuse(412, "PRECONDITION", "contains executions that aren't in final status, stop the execution first");
  const row = loadPolicy(call, id);
  replication.executions = replication.executions.filter(({ policyId }) => policyId !== id);
  replication.policies = replication.policies.filter((policy) => policy !== row);
  return { status: 200 };
}
