import type { Fault, Plan } from "../plan.ts";
import { both, bothDrained, bothDue, bothEchoed, bothFlipped, calm } from "./beginnings.ts";

const kinds: readonly Fault[] = [
  "crash",
  "lost",
  "late",
  "refused",
  "stale",
  "stale-ledger",
  "restored-ledger",
  "restored-table",
  "restored-store",
  "secret-deleted",
  "roll-back",
  "revoke",
  "dark",
];

const moments = { due: bothDue, flipped: bothFlipped, drained: bothDrained, echoed: bothEchoed } as const;

/** Each of these may lead to one more promotion than the moment asks for. */
const promoting: readonly Fault[] = ["restored-ledger", "restored-table", "restored-store", "roll-back", "revoke"];

const names = Object.keys(moments) as readonly (keyof typeof moments)[];

/** Two sites, and each pair of faults at each moment of a rotation: either may come first, each once, at any time. */
export const pairWorlds: readonly Plan[] = names.flatMap((moment) =>
  kinds.flatMap((one, i) => kinds.slice(i + 1).map((other) => pair(moment, one, other))),
);

function pair(moment: keyof typeof moments, one: Fault, other: Fault): Plan {
  const has = (fault: Fault) => one === fault || other === fault;
  const isDue = moment === "due" ? 1 : 0;
  return {
    ...both,
    ...calm,
    name: `${moment}:${one}+${other}`,
    about: `two sites, ${moment}: ${one}, and ${other}`,
    prelude: moments[moment],
    ticks: { aws: 2, azure: 1 },
    faults: { [one]: 1, [other]: 1 },
    faultsMax: 2,
    promotionsMax: isDue + promoting.filter(has).length,
    rest: restOf(has),
    ...(has("restored-ledger") || has("restored-table") ? { promptDeletion: true } : {}),
  };
}

/** Two restored ledgers within a day are not mended but said, and stop what deletes or promotes. */
function restOf(has: (fault: Fault) => boolean): Plan["rest"] {
  if (has("restored-ledger") && has("restored-table")) return "idle-or-stopped";
  return has("dark") ? "idle-but-dark" : "idle";
}
