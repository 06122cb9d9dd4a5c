import { Secret } from "../../../core/secret.ts";
import type { PartReply } from "../listener.ts";
import { writeAudit } from "./audit-log.ts";
import { callerName } from "./authorization.ts";
import type { HarborCall } from "./context.ts";
import { bindBody, bindInt64 } from "./json-body.ts";
import { badRequest, internalError, notFound } from "./refusal.ts";
import { robotFields, toGrants } from "./robot-create.ts";
import { loadRobot } from "./robot-reads.ts";
import { checkRobot, expiryOf, generateSecret, obeysSecretRule } from "./robot-rules.ts";
import { fullName, projectNamed } from "./state.ts";

/** PUT replaces; omitted `disable` enables, omitted or null `duration` keeps, a changed one counts from the creation (harbor.md §10.19-21). */
export function putRobot(call: HarborCall, idText: string): PartReply {
  const { context, request, caller } = call;
  bindInt64(idText, "robot_id", "path");
  const body = bindBody(request, { parameter: "robot", type: "Robot", fields: robotFields });
  const robot = loadRobot(context, caller, idText, "update");
  const durationDays = typeof body["duration"] === "number" ? body["duration"] : robot.durationDays;
  const { level, permissions } = checkRobot(durationDays, body["level"], body["permissions"]);
  const ownLevel = robot.projectId === 0 ? "system" : "project";
  if (level !== ownLevel || body["name"] !== fullName(context.state, robot))
    throw badRequest("cannot update the level or name of robot");
  if (level === "project") {
    const namespace = permissions[0]?.namespace ?? "";
    const project = projectNamed(context.state, namespace);
    if (project === undefined) throw notFound(`project ${namespace} not found`);
    if (project.id !== robot.projectId) throw badRequest("cannot update the project id of robot");
  }
  const description = typeof body["description"] === "string" ? body["description"] : "";
  if (description.length > 1024) throw internalError();
  robot.grants = toGrants(context, permissions);
  robot.description = description;
  robot.disabled = body["disable"] === true;
  if (durationDays !== robot.durationDays) {
    robot.durationDays = durationDays;
    robot.expiresAtS = expiryOf(robot.createdAtMs, durationDays);
  }
  robot.updatedAtMs = context.nowMs();
  return { status: 200 };
}

/** PATCH refreshes the secret: none given (or only unknown fields) means make one (harbor.md §10.16). */
export function patchRobot(call: HarborCall, idText: string): PartReply {
  const { context, request, caller } = call;
  bindInt64(idText, "robot_id", "path");
  const body = bindBody(request, { parameter: "robotSec", type: "RobotSec", fields: { secret: "string" } });
  const robot = loadRobot(context, caller, idText, "update");
  const given = body["secret"];
  if (typeof given === "string" && given !== "") {
    if (!obeysSecretRule(given))
      throw badRequest(
        "the secret must be 8-128, inclusively, characters long with at least 1 uppercase letter, 1 lowercase letter and 1 number",
      );
    robot.secret = new Secret(given);
    robot.updatedAtMs = context.nowMs();
    return { status: 200, body: {} };
  }
  robot.secret = generateSecret();
  robot.updatedAtMs = context.nowMs();
  return { status: 200, body: { secret: robot.secret.reveal() } };
}

/** A hard deletion: the name is free at once, the id never again (harbor.md §10.1). */
export function deleteRobot({ context, caller }: HarborCall, idText: string): PartReply {
  const robot = loadRobot(context, caller, idText, "delete");
  const name = fullName(context.state, robot);
  robot.deletedAtMs = context.nowMs();
  writeAudit(context, {
    operation: "delete",
    description: `delete robot: ${name}`,
    resource: name,
    resourceType: "robot",
    username: callerName(context.state, caller),
    projectId: robot.projectId,
  });
  return { status: 200 };
}
