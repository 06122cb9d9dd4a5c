import type { PartReply } from "../listener.ts";
import { requireAccess } from "./authorization.ts";
import type { HarborCall } from "./context.ts";
import { bindAll, bindBody, bindInt64 } from "./json-body.ts";
import { bindPaging, pageReply } from "./paging.ts";
import { notFound, refuse } from "./refusal.ts";
import { loadPolicy } from "./replication-policies.ts";
import { runExecution } from "./replication-run.ts";
import type { ReplicationExecution, ReplicationTask } from "./replication-state.ts";
import { nextId } from "./state.ts";

const unset = "0001-01-01T00:00:00.000Z";
const time = (ms: number | null): string => (ms === null ? unset : new Date(ms).toISOString());

function show({ tasks, ...row }: ReplicationExecution): object {
  const count = (...wanted: ReplicationTask["status"][]) =>
    tasks.filter(({ status }) => wanted.includes(status)).length;
  return {
    end_time: time(row.endedAtMs),
    failed: count("Failed"),
    id: row.id,
    in_progress: count("Pending", "InProgress"),
    policy_id: row.policyId,
    start_time: time(row.startedAtMs),
    status: row.status,
    status_text: row.statusText,
    stopped: count("Stopped"),
    succeed: count("Succeed"),
    total: tasks.length,
    trigger: "manual",
  };
}

/** `POST /replication/executions`: answered at once, the work follows. */
export function postExecution(call: HarborCall): PartReply {
  const { context, request, caller } = call;
  const body = bindBody(request, {
    parameter: "execution",
    type: "StartReplicationExecution",
    fields: { policy_id: "int64" },
  });
  requireAccess(context, caller, null, "replication", "create");
  const { state } = context;
  const policy = loadPolicy(call, typeof body["policy_id"] === "number" ? body["policy_id"] : 0);
  if (!policy.enabled) throw refuse(412, "PRECONDITION", `the policy ${policy.id} is disabled`);
  const execution: ReplicationExecution = {
    id: nextId(state, "execution"),
    policyId: policy.id,
    startedAtMs: context.nowMs(),
    endedAtMs: null,
    status: "InProgress",
    statusText: "",
    tasks: [],
  };
  state.replication.executions.push(execution);
  void runExecution(context, policy, execution);
  return { status: 201, headers: { location: `${request.path}/${execution.id}` } };
}

export function listExecutions({ context, request, caller }: HarborCall): PartReply {
  const [paging, policyId] = bindAll(
    () => bindPaging(request),
    () => bindInt64(request.query.get("policy_id"), "policy_id", "query"),
  );
  const status = request.query.get("status");
  requireAccess(context, caller, null, "replication", "list");
  const rows = context.state.replication.executions
    .filter((row) => policyId === undefined || row.policyId === policyId)
    .filter((row) => status === null || row.status === status)
    .reverse();
  return pageReply("/api/v2.0/replication/executions", request, paging, rows, show);
}

function load(call: HarborCall, idText: string, action: "read" | "list"): ReplicationExecution {
  const id = bindInt64(idText, "id", "path") ?? 0;
  requireAccess(call.context, call.caller, null, "replication", action);
  const row = call.context.state.replication.executions.find((execution) => execution.id === id);
  if (row === undefined) throw notFound(`replication execution ${id} not found`);
  return row;
}

export function getExecution(call: HarborCall, idText: string): PartReply {
  return { status: 200, body: show(load(call, idText, "read")) };
}

/** `PUT` stops it: what has not begun is not begun any more. */
export function stopExecution(call: HarborCall, idText: string): PartReply {
  const id = bindInt64(idText, "id", "path") ?? 0;
  requireAccess(call.context, call.caller, null, "replication", "create");
  const row = call.context.state.replication.executions.find((execution) => execution.id === id);
  if (row === undefined) throw notFound(`replication execution ${id} not found`);
  if (row.status === "InProgress") {
    row.status = "Stopped";
    row.endedAtMs = call.context.nowMs();
  }
  return { status: 200 };
}

export function listTasks(call: HarborCall, idText: string): PartReply {
  const [, paging] = bindAll(
    () => bindInt64(idText, "id", "path"),
    () => bindPaging(call.request),
  );
  const execution = load(call, idText, "list");
  const path = `/api/v2.0/replication/executions/${idText}/tasks`;
  return pageReply(path, call.request, paging, execution.tasks, (task) => ({
    dst_resource: `${task.destination} [${task.tags.length} item(s) in total]`,
    end_time: time(task.endedAtMs),
    execution_id: execution.id,
    id: task.id,
    job_id: task.id.toString(16).padStart(24, "0"),
    operation: "copy",
    resource_type: "artifact",
    src_resource: `${task.source} [${task.tags.length} item(s) in total]`,
    start_time: time(task.startedAtMs),
    status: task.status,
  }));
}
