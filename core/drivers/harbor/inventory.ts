import { setTimeout as sleep } from "node:timers/promises";
import { PortError } from "../../ports/errors.ts";
import type { NotLooked, RegistryInventory, RobotEntry, UsePass } from "../../ports/inventory.ts";
import { checkEndpoint } from "../http/dispatcher.ts";
import { type Api, createApi } from "./api.ts";
import { isOutOfSight } from "./failures.ts";
import { type Project, readInstallation } from "./installation.ts";
import { createLoginGate } from "./login-gate.ts";
import type { HarborOptions } from "./options.ts";
import { pagesOf } from "./pages.ts";
import { encodeQ } from "./query.ts";
import { auditReply, inventoryReply, projectsReply, readReply } from "./replies.ts";
import { toRobot } from "./robots.ts";
import { parseVersion } from "./version.ts";
import { askWhoami } from "./whoami.ts";
import { createWire } from "./wire.ts";

const operation = "inventory";
const pageSize = 100;

async function listProjects(api: Api): Promise<readonly Project[]> {
  const found = new Map<number, Project>();
  // `name` is what projects are sorted by; one that is made meanwhile may show one twice.
  const list = { operation, path: "/projects?sort=name", right: "project:list at system", shape: projectsReply };
  for await (const rows of pagesOf(api, list))
    for (const { project_id: id, name, metadata } of rows)
      found.set(id, { id, name, isPrivate: metadata?.public !== "true" });
  return [...found.values()];
}

/** Robots of the system, or of a project: by the last id seen, as every list of robots (list.ts). */
async function robotsOf(api: Api, project: Project | null): Promise<readonly RobotEntry[]> {
  const level =
    project === null
      ? []
      : ([
          ["Level", "=", "project"],
          ["ProjectID", "=", String(project.id)],
        ] as const);
  const robots: RobotEntry[] = [];
  for (;;) {
    const last = robots.at(-1)?.id;
    const q = encodeQ(last === undefined ? level : [...level, ["id", "=", `[${last + 1}~]`]]);
    const path = `/robots?sort=id&page=1&page_size=${pageSize}${q === "" ? "" : `&${q}`}`;
    const right = `robot:list at ${project?.name ?? "system"}`;
    const reply = await api.call({ method: "GET", path, operation, right }, 200);
    const rows = readReply(inventoryReply, reply, operation);
    // Before 2.13 a list of the system may hold robots of projects too (harbor.md §1.7).
    for (const row of rows) {
      robots.push({
        ...toRobot(row),
        level: project === null ? "system" : "project",
        project: project?.name ?? null,
        creator:
          row.creator_type === undefined
            ? null
            : { type: row.creator_type === "robot" ? "robot" : "user", id: row.creator_ref ?? 0 },
        permissions: row.permissions.map(({ kind, namespace, access }) => ({
          kind: kind === "system" ? "system" : "project",
          namespace,
          access,
        })),
      });
    }
    if (rows.length < pageSize) return robots;
  }
}

async function listAll(api: Api): ReturnType<RegistryInventory["listAll"]> {
  const projects = await listProjects(api);
  const robots: RobotEntry[] = [];
  const notLooked: NotLooked[] = [];
  for (const project of [null, ...projects]) {
    const place = project === null ? "robots of the system" : `robots of project ${project.name}`;
    const found = await robotsOf(api, project).catch((error: unknown) => {
      if (isOutOfSight(error)) return error;
      throw error;
    });
    if (found instanceof PortError) notLooked.push({ place, why: found.message });
    else robots.push(...found);
  }
  return { robots, notLooked };
}

/** Rows up to now, so that pulls of the meantime move no page. */
async function lastUses(api: Api, nowMs: number, usernames: ReadonlySet<string>, pages: number): Promise<UsePass> {
  const { version } = await askWhoami(api);
  const path = parseVersion(version).atLeast(2, 13) ? "/auditlog-exts" : "/audit-logs";
  const until = new Date(nowMs + 1000).toISOString().slice(0, 19);
  const q = encodeQ([
    ["operation", "=", "pull"],
    ["resource_type", "=", "artifact"],
    ["op_time", "=", `[~${until}]`],
  ]);
  const lastMs = new Map<string, number>();
  const unseen = new Set(usernames);
  let reachesBackToMs: number | null = null;
  for (let page = 1; page <= pages; page += 1) {
    const query = `${q}&sort=-op_time&page=${page}&page_size=${pageSize}`;
    const reply = await api.call({ method: "GET", path: `${path}?${query}`, operation, right: "audit-log:list" }, 200);
    const rows = readReply(auditReply, reply, operation);
    for (const { username, op_time } of rows) {
      reachesBackToMs = Date.parse(op_time);
      if (!lastMs.has(username)) lastMs.set(username, reachesBackToMs);
      unseen.delete(username);
    }
    if (rows.length < pageSize || unseen.size === 0) {
      const nothing = "no pull of anybody in the audit log: it may be off, or this login lacks audit-log:list";
      return { lastMs, reachesBackToMs, whole: rows.length < pageSize, why: lastMs.size === 0 ? nothing : null };
    }
  }
  return { lastMs, reachesBackToMs, whole: false, why: null };
}

/** All that one Harbor tells this login about robots, by reading alone. */
export function createHarborInventory(options: Omit<HarborOptions, "robotLevel" | "retirer">): RegistryInventory {
  checkEndpoint(options.endpoint);
  const wire = createWire({ ...options, robotLevel: { level: "system" } });
  const api = createApi(wire, {
    endpoint: options.endpoint,
    issuer: options.issuer,
    gate: createLoginGate(options.nowMs),
    nowMs: options.nowMs,
    sleep: options.sleep ?? ((ms) => sleep(ms)),
  });
  return {
    listAll: () => listAll(api),
    lastUses: (usernames, pages) => lastUses(api, options.nowMs(), usernames, pages),
    installation: async () => readInstallation(api, await listProjects(api), true),
  };
}
