import type { Plan } from "../plan.ts";
import { alternatingWorlds } from "./alternating.ts";
import { autoWorlds } from "./auto.ts";
import { inPlaceWorlds } from "./in-place.ts";
import { lineWorlds } from "./line.ts";
import { pairWorlds } from "./pairs.ts";
import { restoredWorlds } from "./restored.ts";
import { retirementWorlds } from "./retirement.ts";
import { twoSiteWorlds } from "./two-sites.ts";

/**
 * The worlds of the search. A world is small where its budget is: ticks, jumps and faults bound its depth, so
 * that most are searched to the end.
 */
export const worlds: readonly Plan[] = [
  ...lineWorlds,
  ...retirementWorlds,
  ...restoredWorlds,
  ...twoSiteWorlds,
  ...alternatingWorlds,
  ...inPlaceWorlds,
  ...autoWorlds,
  ...pairWorlds,
];

/** Small enough for every run, and together every fault once: what `npm test`, `--small` and the mutants search. */
export const smallWorlds: readonly Plan[] = [
  "first-crash-lost",
  "due-crash-lost",
  "due-stale-crash",
  "event-doubled",
  "retire-roll-back",
  "echoed-roll-back-crash",
  "echoed-deleted-stale",
  "retire-restored-ledger",
  "restored-any-copy-awake",
  "lost-ledger",
  "echoed:restored-table+roll-back",
  "both-due",
  "both-retire",
  "both-dark",
  "alternating-lost",
  "alternating-thrown",
  "in-place-lost",
].map(worldCalled);

/** Throws where there is none. */
export function worldCalled(name: string): Plan {
  const found = worlds.find((plan) => plan.name === name);
  if (found === undefined) throw new Error(`no world ${name}; "npm run search -- --list" names them`);
  return found;
}

/** `due:*`: all whose names begin so. Throws where there is none. */
export function worldsCalled(name: string): readonly Plan[] {
  if (!name.endsWith("*")) return [worldCalled(name)];
  const found = worlds.filter((plan) => plan.name.startsWith(name.slice(0, -1)));
  if (found.length === 0) throw new Error(`no world's name begins like ${name}`);
  return found;
}
