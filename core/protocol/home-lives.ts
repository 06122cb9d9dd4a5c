import { isFixed } from "./fixed.ts";
import { type Rule, robotsSeen } from "./home-state.ts";
import type { Generation } from "./state.ts";

/**
 * A fixed robot's end may be moved by others, or back by a late write of ours: the ledger follows what the registry
 * lists. Whether a rotation is due is then for the next tick, which loads the ledger with the new date.
 */
export const noteLives: Rule = (state) => {
  const { ledger } = state;
  if (state.saves > 0) return undefined;
  const listed = new Map(robotsSeen(state).map((robot) => [robot.id, robot]));
  const asListed = <T extends Generation>(generation: T): T => {
    const { robot } = generation;
    const seen = listed.get(robot.id);
    const differs = seen?.createdAtMs === robot.createdAtMs && seen.expiresAtMs !== robot.expiresAtMs;
    if (!isFixed(generation.madeOf) || !differs) return generation;
    return { ...generation, robot: { ...robot, expiresAtMs: seen.expiresAtMs } };
  };
  const current = ledger.current === null ? null : asListed(ledger.current);
  const replaced = ledger.replaced.map(asListed);
  if (current === ledger.current && replaced.every((record, i) => record === ledger.replaced[i])) return undefined;
  const why = "the life of a fixed robot is another one now";
  return { do: "save", ledger: { ...ledger, current, replaced }, why, withoutLease: true, patch: { due: null } };
};
