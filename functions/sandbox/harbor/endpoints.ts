import { Secret } from "../../../core/secret.ts";
import type { PartReply } from "../listener.ts";
import { requireAccess } from "./authorization.ts";
import type { HarborCall, HarborContext } from "./context.ts";
import { checkEndpoint } from "./endpoint-check.ts";
import { checkEndpointName, endpointAddress, pingFields, registryFields, updateFields } from "./endpoint-fields.ts";
import { bindAll, bindBody, bindInt64, type JsonObject } from "./json-body.ts";
import { bindPaging, pageReply } from "./paging.ts";
import { type Columns, filterRows, parseQ, sortRows } from "./query.ts";
import { badRequest, notFound, refuse } from "./refusal.ts";
import type { EndpointRow } from "./replication-state.ts";
import { nextId, versionAtLeast } from "./state.ts";

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** Only `name` filters (harbor.md §5). */
const columns: Columns<EndpointRow> = { name: { type: "text", read: (row) => row.name } };
const byId: Columns<EndpointRow> = { ...columns, id: { type: "int", read: (row) => row.id } };

/** The secret is masked (harbor.md §10.37); empty fields are left out. */
export function showEndpoint(row: EndpointRow): object {
  const credential =
    row.accessKey === ""
      ? {}
      : {
          access_key: row.accessKey,
          ...(row.accessSecret.reveal() === "" ? {} : { access_secret: "*****" }),
          type: row.credentialType || "basic",
        };
  return {
    creation_time: new Date(row.createdAtMs).toISOString(),
    credential,
    ...(row.description === "" ? {} : { description: row.description }),
    id: row.id,
    ...(row.insecure ? { insecure: true } : {}),
    name: row.name,
    status: row.status,
    type: row.type,
    update_time: new Date(row.updatedAtMs).toISOString(),
    url: row.url,
  };
}

const none = "0001-01-01T00:00:00.000Z";

/** This Harbor itself, under id 0 (harbor.md §5). */
export function showLocal({ externalUrl }: HarborContext): object {
  return {
    creation_time: none,
    credential: { access_secret: "*****", type: "secret" },
    id: 0,
    insecure: true,
    name: "Local",
    status: "healthy",
    type: "harbor",
    update_time: none,
    url: externalUrl,
  };
}

function load(call: HarborCall, id: number): EndpointRow {
  const row = call.context.state.endpoints.find((endpoint) => endpoint.id === id);
  if (row === undefined) throw notFound(`registry ${id} not found`);
  return row;
}

export function listEndpoints({ context, request, caller }: HarborCall): PartReply {
  const paging = bindPaging(request);
  requireAccess(context, caller, null, "registry", "list");
  const conditions = new Map(parseQ(request.query.get("q")));
  const name = request.query.get("name");
  if (name) conditions.set("name", { type: "contains", value: name });
  const found = filterRows(context.state.endpoints, conditions, columns);
  const sorted = sortRows(found, request.query.get("sort") ?? "", byId, "id");
  return pageReply("/api/v2.0/registries", request, paging, sorted, showEndpoint);
}

export function getEndpoint(call: HarborCall, idText: string): PartReply {
  const id = bindInt64(idText, "id", "path") ?? 0;
  requireAccess(call.context, call.caller, null, "registry", "read");
  return { status: 200, body: id === 0 ? showLocal(call.context) : showEndpoint(load(call, id)) };
}

export function endpointInfo(call: HarborCall, idText: string): PartReply {
  const id = bindInt64(idText, "id", "path") ?? 0;
  requireAccess(call.context, call.caller, null, "registry", "read");
  const { type } = id === 0 ? { type: "harbor" } : load(call, id);
  const filter = (style: string, name: string, values: readonly string[] | null) => ({ style, type: name, values });
  const filters = [filter("input", "name", null), filter("input", "tag", null)];
  if (type === "harbor") filters.push(filter("list", "label", null));
  filters.push(filter("radio", "resource", type === "harbor" ? ["image", "artifact"] : ["image"]));
  return {
    status: 200,
    body: {
      ...(type === "harbor" ? { supported_copy_by_chunk: true } : {}),
      supported_resource_filters: filters,
      supported_triggers: ["manual", "scheduled", ...(id === 0 ? ["event_based"] : [])],
      type,
    },
  };
}

const unhealthy = () => badRequest("the registry is unhealthy");

/** The check comes before anything is saved (harbor.md §10.37). */
export async function postEndpoint({ context, request, caller }: HarborCall): Promise<PartReply> {
  const body = bindBody(request, { parameter: "registry", type: "Registry", fields: registryFields });
  requireAccess(context, caller, null, "registry", "create");
  const { state } = context;
  const name = text(body["name"]);
  const credential = (body["credential"] ?? {}) as JsonObject;
  checkEndpointName(name);
  const url = endpointAddress(text(body["url"]));
  const accessKey = text(credential["access_key"]);
  const accessSecret = new Secret(text(credential["access_secret"]));
  const type = text(body["type"]);
  if ((await checkEndpoint(type, { url, accessKey, accessSecret })) !== "healthy") throw unhealthy();
  const id = nextId(state, "endpoint");
  if (state.endpoints.some((row) => row.name === name))
    throw refuse(409, "CONFLICT", `registry ${name} already exists`);
  const createdAtMs = context.nowMs();
  state.endpoints.push({
    id,
    name,
    type,
    url,
    description: text(body["description"]),
    insecure: body["insecure"] === true,
    credentialType: text(credential["type"]),
    accessKey,
    accessSecret,
    status: "healthy",
    createdAtMs,
    updatedAtMs: createdAtMs,
  });
  return { status: 201, headers: { location: `${request.path.replace(/\/$/, "")}/${id}` } };
}

/** What the body names over what is saved; a nested `credential` is not looked at. */
function changed(row: EndpointRow, body: JsonObject) {
  const given = (key: keyof typeof updateFields, saved: string) =>
    typeof body[key] === "string" ? (body[key] as string) : saved;
  return {
    name: given("name", row.name),
    url: endpointAddress(given("url", row.url)),
    description: given("description", row.description),
    insecure: typeof body["insecure"] === "boolean" ? body["insecure"] : row.insecure,
    credentialType: given("credential_type", row.credentialType),
    accessKey: given("access_key", row.accessKey),
    accessSecret: typeof body["access_secret"] === "string" ? new Secret(body["access_secret"]) : row.accessSecret,
  };
}

/** PUT: flat and partial, the live check first (harbor.md §5). From 2.16 on a new address without a secret loses the saved one. */
export async function putEndpoint(call: HarborCall, idText: string): Promise<PartReply> {
  const { context, request, caller } = call;
  const [id = 0, body] = bindAll(
    () => bindInt64(idText, "id", "path"),
    () => bindBody(request, { parameter: "registry", type: "RegistryUpdate", fields: updateFields }),
  );
  requireAccess(context, caller, null, "registry", "update");
  const row = load(call, id);
  checkEndpointName(typeof body["name"] === "string" ? body["name"] : row.name);
  const wanted = changed(row, body);
  const loses = versionAtLeast(context.state, 2, 16) && wanted.url !== row.url && body["access_secret"] === undefined;
  const accessSecret = loses ? new Secret("") : wanted.accessSecret;
  if ((await checkEndpoint(row.type, { ...wanted, accessSecret })) !== "healthy") throw unhealthy();
  if (context.state.endpoints.some((other) => other !== row && other.name === wanted.name))
    throw refuse(409, "CONFLICT", `registry ${wanted.name} already exists`);
  Object.assign(row, { ...wanted, accessSecret, status: "healthy", updatedAtMs: context.nowMs() });
  return { status: 200 };
}

/** `POST /registries/ping`: saved or not, nothing is kept. From 2.16 on a saved one is asked at its saved address only. */
export async function pingEndpoint(call: HarborCall): Promise<PartReply> {
  const { context, request, caller } = call;
  const body = bindBody(request, { parameter: "registry", type: "RegistryPing", fields: pingFields });
  requireAccess(context, caller, null, "registry", "read");
  // Itself it always finds well.
  if (body["id"] === 0) return { status: 200 };
  const saved = typeof body["id"] === "number" ? load(call, body["id"]) : undefined;
  const own = versionAtLeast(context.state, 2, 15, 3) ? saved : undefined;
  const type = typeof body["type"] === "string" ? body["type"] : (saved?.type ?? "");
  const url = own?.url ?? (typeof body["url"] === "string" ? endpointAddress(body["url"]) : (saved?.url ?? ""));
  if (type === "" || url === "") throw badRequest("type or url cannot be empty");
  const accessKey = typeof body["access_key"] === "string" ? body["access_key"] : (saved?.accessKey ?? "");
  const secret = typeof body["access_secret"] === "string" ? new Secret(body["access_secret"]) : saved?.accessSecret;
  const status = await checkEndpoint(type, { url, accessKey, accessSecret: secret ?? new Secret("") });
  if (status !== "healthy") throw unhealthy();
  return { status: 200 };
}

export function deleteEndpoint(call: HarborCall, idText: string): PartReply {
  const { state } = call.context;
  const id = bindInt64(idText, "id", "path") ?? 0;
  requireAccess(call.context, call.caller, null, "registry", "delete");
  const row = load(call, id);
  if (state.replication.policies.some(({ sourceId, destinationId }) => [sourceId, destinationId].includes(row.id)))
    throw refuse(412, "PRECONDITION", `the registry ${row.id} is referenced by replication policies, cannot delete it`);
  if (state.projects.some(({ endpointId }) => endpointId === row.id))
    throw refuse(412, "PRECONDITION", `the registry ${row.id} is referenced by proxy cache project, cannot delete it`);
  state.endpoints = state.endpoints.filter((endpoint) => endpoint !== row);
  return { status: 200 };
}
