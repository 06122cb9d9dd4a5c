import { type ErrorKind, type ErrorReason, PortError } from "../../ports/errors.ts";
import type { Permission, Robot } from "../../ports/registry.ts";
import type { Secret } from "../../secret.ts";

export interface MemoryRobot {
  readonly id: number;
  /** As asked for, without prefix and project. */
  readonly name: string;
  /** null: a system robot. */
  readonly project: string | null;
  readonly description: string;
  readonly password: Secret;
  readonly disabled: boolean;
  readonly createdAtMs: number;
  /** null: never. */
  readonly expiresAtMs: number | null;
  readonly permissions: readonly Permission[];
}

interface MemoryIssuer {
  readonly username: string;
  /** False: its login is refused. */
  readonly accepted: boolean;
  /** What a robot may do and hand out; null: an administrator. */
  readonly permissions: readonly Permission[] | null;
}

/** A whole Harbor as one plain value: keeping the reference keeps the world as it was. */
export interface MemoryRegistryState {
  readonly version: string;
  /** In front of every robot's name; changing it renames them all. */
  readonly prefix: string;
  readonly readOnly: boolean;
  readonly issuer: MemoryIssuer;
  readonly projects: Readonly<Record<string, { readonly public: boolean }>>;
  readonly robots: readonly MemoryRobot[];
  /** Grows with every robot; an id is never given out twice. */
  readonly nextRobotId: number;
  /** Pulls are logged. */
  readonly pullAudit: boolean;
  /** Username → when it last pulled, of what was logged. */
  readonly lastPullMs: Readonly<Record<string, number>>;
}

export interface RegistryChanged<Result> {
  readonly state: MemoryRegistryState;
  readonly result: Result;
}

export const emptyRegistryState: MemoryRegistryState = {
  version: "v2.15.2-memory",
  prefix: "robot$",
  readOnly: false,
  issuer: { username: "admin", accepted: true, permissions: null },
  projects: {},
  robots: [],
  nextRobotId: 1,
  pullAudit: true,
  lastPullMs: {},
};

export function fail(kind: ErrorKind, operation: string, why: string, reason?: ErrorReason): PortError {
  return new PortError(kind, `memory: ${operation}: ${why}`, {
    system: "memory",
    operation,
    ...(reason === undefined ? {} : { reason }),
  });
}

export function usernameOf(state: MemoryRegistryState, robot: MemoryRobot): string {
  return `${state.prefix}${robot.project === null ? "" : `${robot.project}+`}${robot.name}`;
}

export function toRobot(state: MemoryRegistryState, robot: MemoryRobot): Robot {
  const { id, description, disabled, createdAtMs, expiresAtMs } = robot;
  return { id, username: usernameOf(state, robot), description, disabled, createdAtMs, expiresAtMs };
}

/** Do these permissions hold the right at the system (`project` null) or at the project? */
export function holds(
  permissions: readonly Permission[],
  project: string | null,
  resource: string,
  action: string,
): boolean {
  return permissions.some(
    ({ kind, namespace, access }) =>
      (project === null ? kind === "system" : kind === "project" && (namespace === project || namespace === "*")) &&
      access.some((entry) => entry.resource === resource && entry.action === action),
  );
}

/** Throws `denied` (`bad-credentials`) where the issuer's login is refused. */
export function requireLogin(state: MemoryRegistryState, operation: string): void {
  const { username, accepted } = state.issuer;
  if (!accepted) throw fail("denied", operation, `${username} was refused`, "bad-credentials");
}

/** Throws `denied` unless the issuer logs in and may do this to robots of the level. */
export function requireRight(
  state: MemoryRegistryState,
  operation: string,
  project: string | null,
  action: string,
): void {
  requireLogin(state, operation);
  const { username, permissions } = state.issuer;
  if (permissions === null || holds(permissions, project, "robot", action)) return;
  const right = `robot:${action} at ${project ?? "system"}`;
  throw fail("denied", operation, `${username} lacks the right ${right}`, "missing-right");
}

export function requireWritable(state: MemoryRegistryState, operation: string): void {
  if (state.readOnly) throw fail("denied", operation, "in read-only mode", "read-only");
}
