import { setTimeout as sleep } from "node:timers/promises";
import { Secret } from "../../../core/secret.ts";
import type { PartReply } from "../listener.ts";
import { writeAudit } from "./audit-log.ts";
import { callerName } from "./authorization.ts";
import type { HarborCall, HarborContext } from "./context.ts";
import { bindAll, bindBody, bindInt64, type GoFields } from "./json-body.ts";
import { badRequest, internalError, notFound } from "./refusal.ts";
import { robotFields, toGrants } from "./robot-create.ts";
import { loadRobot } from "./robot-reads.ts";
import { checkRobot, expiryOf, generateSecret, obeysSecretRule } from "./robot-rules.ts";
import { fullName, projectNamed, type RobotRow, versionAtLeast } from "./state.ts";

/** A body of PUT may hold all that GET shows: what is not used must still be of its type. Times are looked at by nobody. */
const shownFields: GoFields = {
  ...robotFields,
  id: "int64",
  editable: "bool",
  expires_at: "int64",
  creator_type: "string",
  creator_ref: "int64",
};

/** Omitted or null keeps; up to 2.10 omitted or 0 meant the default of the system (harbor.md §1.5). */
function wantedDuration({ state }: HarborContext, given: unknown, robot: RobotRow): number {
  if (versionAtLeast(state, 2, 11)) return typeof given === "number" ? given : robot.durationDays;
  return typeof given === "number" && given !== 0 ? given : state.settings.robot_token_duration;
}

/** PUT replaces; omitted `disable` enables, omitted or null `duration` keeps, a changed one counts from the creation (harbor.md §10.19-21). */
export async function putRobot(call: HarborCall, idText: string): Promise<PartReply> {
  const { context, request, caller } = call;
  const [body] = bindAll(
    () => bindBody(request, { parameter: "robot", type: "Robot", fields: shownFields }),
    () => bindInt64(idText, "robot_id", "path"),
  );
  const robot = loadRobot(context, caller, idText, "update");
  const durationDays = wantedDuration(context, body["duration"], robot);
  const { level, permissions } = checkRobot(context.state, durationDays, body["level"], body["permissions"]);
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
  const changed =
    durationDays === robot.durationDays ? {} : { durationDays, expiresAtS: expiryOf(robot.createdAtMs, durationDays) };
  const row = { ...columnsOf(robot), description, disabled: body["disable"] === true, ...changed };
  const grants = toGrants(context, permissions);
  await untilWritten(context);
  Object.assign(robot, row, { grants, updatedAtMs: context.nowMs() });
  return { status: 200 };
}

/** The columns that PUT and PATCH read first and then write, all of them, whatever happened in between (harbor.md §1.4). */
function columnsOf({ secret, description, disabled, durationDays, expiresAtS }: RobotRow) {
  return { secret, description, disabled, durationDays, expiresAtS };
}

async function untilWritten({ nastiness }: HarborContext): Promise<void> {
  if (nastiness.robotWriteMs > 0) await sleep(nastiness.robotWriteMs);
}

/** PATCH refreshes the secret: none given (or only unknown fields) means make one (harbor.md §10.16). */
export async function patchRobot(call: HarborCall, idText: string): Promise<PartReply> {
  const { context, request, caller } = call;
  const [body] = bindAll(
    () => bindBody(request, { parameter: "robotSec", type: "RobotSec", fields: { secret: "string" } }),
    () => bindInt64(idText, "robot_id", "path"),
  );
  const robot = loadRobot(context, caller, idText, "update");
  const given = body["secret"];
  if (typeof given === "string" && given !== "") {
    if (!obeysSecretRule(given))
      throw badRequest(
        "the secret must be 8-128, inclusively, characters long with at least 1 uppercase letter, 1 lowercase letter and 1 number",
      );
  }
  const isGiven = typeof given === "string" && given !== "";
  const row = { ...columnsOf(robot), secret: isGiven ? new Secret(given) : generateSecret() };
  await untilWritten(context);
  const nowMs = context.nowMs();
  Object.assign(robot, row, { updatedAtMs: nowMs, refreshedAtMs: nowMs });
  return { status: 200, body: isGiven ? {} : { secret: row.secret.reveal() } };
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
