import { PortError } from "../../ports/errors.ts";
import type { HeldPermission, NamedRobot } from "../../ports/issuer.ts";
import type { Login, ServerTime } from "../../ports/registry.ts";
import type { Api } from "./api.ts";
import { isOutOfSight } from "./failures.ts";
import { encodeQ } from "./query.ts";
import {
  ownPermissionsReply,
  projectReply,
  readReply,
  robotsWithPermissionsReply,
  robotWithPermissionsReply,
  userReply,
} from "./replies.ts";
import { expiryMs } from "./robots.ts";

const operation = "rights";
const pagesMax = 100;

/** What a login may do, as far as it can be seen. */
export type OwnRights =
  | { readonly kind: "administrator" }
  | { readonly kind: "user"; readonly inProject: ReadonlySet<string> | null }
  /** `held` null: this robot may not read its own row, and nobody read it in its place. */
  | { readonly kind: "robot"; readonly held: readonly HeldPermission[] | null; readonly level: "system" | "project" };

/** Rights in a project, `robot:create` and so on; null: the project is not there, or not to be seen. */
async function rightsInProject(api: Api, project: string): Promise<ReadonlySet<string> | null> {
  const right = `project:read on ${project}`;
  const path = `/projects/${encodeURIComponent(project)}`;
  const found = await api.call({ method: "GET", path, operation, right }, 200).catch((error: unknown) => {
    if (isOutOfSight(error)) return null;
    throw error;
  });
  if (found === null) return null;
  const { project_id } = readReply(projectReply, found, operation);
  const scope = `/users/current/permissions?scope=/project/${project_id}&relative=true`;
  const reply = await api.call({ method: "GET", path: scope, operation, right: "to log in" }, 200);
  return new Set(readReply(ownPermissionsReply, reply, operation).map((one) => `${one.resource}:${one.action}`));
}

/** The project that a robot's name carries; null: a robot of the system. */
export function projectInName(username: string): string | null {
  return /^.*?([a-z0-9._-]+)\+[a-z0-9._-]+$/.exec(username)?.[1] ?? null;
}

/** The row of this name among the system's robots, or those of the project that the name carries. Null: not to be seen. */
export async function rowNamed(
  api: Api,
  username: string,
  project: string | null,
): Promise<(NamedRobot & ServerTime) | null> {
  // The stored name is not known where the prefix is not: its last part is, and is enough to ask for.
  const tail = /[a-z0-9._-]+$/.exec(username)?.[0] ?? username;
  const level: (readonly [string, "=", string])[] = [];
  if (project !== null) {
    const path = `/projects/${encodeURIComponent(project)}`;
    const found = await api.call({ method: "GET", path, operation, right: `project:read on ${project}` }, 200);
    level.push(
      ["Level", "=", "project"],
      ["ProjectID", "=", String(readReply(projectReply, found, operation).project_id)],
    );
  }
  const q = encodeQ([...level, ["name", "=~", tail]]);
  for (let page = 1; page <= pagesMax; page += 1) {
    const path = `/robots?${q}&sort=id&page=${page}&page_size=100`;
    const reply = await api.call({ method: "GET", path, operation, right: "robot:list" }, 200);
    const rows = readReply(robotsWithPermissionsReply, reply, operation);
    const row = rows.find(({ name }) => name === username);
    if (row !== undefined) {
      const { id, permissions, disable } = row;
      return { id, permissions, disabled: disable, expiresAtMs: expiryMs(row.expires_at), serverMs: reply.serverMs };
    }
    if (rows.length < 100) return null;
  }
  return null;
}

/**
 * What `login` may do. A robot's row is read by itself, else by `readers` (the other identity). A robot whose
 * row nobody may read is known by its name only.
 */
export async function ownRights(
  api: Api,
  readers: readonly Api[],
  login: Login,
  project: string | null,
): Promise<OwnRights> {
  const reply = await api
    .call({ method: "GET", path: "/users/current", operation, right: "to log in" }, 200)
    .catch((error: unknown) => {
      // A robot is no user: 412 (harbor.md §6).
      if (error instanceof PortError && error.status === 412) return null;
      throw error;
    });
  if (reply !== null) {
    const { sysadmin_flag } = readReply(userReply, reply, operation);
    if (sysadmin_flag) return { kind: "administrator" };
    return { kind: "user", inProject: project === null ? null : await rightsInProject(api, project) };
  }
  const own = projectInName(login.username);
  for (const reader of [api, ...readers]) {
    const held = await rowNamed(reader, login.username, own).catch((error: unknown) => {
      if (isOutOfSight(error)) return null;
      throw error;
    });
    if (held !== null) return { kind: "robot", held: held.permissions, level: own === null ? "system" : "project" };
  }
  return { kind: "robot", held: null, level: own === null ? "system" : "project" };
}

/** What one robot may do, as its row says it. */
export async function permissionsOf(api: Api, id: number): Promise<readonly HeldPermission[]> {
  const reply = await api.call({ method: "GET", path: `/robots/${id}`, operation, right: "robot:read" }, 200);
  return readReply(robotWithPermissionsReply, reply, operation).permissions;
}
