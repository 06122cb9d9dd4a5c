import type { PartReply } from "../listener.ts";
import { requireAccess, requirePathProject } from "./authorization.ts";
import type { HarborCall } from "./context.ts";
import { bindBody, bindInt64 } from "./json-body.ts";
import { bindPaging, pageReply } from "./paging.ts";
import { badRequest, notFound, refuse } from "./refusal.ts";
import { nextId, type ProjectRow } from "./state.ts";
import type { WebhookPolicyRow, WebhookTarget } from "./webhook-rows.ts";

const eventTypes = [
  ...["PUSH_ARTIFACT", "PULL_ARTIFACT", "DELETE_ARTIFACT", "QUOTA_EXCEED", "QUOTA_WARNING"],
  ...["SCANNING_FAILED", "SCANNING_STOPPED", "SCANNING_COMPLETED", "REPLICATION", "TAG_RETENTION"],
];

const target = {
  type: "string",
  address: "string",
  auth_header: "string",
  skip_cert_verify: "bool",
  payload_format: "string",
} as const;
const fields = {
  id: "int64",
  name: "string",
  description: "string",
  project_id: "int64",
  targets: { list: { struct: "WebhookTargetObject", fields: target } },
  event_types: { list: "string" },
  creator: "string",
  enabled: "bool",
} as const;

/** As sent, `auth_header` in clear to everybody who may list the policies, robots too (harbor.md §7). */
function show(row: WebhookPolicyRow): object {
  const time = new Date(row.createdAtMs).toISOString();
  return {
    creation_time: time,
    enabled: row.enabled,
    event_types: row.eventTypes,
    id: row.id,
    name: row.name,
    project_id: row.projectId,
    targets: row.targets,
    update_time: time,
  };
}

function place(call: HarborCall, name: string, action: string): ProjectRow {
  const project = requirePathProject(call, name);
  requireAccess(call.context, call.caller, project, "notification-policy", action);
  return project;
}

export function webhookEvents(call: HarborCall, name: string): PartReply {
  place(call, name, "read");
  const formats = [{ formats: ["Default", "CloudEvents"], notify_type: "http" }];
  return { status: 200, body: { event_type: eventTypes, notify_type: ["http", "slack"], payload_formats: formats } };
}

/** Newest first. Nothing is delivered: payloads are left out. */
export function listWebhooks(call: HarborCall, name: string): PartReply {
  const paging = bindPaging(call.request);
  const project = place(call, name, "list");
  const rows = call.context.state.webhooks.filter(({ projectId }) => projectId === project.id).reverse();
  return pageReply(`/api/v2.0/projects/${name}/webhook/policies`, call.request, paging, rows, show);
}

export function postWebhook(call: HarborCall, name: string): PartReply {
  const { context, request } = call;
  const body = bindBody(request, { parameter: "policy", type: "WebhookPolicy", fields });
  const project = place(call, name, "create");
  const { state } = context;
  const policyName = String(body["name"] ?? "");
  const targets = (body["targets"] ?? []) as readonly WebhookTarget[];
  const wanted = (body["event_types"] ?? []) as readonly string[];
  if (wanted.length === 0) throw badRequest("empty event type");
  const unknown = wanted.find((type) => !eventTypes.includes(type));
  if (unknown !== undefined) throw badRequest(`unsupported event type ${unknown}`);
  if (targets.length === 0) throw badRequest(`empty notification target with policy ${policyName}`);
  const strange = targets.find(({ type }) => type !== "http" && type !== "slack");
  if (strange !== undefined) throw badRequest(`unsupported target type ${strange.type} with policy ${policyName}`);
  const id = nextId(state, "webhook");
  if (state.webhooks.some((row) => row.projectId === project.id && row.name === policyName))
    throw refuse(409, "CONFLICT", `notification policy named ${policyName} already exists`);
  const enabled = body["enabled"] === true;
  const createdAtMs = context.nowMs();
  state.webhooks.push({
    id,
    projectId: project.id,
    name: policyName,
    enabled,
    eventTypes: wanted,
    targets,
    createdAtMs,
  });
  return { status: 201, headers: { location: `${request.path}/${id}` } };
}

function load(call: HarborCall, name: string, idText: string, action: "read" | "delete"): WebhookPolicyRow {
  const id = bindInt64(idText, "webhook_policy_id", "path") ?? 0;
  const project = place(call, name, action);
  const row = call.context.state.webhooks.find((policy) => policy.id === id);
  if (row !== undefined && row.projectId !== project.id)
    throw notFound(`project id:${project.id}, webhook policy id: ${id} not found`);
  if (row === undefined) throw notFound(`notificationPolicy ${id} not found`);
  return row;
}

export function getWebhook(call: HarborCall, name: string, idText: string): PartReply {
  return { status: 200, body: show(load(call, name, idText, "read")) };
}

export function deleteWebhook(call: HarborCall, name: string, idText: string): PartReply {
  const { state } = call.context;
  const row = load(call, name, idText, "delete");
  state.webhooks = state.webhooks.filter((policy) => policy !== row);
  return { status: 200 };
}
