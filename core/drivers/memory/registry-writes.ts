import type { RenewRequest } from "../../ports/registry.ts";
import type { Secret } from "../../secret.ts";
import {
  fail,
  type MemoryRegistryState,
  type MemoryRobot,
  type RegistryChanged,
  requireLogin,
  requireRight,
  requireWritable,
  usernameOf,
} from "./registry-state.ts";

const dayMs = 86_400_000;

/** Found before the right is asked for, as Harbor does (harbor.md §1.1). */
function ownRobot(state: MemoryRegistryState, operation: string, id: number): MemoryRobot {
  requireWritable(state, operation);
  requireLogin(state, operation);
  const robot = state.robots.find((candidate) => candidate.id === id);
  if (robot === undefined) throw fail("not-found", operation, `robot ${id} does not exist`);
  requireRight(state, operation, robot.project, "update");
  return robot;
}

function withRobot(state: MemoryRegistryState, robot: MemoryRobot): RegistryChanged<null> {
  const robots = state.robots.map((other) => (other.id === robot.id ? robot : other));
  return { state: { ...state, robots }, result: null };
}

/** A PUT: life from the creation on, rights, description; enabled by it (harbor.md §1.5). */
export function renew(state: MemoryRegistryState, id: number, request: RenewRequest): RegistryChanged<null> {
  const robot = ownRobot(state, "renew", id);
  if (request.username !== usernameOf(state, robot)) throw fail("invalid", "renew", "the name cannot be changed");
  const { description, durationDays, permissions } = request;
  const expiresAtMs = durationDays === -1 ? null : Math.floor(robot.createdAtMs / 1000) * 1000 + durationDays * dayMs;
  return withRobot(state, { ...robot, description, permissions, disabled: false, expiresAtMs });
}

/** A PATCH: the secret and nothing else; the rule of harbor.md §1.4. */
export function refresh(state: MemoryRegistryState, id: number, password: Secret): RegistryChanged<null> {
  const robot = ownRobot(state, "refresh", id);
  const text = password.reveal();
  const obeys = text.length >= 8 && text.length <= 128 && /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text);
  if (!obeys) throw fail("invalid", "refresh", "the secret does not obey the rule");
  return withRobot(state, { ...robot, password });
}
