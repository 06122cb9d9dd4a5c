import type { PartReply } from "../listener.ts";
import { writeAudit } from "./audit-log.ts";
import { callerName, requireAccess, requireProject } from "./authorization.ts";
import type { Caller, HarborCall, HarborContext } from "./context.ts";
import { bindBody, type GoFields } from "./json-body.ts";
import { badRequest, internalError, notFound, refuse } from "./refusal.ts";
import { checkName, checkRobot, expiryOf, generateSecret, type WantedPermission } from "./robot-rules.ts";
import { scopeName } from "./robot-view.ts";
import { type Access, fullName, type Grant, nextId, projectNamed, type RobotRow, versionAtLeast } from "./state.ts";

const access = { struct: "Access", fields: { resource: "string", action: "string", effect: "string" } } as const;
const permission = {
  struct: "RobotPermission",
  fields: { kind: "string", namespace: "string", access: { list: access } },
} as const;

export const robotFields: GoFields = {
  name: "string",
  description: "string",
  level: "string",
  duration: "int64",
  disable: "bool",
  secret: "string",
  permissions: { list: permission },
};

const sameAccess = (a: Access, b: Access): boolean =>
  a.resource === b.resource && a.action === b.action && a.effect === b.effect;

/** Namespaces become ids; entries of one scope are merged, equal accesses kept once (harbor.md §1.2). */
export function toGrants(context: HarborContext, permissions: readonly WantedPermission[]): readonly Grant[] {
  const merged = new Map<string, { scope: Grant["scope"]; access: Access[] }>();
  for (const { kind, namespace, access } of permissions) {
    let scope: Grant["scope"];
    if (kind === "system") {
      if (namespace !== "/") throw badRequest("unknown namespace");
      scope = { kind: "system" };
    } else if (namespace === "*") scope = { kind: "all-projects" };
    else {
      const project = projectNamed(context.state, namespace);
      if (project === undefined) throw notFound(`project ${namespace} not found`);
      scope = { kind: "project", projectId: project.id };
    }
    const key = JSON.stringify(scope);
    const entry = merged.get(key) ?? { scope, access: [] };
    for (const item of access) if (!entry.access.some((known) => sameAccess(known, item))) entry.access.push(item);
    merged.set(key, entry);
  }
  return [...merged.values()];
}

/**
 * What a robot hands out it must hold itself, in **one** entry: the very namespace, else `*` (not in 2.12.0);
 * effects compared literally (harbor.md §1.8). Up to v2.14.0 the creator was looked for in the new robot's project.
 */
function checkSubset(
  context: HarborContext,
  creator: RobotRow,
  permissions: readonly WantedPermission[],
  projectId: number,
): void {
  const { state } = context;
  const lookedUpInProject = versionAtLeast(state, 2, 12) && !versionAtLeast(state, 2, 14, 1);
  if (lookedUpInProject && creator.projectId !== projectId) throw refuse(403, "DENIED", "denied");
  const held = new Map<string, readonly Access[]>();
  for (const grant of creator.grants) {
    const scope = scopeName(state, grant);
    if (scope !== null) held.set(`${scope.kind}:${scope.namespace}`, grant.access);
  }
  const covered = permissions.every(({ kind, namespace, access }) => {
    const own =
      held.get(`${kind}:${namespace}`) ?? (versionAtLeast(state, 2, 12, 1) ? held.get(`${kind}:*`) : undefined);
    return own !== undefined && access.every((item) => own.some((known) => sameAccess(known, item)));
  });
  if (covered) return;
  throw refuse(
    403,
    "DENIED",
    "permission scope is invalid. It must be equal to or more restrictive than the creator robot's permissions: " +
      fullName(state, creator),
  );
}

interface WantedRobot {
  readonly description: string;
  readonly durationDays: number;
  readonly projectId: number;
  /** Stored name. */
  readonly storedName: string;
  readonly permissions: readonly WantedPermission[];
}

/** The row's constraints first (an id is burned by a duplicate), then the scopes, as in one transaction. */
function insertRobot(context: HarborContext, caller: Caller, wanted: WantedRobot): RobotRow {
  const { state } = context;
  if (wanted.storedName.length > 255 || wanted.description.length > 1024) throw internalError();
  const id = nextId(state, "robot");
  const clash = state.robots.some(
    (row) => row.deletedAtMs === null && row.name === wanted.storedName && row.projectId === wanted.projectId,
  );
  if (clash) throw refuse(409, "CONFLICT", `robot account ${wanted.projectId}:${wanted.storedName} already exists`);
  const createdAtMs = context.nowMs();
  const robot: RobotRow = {
    id,
    name: wanted.storedName,
    projectId: wanted.projectId,
    description: wanted.description,
    secret: generateSecret(),
    durationDays: wanted.durationDays,
    expiresAtS: expiryOf(createdAtMs, wanted.durationDays),
    disabled: false,
    createdAtMs,
    updatedAtMs: createdAtMs,
    creatorType: caller.type === "robot" ? "robot" : "local",
    creatorRef: caller.type === "robot" ? caller.robot.id : caller.type === "user" ? caller.user.id : 0,
    grants: toGrants(context, wanted.permissions),
    refreshedAtMs: null,
    deletedAtMs: null,
  };
  state.robots.push(robot);
  const name = fullName(state, robot);
  writeAudit(context, {
    operation: "create",
    description: `create robot: ${name}`,
    resource: name,
    resourceType: "robot",
    username: callerName(state, caller),
    projectId: robot.projectId,
  });
  return robot;
}

/** Everything of `POST /robots` after binding: name and body are judged before the caller's rights (harbor.md §1.1). */
export function createRobot(context: HarborContext, caller: Caller, body: Readonly<Record<string, unknown>>): RobotRow {
  const name = checkName(body["name"]);
  const wantedDays = typeof body["duration"] === "number" ? body["duration"] : 0;
  const { level, permissions } = checkRobot(context.state, wantedDays, body["level"], body["permissions"]);
  // 0 gets here up to 2.10 only.
  const durationDays = wantedDays === 0 ? context.state.settings.robot_token_duration : wantedDays;
  const place = level === "system" ? null : requireProject(context, caller, permissions[0]?.namespace ?? "");
  requireAccess(context, caller, place, "robot", "create");
  const projectId = place?.id ?? 0;
  if (caller.type === "robot") checkSubset(context, caller.robot, permissions, projectId);
  const description = typeof body["description"] === "string" ? body["description"] : "";
  const storedName = place === null ? name : `${place.name}+${name}`;
  return insertRobot(context, caller, { description, durationDays, projectId, storedName, permissions });
}

/** `POST /robots`; `secret` and `disable` of the body are ignored (harbor.md §10.6). */
export function postRobot({ context, request, caller }: HarborCall): PartReply {
  const body = bindBody(request, { parameter: "robot", type: "RobotCreate", fields: robotFields });
  const robot = createRobot(context, caller, body);
  return {
    status: 201,
    headers: { location: `${request.path.replaceAll(/\/+/g, "/").replace(/\/$/, "")}/${robot.id}` },
    body: {
      creation_time: new Date(robot.createdAtMs).toISOString(),
      expires_at: robot.expiresAtS,
      id: robot.id,
      name: fullName(context.state, robot),
      secret: robot.secret.reveal(),
    },
  };
}
