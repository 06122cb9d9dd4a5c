import type { Secret } from "../../../core/secret.ts";

export interface Access {
  readonly resource: string;
  readonly action: string;
  /** As sent: empty and `allow` allow, every other word denies (harbor.md §1.3). */
  readonly effect: string;
}

type GrantScope =
  | { readonly kind: "system" }
  | { readonly kind: "all-projects" }
  | { readonly kind: "project"; readonly projectId: number };

export interface Grant {
  readonly scope: GrantScope;
  readonly access: readonly Access[];
}

/** One row of the robot table. `name` is the stored name: no prefix, but `<project>+` for project robots. */
export interface RobotRow {
  readonly id: number;
  readonly name: string;
  /** 0: a system robot. */
  readonly projectId: number;
  description: string;
  secret: Secret;
  durationDays: number;
  /** Epoch seconds, -1: never. */
  expiresAtS: number;
  disabled: boolean;
  readonly createdAtMs: number;
  updatedAtMs: number;
  readonly creatorType: "local" | "robot";
  readonly creatorRef: number;
  grants: readonly Grant[];
  deletedAtMs: number | null;
}

export interface ProjectRow {
  readonly id: number;
  readonly name: string;
  readonly public: boolean;
  readonly createdAtMs: number;
}

export type ProjectRole = "projectAdmin" | "maintainer" | "developer" | "guest";

export interface UserRow {
  readonly id: number;
  readonly username: string;
  readonly password: Secret;
  readonly sysadmin: boolean;
  readonly roles: Map<number, ProjectRole>;
}

export interface AuditRow {
  readonly id: number;
  readonly opTimeMs: number;
  readonly operation: "create" | "delete" | "pull";
  readonly description: string;
  readonly resource: string;
  readonly resourceType: "robot" | "artifact" | "project";
  readonly username: string;
  readonly projectId: number;
}

interface Repository {
  readonly tags: Map<string, string>;
  /** Digest → manifest bytes. */
  readonly manifests: Map<string, Buffer>;
  readonly blobs: Map<string, Buffer>;
}

/** Everything a Harbor of the sandbox knows. Rows of deleted robots stay, for measurements; requests never see them. */
export interface HarborState {
  readonly version: string;
  robotPrefix: string;
  readOnly: boolean;
  /** The event type `pull_artifact` is logged. */
  pullAudit: boolean;
  robots: RobotRow[];
  projects: ProjectRow[];
  readonly users: UserRow[];
  readonly auditRows: AuditRow[];
  readonly repositories: Map<string, Repository>;
  nextRobotId: number;
  nextProjectId: number;
  /** Username of a robot → when `/v2` last accepted it, by Basic or by bearer. */
  readonly lastAcceptedMs: Map<string, number>;
  /** Username → the last moment at which a bearer issued to it is accepted, leeway included. */
  readonly lastTokenEndMs: Map<string, number>;
}

export function createState(version: string): HarborState {
  return {
    version,
    robotPrefix: "robot$",
    readOnly: false,
    pullAudit: true,
    robots: [],
    // Harbor is born with the public project `library` (id 1).
    projects: [{ id: 1, name: "library", public: true, createdAtMs: 0 }],
    users: [],
    auditRows: [],
    repositories: new Map(),
    nextRobotId: 1,
    nextProjectId: 2,
    lastAcceptedMs: new Map(),
    lastTokenEndMs: new Map(),
  };
}

export function projectNamed(state: HarborState, name: string): ProjectRow | undefined {
  return state.projects.find((project) => project.name === name);
}

export function projectById(state: HarborState, id: number): ProjectRow | undefined {
  return state.projects.find((project) => project.id === id);
}

export function robotById(state: HarborState, id: number): RobotRow | undefined {
  return state.robots.find((robot) => robot.id === id && robot.deletedAtMs === null);
}

/** The name that logs in and is shown: the prefix is not stored with the robot (harbor.md §1.3). */
export function fullName(state: HarborState, robot: RobotRow): string {
  return `${state.robotPrefix}${robot.name}`;
}

/** Is this Harbor of that version or newer? A version that cannot be read counts as newest. */
export function versionAtLeast(state: HarborState, major: number, minor: number, patch = 0): boolean {
  const match = /^v?(\d+)\.(\d+)\.(\d+)/.exec(state.version);
  if (match === null) return true;
  const [, a, b, c] = match.map(Number);
  const have = [a ?? 0, b ?? 0, c ?? 0];
  const want = [major, minor, patch];
  for (const [index, number] of want.entries()) {
    const own = have[index] ?? 0;
    if (own !== number) return own > number;
  }
  return true;
}
