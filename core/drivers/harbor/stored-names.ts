import type { Robot } from "../../ports/registry.ts";
import type { RobotLevel } from "./options.ts";

/** What names of robots are made of, as sent (harbor.md §1.3). */
const nameCharacter = /[a-z0-9._-]/;

/**
 * Keeps the robots whose name *without* the registry's prefix starts with `namePrefix`. Harbor filters
 * by "contains" on the stored name and answers with the full one, and its prefix (`robot$` by default)
 * can be anything, so where the name begins must be found out:
 * after `+` for a project's robots; after a character that no name may contain (`$`); else Harbor is
 * asked whether the rest is the stored name. One prefix holds for all robots: once known, it decides.
 */
export async function keepNamesWithPrefix(
  robots: readonly Robot[],
  level: RobotLevel,
  namePrefix: string,
  isStoredName: (robot: Robot, storedName: string) => Promise<boolean>,
): Promise<readonly Robot[]> {
  if (level.level === "project") {
    return robots.filter(({ username }) => username.slice(username.lastIndexOf("+") + 1).startsWith(namePrefix));
  }
  const starts = robots.map(({ username }) => username.indexOf(namePrefix));
  const known = robots.find(({ username }, index) => {
    const start = starts[index] ?? -1;
    return start > 0 && !nameCharacter.test(username[start - 1] ?? "");
  });
  let prefix = known?.username.slice(0, known.username.indexOf(namePrefix));
  for (const [index, robot] of robots.entries()) {
    if (prefix !== undefined) break;
    const start = starts[index] ?? -1;
    if (start >= 0 && (await isStoredName(robot, robot.username.slice(start)))) prefix = robot.username.slice(0, start);
  }
  return prefix === undefined ? [] : robots.filter(({ username }) => username.startsWith(`${prefix}${namePrefix}`));
}
