import type { EndpointVerdict, Login, ProbeScope, Robot } from "../../ports/registry.ts";
import type { UsageVerdict } from "../../ports/usage.ts";
import {
  fail,
  holds,
  type MemoryRegistryState,
  type RegistryChanged,
  requireLogin,
  requireRight,
  requireWritable,
  toRobot,
  usernameOf,
} from "./registry-state.ts";

/** Robots of one level whose name starts so. */
export function list(state: MemoryRegistryState, project: string | null, namePrefix: string): readonly Robot[] {
  if (project !== null && !Object.hasOwn(state.projects, project))
    throw fail("invalid", "list", "the project does not exist");
  requireRight(state, "list", project, "list");
  return state.robots
    .filter((robot) => robot.project === project && robot.name.startsWith(namePrefix))
    .map((robot) => toRobot(state, robot));
}

export function read(state: MemoryRegistryState, id: number): Robot {
  const robot = state.robots.find((candidate) => candidate.id === id);
  requireLogin(state, "read");
  if (robot === undefined) throw fail("not-found", "read", `robot ${id} does not exist`);
  requireRight(state, "read", robot.project, "read");
  return toRobot(state, robot);
}

/** Absent is success, whatever the rights: Harbor looks for the robot first (harbor.md §1.1). */
export function remove(state: MemoryRegistryState, id: number): RegistryChanged<null> {
  requireWritable(state, "remove");
  requireLogin(state, "remove");
  const robot = state.robots.find((candidate) => candidate.id === id);
  if (robot === undefined) return { state, result: null };
  requireRight(state, "remove", robot.project, "delete");
  return { state: { ...state, robots: state.robots.filter((other) => other !== robot) }, result: null };
}

/** As a node would find out: first the login, then the scope (harbor.md §2.2). */
export function probe(state: MemoryRegistryState, login: Login, scope: ProbeScope, nowMs: number): EndpointVerdict {
  const robot = state.robots.find((candidate) => usernameOf(state, candidate) === login.username);
  if (robot === undefined || robot.disabled || !robot.password.equals(login.password)) return "refused";
  if (robot.expiresAtMs !== null && robot.expiresAtMs <= nowMs) return "refused";
  if (scope.repository === null) return "accepted";
  const name = scope.repository.split("/")[0] ?? "";
  const project = Object.hasOwn(state.projects, name) ? state.projects[name] : undefined;
  if (project === undefined) return "no-right";
  const granted =
    holds(robot.permissions, name, "repository", scope.action) ||
    // Push implies pull for project robots, and a public project gives `pull` to anybody (harbor.md §4, §2.2).
    (scope.action === "pull" && robot.project !== null && holds(robot.permissions, name, "repository", "push")) ||
    (scope.action === "pull" && project.public);
  return granted ? "accepted" : "no-right";
}

/** Writes a pull into the log, where that is on. */
export function notePull(state: MemoryRegistryState, username: string, nowMs: number): RegistryChanged<null> {
  if (!state.pullAudit) return { state, result: null };
  return { state: { ...state, lastPullMs: { ...state.lastPullMs, [username]: nowMs } }, result: null };
}

/** Silence counts only where a pull of somebody was logged since (harbor.md §3). */
export function usedSince(state: MemoryRegistryState, username: string, sinceMs: number): UsageVerdict {
  const { permissions, accepted } = state.issuer;
  if (!accepted) return { verdict: "no-evidence", why: "the issuer was refused" };
  const readable = permissions === null || holds(permissions, null, "audit-log", "list");
  const pulls = Object.entries(readable ? state.lastPullMs : {}).filter(([, lastMs]) => lastMs > sinceMs);
  const own = pulls.find(([name]) => name === username);
  if (own !== undefined) return { verdict: "in-use", lastSeenMs: own[1] };
  if (pulls.length > 0) return { verdict: "quiet" };
  return { verdict: "no-evidence", why: "no pull of anybody in the audit log since then" };
}
