import type { MintedRobot, MintRequest, Permission } from "../../ports/registry.ts";
import type { Secret } from "../../secret.ts";
import {
  fail,
  type MemoryRegistryState,
  type MemoryRobot,
  type RegistryChanged,
  requireRight,
  requireWritable,
  usernameOf,
} from "./registry-state.ts";

const operation = "mint";
const dayMs = 86_400_000;

/** Harbor's rules for a request (harbor.md §1.3), as far as our requests can break them. */
function checkRequest(request: MintRequest): void {
  const refuse = (why: string) => fail("invalid", operation, why);
  if (!/^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(request.name)) throw refuse("not a robot's name");
  const { durationDays, permissions } = request;
  if (durationDays !== -1 && !(Number.isInteger(durationDays) && durationDays > 0 && durationDays < 2147483647))
    throw refuse("neither -1 nor a whole number of days");
  if (permissions.length === 0) throw refuse("no permission");
  if (permissions.some(({ access }) => access.length === 0)) throw refuse("a permission without access");
  if (request.level === "project" && permissions.length > 1) throw refuse("more than one project");
  for (const { kind, namespace, access } of permissions) {
    if (kind === "system" && namespace !== "/") throw refuse("the system is called /");
    if (access.some(({ resource, action }) => resource === "*" || action === "*")) throw refuse("no wildcards");
    if (access.some(({ resource, action }) => resource === "robot" && action === "update"))
      throw refuse("robot:update cannot be granted");
  }
}

function covers(held: readonly Permission[], wanted: Permission): boolean {
  const own =
    held.find(({ kind, namespace }) => kind === wanted.kind && namespace === wanted.namespace) ??
    held.find(({ kind, namespace }) => kind === wanted.kind && namespace === "*");
  return wanted.access.every(({ resource, action }) =>
    own?.access.some((entry) => entry.resource === resource && entry.action === action),
  );
}

/** A robot hands out only what it holds, entry by entry (harbor.md §1.8). */
function checkSubset(state: MemoryRegistryState, request: MintRequest): void {
  const { username, permissions } = state.issuer;
  if (permissions === null || request.permissions.every((wanted) => covers(permissions, wanted))) return;
  const why = `${username} must itself hold, in one entry, every right that it hands out`;
  throw fail("denied", operation, why, "missing-right");
}

function checkProjects(state: MemoryRegistryState, request: MintRequest): void {
  for (const { kind, namespace } of request.permissions) {
    const everywhere = namespace === "*" && request.level === "system";
    if (kind === "project" && !everywhere && !Object.hasOwn(state.projects, namespace))
      throw fail("invalid", operation, "a project named in the permissions does not exist");
  }
}

/** Adds a robot of this secret. Expiry counts in whole seconds, as Harbor's does. */
export function mint(
  state: MemoryRegistryState,
  request: MintRequest,
  nowMs: number,
  password: Secret,
): RegistryChanged<MintedRobot> {
  requireWritable(state, operation);
  checkRequest(request);
  const project = request.level === "system" ? null : (request.permissions[0]?.namespace ?? "");
  requireRight(state, operation, project, "create");
  checkSubset(state, request);
  checkProjects(state, request);
  if (state.robots.some((robot) => robot.name === request.name && robot.project === project))
    throw fail("conflict", operation, "the name is taken", "already-exists");
  const robot: MemoryRobot = {
    id: state.nextRobotId,
    name: request.name,
    project,
    description: request.description,
    password,
    disabled: false,
    createdAtMs: nowMs,
    expiresAtMs: request.durationDays === -1 ? null : Math.floor(nowMs / 1000) * 1000 + request.durationDays * dayMs,
    permissions: request.permissions,
  };
  const { id, createdAtMs, expiresAtMs } = robot;
  return {
    state: { ...state, robots: [...state.robots, robot], nextRobotId: id + 1 },
    result: { id, username: usernameOf(state, robot), password, createdAtMs, expiresAtMs },
  };
}
