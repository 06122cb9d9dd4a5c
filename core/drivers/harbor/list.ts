import { PortError } from "../../ports/errors.ts";
import type { Robot, ServerTime } from "../../ports/registry.ts";
import type { Api } from "./api.ts";
import type { RobotLevel } from "./options.ts";
import { encodeQ } from "./query.ts";
import { projectReply, readReply, robotsReply } from "./replies.ts";
import { toRobot } from "./robots.ts";
import { keepNamesWithPrefix } from "./stored-names.ts";

const operation = "list";
const pageSize = 100;

type Listed = { readonly robots: readonly Robot[] } & ServerTime;

/** Conditions that pick the level; a project's robots are listed by its id (harbor.md §1.7). */
async function levelConditions(api: Api, level: RobotLevel): Promise<readonly (readonly [string, "=", string])[]> {
  if (level.level === "system") return [];
  const path = `/projects/${encodeURIComponent(level.project)}`;
  const right = `project:read on ${level.project}`;
  const reply = await api.call({ method: "GET", path, operation, right }, 200).catch((error: unknown) => {
    if (!(error instanceof PortError) || error.kind !== "not-found") throw error;
    throw new PortError("invalid", `harbor: list: there is no project ${level.project}`, {
      system: "harbor",
      operation,
    });
  });
  const { project_id } = readReply(projectReply, reply, operation);
  return [
    ["Level", "=", "project"],
    ["ProjectID", "=", String(project_id)],
  ];
}

function badPage(why: string): PortError {
  return new PortError("invalid", `harbor: list: ${why}`, { system: "harbor", operation, reason: "bad-reply" });
}

/**
 * Pages by the last id seen, not by offset: whoever deletes a robot meanwhile would otherwise push
 * another one over the edge of a page, unseen (harbor.md §1.7).
 */
async function listContaining(
  api: Api,
  level: RobotLevel,
  conditions: readonly (readonly [string, "=" | "=~", string])[],
  robotsMax: number,
): Promise<Listed> {
  const place = level.level === "system" ? "system" : level.project;
  const robots: Robot[] = [];
  for (;;) {
    const last = robots.at(-1)?.id;
    const q = encodeQ(last === undefined ? conditions : [...conditions, ["id", "=", `[${last + 1}~]`]]);
    if (q === null)
      throw new PortError("invalid", "harbor: list: this name cannot be asked for", { system: "harbor", operation });
    const path = `/robots?sort=id&page=1&page_size=${pageSize}${q === "" ? "" : `&${q}`}`;
    const reply = await api.call({ method: "GET", path, operation, right: `robot:list at ${place}` }, 200);
    const page = readReply(robotsReply, reply, operation).map(toRobot);
    for (const robot of page) {
      if (robot.id <= (robots.at(-1)?.id ?? 0)) throw badPage("robots out of order");
      robots.push(robot);
    }
    const total = Number(reply.headers["x-total-count"] ?? Number.NaN);
    if (page.length < Math.min(total, pageSize)) throw badPage("a page shorter than its total");
    if (robots.length > robotsMax)
      throw new PortError("invalid", `harbor: list: more than ${robotsMax} robots under this prefix`, {
        system: "harbor",
        operation,
        reason: "too-large",
      });
    if (page.length < pageSize || page.length === total) return { robots, serverMs: reply.serverMs };
  }
}

/** Every robot of the level whose name without prefix (and without `<project>+`) starts so. */
export async function listRobots(api: Api, level: RobotLevel, namePrefix: string, robotsMax: number): Promise<Listed> {
  const ofLevel = await levelConditions(api, level);
  const byName = namePrefix === "" ? [] : [["name", "=~", namePrefix] as const];
  const found = await listContaining(api, level, [...ofLevel, ...byName], robotsMax);
  if (namePrefix === "") return found;
  const isStoredName = async (robot: Robot, storedName: string): Promise<boolean> => {
    const same = await listContaining(api, level, [...ofLevel, ["name", "=", storedName]], robotsMax);
    return same.robots.some(({ id }) => id === robot.id);
  };
  const robots = await keepNamesWithPrefix(found.robots, level, namePrefix, isStoredName);
  return { robots, serverMs: found.serverMs };
}
