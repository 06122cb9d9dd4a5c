import { connect } from "node:net";
import type { PartReply } from "../listener.ts";
import { writeAudit } from "./audit-log.ts";
import { callerName, requireSysadmin } from "./authorization.ts";
import type { HarborCall } from "./context.ts";
import { bindBody, type JsonObject } from "./json-body.ts";
import { badRequest } from "./refusal.ts";
import { type SettingKey, settingTypes } from "./settings.ts";
import { type HarborState, versionAtLeast } from "./state.ts";

const connectTimeoutMs = 3000;

/** No robot can hold this right (harbor.md §3). `auth_mode` is fixed once there are people besides the administrator. */
export function getConfigurations({ context, caller }: HarborCall): PartReply {
  requireSysadmin(context, caller);
  const { settings, users } = context.state;
  const fixed = users.length > 1;
  const shown = Object.entries(settings).map(([key, value]) => {
    return [key, { editable: !(key === "auth_mode" && fixed), value }] as const;
  });
  return { status: 200, body: { ...Object.fromEntries(shown), scan_all_policy: {} } };
}

async function accepts(endpoint: string): Promise<boolean> {
  const [host = "", port = "514"] = endpoint.split(":");
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: connectTimeoutMs });
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}

const positive: readonly SettingKey[] = ["robot_token_duration", "token_expiration", "session_timeout"];

/** What 2.15.2 refuses; prefixes with blanks, colons and 300 characters it takes, an empty one until 2.16 (harbor.md §1.3). */
async function checkSettings(state: HarborState, body: JsonObject): Promise<void> {
  for (const key of positive) {
    const value = body[key];
    if (typeof value === "number" && value <= 0) throw badRequest(`the ${key} value must be positive`);
  }
  const prefix = body["robot_name_prefix"];
  if (typeof prefix === "string" && prefix.trim() === "" && versionAtLeast(state, 2, 16))
    throw badRequest("bad request: robot_name_prefix cannot be empty or contain only spaces");
  const endpoint = body["audit_log_forward_endpoint"];
  if (typeof endpoint === "string" && endpoint !== "" && !(await accepts(endpoint)))
    throw badRequest(`bad request: could not connect to the audit endpoint: ${endpoint}`);
  const forwardsTo = endpoint ?? state.settings.audit_log_forward_endpoint;
  if (body["skip_audit_log_database"] === true && forwardsTo === "")
    throw badRequest(
      "bad request: audit log forward endpoint should be configured before enable skip audit log in database",
    );
}

/** `PUT /configurations`: known keys are replaced, unknown ones ignored with 200 (recorded in 15-configuration). */
export async function putConfigurations({ context, request, caller }: HarborCall): Promise<PartReply> {
  const body = bindBody(request, { parameter: "configurations", type: "Configurations", fields: settingTypes });
  requireSysadmin(context, caller);
  await checkSettings(context.state, body);
  for (const key of Object.keys(settingTypes)) {
    const value = body[key];
    if (value !== undefined && value !== null) Object.assign(context.state.settings, { [key]: value });
  }
  writeAudit(context, {
    operation: "update",
    description: "update configuration",
    resource: "configuration",
    resourceType: "configuration",
    username: callerName(context.state, caller),
    projectId: 0,
  });
  return { status: 200 };
}
