import { Secret } from "../../../core/secret.ts";
import type { FaultBoard } from "../faults.ts";
import { type Listener, listen } from "../listener.ts";
import { classifyHarbor } from "./classify.ts";
import type { Caller, HarborContext } from "./context.ts";
import { type PushedImage, storeImage } from "./images.ts";
import { createTokenIssuer } from "./jwt.ts";
import { createProject, removeProject } from "./projects.ts";
import { createRobot } from "./robot-create.ts";
import { handleHarbor } from "./router.ts";
import {
  type Access,
  createState,
  fullName,
  nextId,
  type ProjectRole,
  projectNamed,
  robotById,
  type UserRow,
} from "./state.ts";

export interface HarborOptions {
  readonly faults: FaultBoard;
  readonly nowMs: () => number;
  readonly port?: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Name among the Harbors of one sandbox, for faults; default `harbor`. */
  readonly instance?: string;
  /** Life of a bearer token in place of the setting `token_expiration`, which counts whole minutes. */
  readonly tokenExpirationMs?: number;
  /** How long a bearer is accepted past its end; default 60 s (harbor.md §2.3). */
  readonly leewayMs?: number;
  /** Default `v2.15.2`. */
  readonly version?: string;
  readonly adminPassword: string;
  /** Penalty of a failed login; default 1500 ms (harbor.md §2.1). */
  readonly failedLoginDelayMs?: number;
}

export interface RobotFacts {
  readonly id: number;
  readonly username: string;
  readonly description: string;
  readonly disabled: boolean;
  readonly createdAtMs: number;
  /** null: never. */
  readonly expiresAtMs: number | null;
  /** When a PATCH last gave it a secret; null: it has that of its creation. */
  readonly refreshedAtMs: number | null;
  /** null: still there. */
  readonly deletedAtMs: number | null;
}

export interface IssuedLogin {
  readonly id: number;
  readonly username: string;
  readonly password: Secret;
}

/** What a robot that mints pull and push robots must hold (harbor.md §1.8), and the audit log for evidence of use (§3). */
const issuerPermissions = [
  { kind: "system", namespace: "/", access: [...robotRights(), { resource: "audit-log", action: "list" }] },
  {
    kind: "project",
    namespace: "*",
    access: [...robotRights(), ...["pull", "push"].map((action) => ({ resource: "repository", action }))],
  },
];

function robotRights(): { resource: string; action: string }[] {
  return ["create", "read", "list", "delete"].map((action) => ({ resource: "robot", action }));
}

/** One Harbor, with what tests and the demo need to set it up and to measure it. */
export interface Harbor extends Listener {
  /** Life of a bearer and the leeway on top of it. */
  readonly tokenLifetime: { readonly lifetimeMs: number; readonly leewayMs: number };
  /** All robots ever, deleted ones too. */
  robots(): readonly RobotFacts[];
  /** Username → when `/v2` last accepted it, by Basic or by bearer. */
  readonly lastAcceptedMs: ReadonlyMap<string, number>;
  /** Username → the last moment at which a bearer issued to it is accepted, leeway included. */
  readonly lastTokenEndMs: ReadonlyMap<string, number>;
  /** Secrets of all robots ever: what must be found in no log. */
  secrets(): readonly Secret[];
  createProject(name: string, options: { readonly public: boolean }): number;
  /** Its robots go with it, scopes in others' permissions too (harbor.md §10.53). */
  deleteProject(name: string): void;
  createUser(username: string, password: string, roles: Readonly<Record<string, ProjectRole>>): void;
  pushImage(project: string, repository: string, tag: string, layers: readonly Buffer[]): PushedImage;
  /** A system robot made by the administrator; the rights of an issuer unless told otherwise. */
  issuer(name: string, permissions?: readonly object[]): IssuedLogin;
  setReadOnly(readOnly: boolean): void;
  setRobotPrefix(prefix: string): void;
  /** The event type `pull_artifact` on or off. */
  setPullAudit(on: boolean): void;
  /** PUT and PATCH of a robot take this long between reading and writing its row, and so may undo each other (harbor.md §10.50). */
  setRobotWriteMs(robotWriteMs: number): void;
  /** A component that `/health` calls unhealthy; null: none. */
  setComponentDown(name: string | null): void;
  /** Replication tasks wait while held, as under a halted job service. */
  holdReplication(held: boolean): void;
  /** Replication executions that have not ended. */
  replicationInProgress(): number;
  /** Sets a robot's end by hand, as a clock that went on would. */
  setExpiry(id: number, expiresAtS: number): void;
  /** Adds rights that no API grants any more, as an old version could have (harbor.md §1.8). */
  grantByHand(id: number, access: Access): void;
}

function helpers(context: HarborContext, admin: UserRow): Omit<Harbor, keyof Listener | "tokenLifetime"> {
  const { state, nowMs } = context;
  const asAdmin: Caller = { type: "user", user: admin };
  return {
    lastAcceptedMs: state.lastAcceptedMs,
    lastTokenEndMs: state.lastTokenEndMs,
    robots: () =>
      state.robots.map((robot) => ({
        id: robot.id,
        username: fullName(state, robot),
        description: robot.description,
        disabled: robot.disabled,
        createdAtMs: robot.createdAtMs,
        expiresAtMs: robot.expiresAtS === -1 ? null : robot.expiresAtS * 1000,
        refreshedAtMs: robot.refreshedAtMs,
        deletedAtMs: robot.deletedAtMs,
      })),
    secrets: () => state.robots.map((robot) => robot.secret),
    createProject: (name, options) => createProject(context, asAdmin, { name, ...options, endpointId: 0 }).id,
    deleteProject(name) {
      const project = projectNamed(state, name);
      if (project !== undefined) removeProject(context, asAdmin, project);
    },
    createUser(username, password, roles) {
      const id = nextId(state, "user");
      const createdAtMs = nowMs();
      const times = { createdAtMs, updatedAtMs: createdAtMs };
      const texts = { username, realname: username, email: `${username}@example.com`, comment: "" };
      state.users.push({ id, ...texts, password: new Secret(password), sysadmin: false, ...times });
      for (const [name, role] of Object.entries(roles)) {
        const projectId = projectNamed(state, name)?.id ?? 0;
        state.members.push({ id: nextId(state, "member"), projectId, userId: id, role });
      }
    },
    pushImage: (project, repository, tag, layers) =>
      storeImage(state, `${project}/${repository}`, tag, layers, nowMs()),
    issuer(name, permissions = issuerPermissions) {
      const body = { name, level: "system", duration: -1, permissions };
      const robot = createRobot(context, asAdmin, body);
      return { id: robot.id, username: fullName(state, robot), password: robot.secret };
    },
    setReadOnly(readOnly) {
      state.settings.read_only = readOnly;
    },
    setRobotPrefix(prefix) {
      state.settings.robot_name_prefix = prefix;
    },
    setPullAudit(on) {
      state.settings.disabled_audit_log_event_types = on ? "" : "pull_artifact";
    },
    setRobotWriteMs(robotWriteMs) {
      context.nastiness.robotWriteMs = robotWriteMs;
    },
    setComponentDown(name) {
      context.nastiness.componentDown = name;
    },
    holdReplication(held) {
      state.replication.held = held;
    },
    replicationInProgress: () => state.replication.executions.filter(({ status }) => status === "InProgress").length,
    setExpiry(id, expiresAtS) {
      const robot = robotById(state, id);
      if (robot !== undefined) robot.expiresAtS = expiresAtS;
    },
    grantByHand(id, access) {
      const robot = robotById(state, id);
      if (robot !== undefined) robot.grants = [...robot.grants, { scope: { kind: "system" }, access: [access] }];
    },
  };
}

/**
 * Starts a Harbor on loopback that answers as v2.15.2 was recorded to (harbor.md §10), or as another
 * version from 2.10 on differs from it (§9). What it has: `routes.ts`. It has no stale reads: a fault
 * of that type is answered like no fault, since Harbor reads after it writes (harbor.md §1.3).
 */
export async function startHarbor(options: HarborOptions): Promise<Harbor> {
  const createdAtMs = options.nowMs();
  const state = createState(options.version ?? "v2.15.2", {
    username: "admin",
    password: new Secret(options.adminPassword),
    sysadmin: true,
    email: "",
    realname: "system admin",
    comment: "admin user",
    createdAtMs,
    updatedAtMs: createdAtMs,
  });
  const [admin] = state.users;
  if (admin === undefined) throw new Error("a Harbor has an administrator");
  const lifetimeMs = () => options.tokenExpirationMs ?? state.settings.token_expiration * 60_000;
  const tokens = await createTokenIssuer(lifetimeMs, options.leewayMs ?? 60_000);
  const context: HarborContext = {
    state,
    nowMs: options.nowMs,
    tokens,
    failedLoginDelayMs: options.failedLoginDelayMs ?? 1500,
    lockedLogins: new Set(),
    csrfTokens: new Set(),
    sessions: new Map(),
    uploads: new Map(),
    nastiness: { robotWriteMs: 0, componentDown: null },
    externalUrl: "",
  };
  const listener = await listen({
    part: "harbor",
    instance: options.instance ?? "harbor",
    faults: options.faults,
    nowMs: options.nowMs,
    ...(options.tls === undefined ? {} : { tls: options.tls }),
    ...(options.port === undefined ? {} : { port: options.port }),
    classify: classifyHarbor,
    handle: (request) => handleHarbor(context, request),
  });
  context.externalUrl = listener.url;
  return {
    ...listener,
    tokenLifetime: { lifetimeMs: lifetimeMs(), leewayMs: tokens.leewayMs },
    ...helpers(context, admin),
  };
}
