import type { Secret } from "../../../core/secret.ts";
import type { EndpointRow, ReplicationState } from "./replication-state.ts";
import { defaultSettings, type Settings } from "./settings.ts";
import type { WebhookPolicyRow } from "./webhook-rows.ts";

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
  /** For measurements: Harbor keeps no such time. */
  refreshedAtMs: number | null;
  deletedAtMs: number | null;
}

export interface ProjectRow {
  readonly id: number;
  readonly name: string;
  public: boolean;
  readonly createdAtMs: number;
  readonly ownerId: number;
  readonly ownerName: string;
  /** The endpoint that a proxy cache fetches from; 0: an ordinary project. */
  readonly endpointId: number;
  updatedAtMs: number;
}

/** What a person is in a project; the number is Harbor's `role_id`. */
export const projectRoles = { projectAdmin: 1, developer: 2, guest: 3, maintainer: 4, limitedGuest: 5 } as const;
export type ProjectRole = keyof typeof projectRoles;

export interface MemberRow {
  readonly id: number;
  readonly projectId: number;
  readonly userId: number;
  role: ProjectRole;
}

export interface UserRow {
  readonly id: number;
  readonly username: string;
  password: Secret;
  sysadmin: boolean;
  email: string;
  realname: string;
  comment: string;
  readonly createdAtMs: number;
  updatedAtMs: number;
}

export interface AuditRow {
  readonly id: number;
  readonly opTimeMs: number;
  readonly operation: "create" | "delete" | "pull" | "update" | "login";
  readonly description: string;
  readonly resource: string;
  readonly resourceType: "robot" | "artifact" | "project" | "user" | "configuration";
  readonly username: string;
  /** 0: of no project. */
  readonly projectId: number;
  readonly succeeded: boolean;
}

export interface Repository {
  readonly tags: Map<string, string>;
  /** Digest → manifest bytes. */
  readonly manifests: Map<string, Buffer>;
  readonly blobs: Map<string, Buffer>;
}

/** Everything a Harbor of the sandbox knows. Rows of deleted robots stay, for measurements; requests never see them. */
export interface HarborState {
  readonly version: string;
  readonly settings: Settings;
  robots: RobotRow[];
  projects: ProjectRow[];
  users: UserRow[];
  members: MemberRow[];
  endpoints: EndpointRow[];
  webhooks: WebhookPolicyRow[];
  readonly replication: ReplicationState;
  readonly auditRows: AuditRow[];
  readonly repositories: Map<string, Repository>;
  /** Ids as the database's sequences give them: a refused insertion burns one. */
  readonly ids: Sequences;
  /** Username of a robot → when `/v2` last accepted it, by Basic or by bearer. */
  readonly lastAcceptedMs: Map<string, number>;
  /** Username → the last moment at which a bearer issued to it is accepted, leeway included. */
  readonly lastTokenEndMs: Map<string, number>;
}

type SequenceName = "robot" | "project" | "user" | "member" | "endpoint" | "webhook" | "policy" | "execution" | "task";
export type Sequences = Record<SequenceName, number>;

/** The next id of that table. */
export function nextId(state: HarborState, table: SequenceName): number {
  state.ids[table] += 1;
  return state.ids[table];
}

export function createState(version: string, admin: Omit<UserRow, "id">): HarborState {
  const { createdAtMs } = admin;
  return {
    version,
    settings: defaultSettings(),
    robots: [],
    // Harbor is born with the public project `library` (id 1) of the administrator.
    projects: [
      {
        id: 1,
        name: "library",
        public: true,
        createdAtMs,
        updatedAtMs: createdAtMs,
        ownerId: 1,
        ownerName: admin.username,
        endpointId: 0,
      },
    ],
    users: [{ ...admin, id: 1 }],
    members: [{ id: 1, projectId: 1, userId: 1, role: "projectAdmin" }],
    endpoints: [],
    webhooks: [],
    replication: { policies: [], executions: [], held: false },
    auditRows: [],
    repositories: new Map(),
    // User 2 is Harbor's own anonymous one.
    ids: { robot: 0, project: 1, user: 2, member: 1, endpoint: 0, webhook: 0, policy: 0, execution: 0, task: 0 },
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

export function roleOf(state: HarborState, user: UserRow, projectId: number): ProjectRole | undefined {
  return state.members.find((member) => member.userId === user.id && member.projectId === projectId)?.role;
}

export function robotById(state: HarborState, id: number): RobotRow | undefined {
  return state.robots.find((robot) => robot.id === id && robot.deletedAtMs === null);
}

/** The name that logs in and is shown: the prefix is not stored with the robot (harbor.md §1.3). */
export function fullName(state: HarborState, robot: RobotRow): string {
  return `${state.settings.robot_name_prefix}${robot.name}`;
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
