import { Secret } from "../../../core/secret.ts";
import type { FaultBoard } from "../faults.ts";
import { type Listener, listen } from "../listener.ts";
import { writeAudit } from "./audit-log.ts";
import { classifyHarbor } from "./classify.ts";
import type { HarborContext } from "./context.ts";
import { type PushedImage, storeImage } from "./images.ts";
import { createTokenIssuer } from "./jwt.ts";
import { createRobot } from "./robot-create.ts";
import { handleHarbor } from "./router.ts";
import { createState, fullName, type ProjectRole, projectNamed, type UserRow } from "./state.ts";

export interface HarborOptions {
  readonly faults: FaultBoard;
  readonly nowMs: () => number;
  readonly port?: number;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Name among the Harbors of one sandbox, for faults; default `harbor`. */
  readonly instance?: string;
  /** Life of a bearer token; default 30 minutes, as Harbor's. */
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
}

function helpers(context: HarborContext, admin: UserRow): Omit<Harbor, keyof Listener | "tokenLifetime"> {
  const { state, nowMs } = context;
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
        deletedAtMs: robot.deletedAtMs,
      })),
    secrets: () => state.robots.map((robot) => robot.secret),
    createProject(name, options) {
      const id = state.nextProjectId;
      state.nextProjectId += 1;
      state.projects.push({ id, name, public: options.public, createdAtMs: nowMs() });
      writeAudit(context, {
        operation: "create",
        description: `create project: ${name}`,
        resource: name,
        resourceType: "project",
        username: admin.username,
        projectId: id,
      });
      return id;
    },
    deleteProject(name) {
      const project = projectNamed(state, name);
      state.projects = state.projects.filter((row) => row !== project);
      for (const robot of state.robots) if (robot.projectId === project?.id) robot.deletedAtMs ??= nowMs();
    },
    createUser(username, password, roles) {
      const byId = Object.entries(roles).map(([name, role]) => [projectNamed(state, name)?.id ?? 0, role] as const);
      const id = state.users.length + 2;
      state.users.push({ id, username, password: new Secret(password), sysadmin: false, roles: new Map(byId) });
    },
    pushImage: (project, repository, tag, layers) =>
      storeImage(state, `${project}/${repository}`, tag, layers, nowMs()),
    issuer(name, permissions = issuerPermissions) {
      const body = { name, level: "system", duration: -1, permissions };
      const robot = createRobot(context, { type: "user", user: admin }, body);
      return { id: robot.id, username: fullName(state, robot), password: robot.secret };
    },
    setReadOnly(readOnly) {
      state.readOnly = readOnly;
    },
    setRobotPrefix(prefix) {
      state.robotPrefix = prefix;
    },
    setPullAudit(on) {
      state.pullAudit = on;
    },
  };
}

/**
 * Starts a Harbor on loopback that answers as v2.15.2 was recorded to (harbor.md §10): robots, tokens,
 * `/v2` for pulls, the audit log, and what clients look at on the way. It has no stale reads: a fault
 * of that type is answered like no fault, since Harbor reads after it writes (harbor.md §1.3).
 */
export async function startHarbor(options: HarborOptions): Promise<Harbor> {
  const state = createState(options.version ?? "v2.15.2");
  const admin: UserRow = {
    id: 1,
    username: "admin",
    password: new Secret(options.adminPassword),
    sysadmin: true,
    roles: new Map(),
  };
  state.users.push(admin);
  const tokens = await createTokenIssuer(options.tokenExpirationMs ?? 30 * 60_000, options.leewayMs ?? 60_000);
  const context: HarborContext = {
    state,
    nowMs: options.nowMs,
    tokens,
    failedLoginDelayMs: options.failedLoginDelayMs ?? 1500,
    lockedLogins: new Set(),
    csrfTokens: new Set(),
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
    tokenLifetime: { lifetimeMs: tokens.lifetimeMs, leewayMs: tokens.leewayMs },
    ...helpers(context, admin),
  };
}
