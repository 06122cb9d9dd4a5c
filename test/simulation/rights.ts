import { holds, type MemoryRegistryState } from "../../core/drivers/memory/registry-state.ts";
import type { AutoStrategy } from "../../core/engine/choose-strategy.ts";
import type { RobotAction } from "../../core/ports/issuer.ts";
import type { Permission } from "../../core/ports/registry.ts";
import type { Random } from "./random.ts";

const actions: readonly RobotAction[] = ["create", "hand-out", "list", "read", "update", "delete"];

/** What an administrator leaves the issuer with. The last two allow no strategy, or none where a fixed robot is missing. */
const leftWith: readonly (readonly RobotAction[])[] = [
  ["create", "hand-out", "list", "read", "update", "delete"],
  ["create", "hand-out", "list", "read", "delete"],
  ["create", "hand-out", "list", "read", "update"],
  ["list", "read", "update"],
  ["list", "read"],
];

/** A robot of before Harbor 2.10: it may hold `robot:update`. */
function permissionsOf(left: readonly RobotAction[]): readonly Permission[] {
  const overRobots = left.flatMap((action) => (action === "hand-out" ? [] : [{ resource: "robot", action }]));
  const pull: Permission = {
    kind: "project",
    namespace: "apps",
    access: [{ resource: "repository", action: "pull" }],
  };
  return [{ kind: "system", namespace: "/", access: overRobots }, ...(left.includes("hand-out") ? [pull] : [])];
}

/** Each way in which an administrator may leave the issuer. */
export const rightsLeft: readonly (readonly Permission[])[] = leftWith.map(permissionsOf);

/** Null: an administrator's. */
export function drawRights(random: Random): readonly Permission[] | null {
  return random.chance(0.3) ? null : random.pick(rightsLeft);
}

/** As a look at the issuer tells it; `dark`: there was none. */
export function rightsSeen({ issuer }: MemoryRegistryState, dark: boolean): AutoStrategy {
  const { permissions } = issuer;
  const given = { acceptFailedPulls: false, hasWaves: false };
  if (dark) return { ...given, rights: null, problem: "simulated: no answer" };
  const may = (action: RobotAction) =>
    permissions === null ||
    (action === "hand-out"
      ? holds(permissions, "apps", "repository", "pull")
      : holds(permissions, null, "robot", action));
  const rights = actions.map((action) => ({
    right: `robot:${action}`,
    purpose: "",
    verdict: may(action) ? ("held" as const) : ("missing" as const),
    optional: false,
    action,
  }));
  return { ...given, rights, problem: null };
}
