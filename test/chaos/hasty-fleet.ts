import { podsOf } from "../../functions/sandbox/pullers/pods-of.ts";
import { type Pullers, startPullers } from "../../functions/sandbox/pullers/start-pullers.ts";
import { type CliFleet, startCloudFleet } from "../scenarios/cli-fleet.ts";

/** What the trial configuration says → a fleet in which a killed runner's lease is over in seconds. */
const hasty: readonly (readonly [RegExp, string])[] = [
  [/overlap: 3s/, "overlap: 600ms"],
  [/longestPull: 3s/, "longestPull: 600ms"],
  [/poll: 300ms/, "poll: 100ms"],
  [/lease: 10s/, "lease: 5s"],
  [/tickDeadline: 10s/, "tickDeadline: 5s"],
  [/requestTimeout: 5s/, "requestTimeout: 4s"],
  [/attemptBackoff: 1s/, "attemptBackoff: 100ms"],
];
const ticksMax = 120;
/** A scheduler pauses: ticks back to back would find out nothing new, and keep the processor from those beside. */
const tickEveryMs = 300;
const pullEveryMs = 600;

/** Three clouds, three clusters of two namespaces, and the CLI at `entry`, short of patience. */
export async function startHastyFleet(entry: string): Promise<CliFleet> {
  const fleet = await startCloudFleet({ clusters: 3, namespacesPerCluster: 2, entry });
  fleet.edit((text) =>
    hasty.reduce((changed, [from, to]) => {
      if (!from.test(changed)) throw new Error(`the trial configuration has no longer: ${from.source}`);
      return changed.replace(from, to);
    }, text),
  );
  return fleet;
}

/** Pods in every namespace, starting again and again. */
export function pullEverywhere({ sandbox }: CliFleet): Pullers {
  return startPullers({
    ...podsOf(sandbox.describe()),
    paceMs: pullEveryMs,
    random: Math.random,
    nowMs: () => Date.now(),
  });
}

/** Not finished, another runner at work, or a dead one's lease still runs: all that may be told besides "done". */
export const expectedCodes: readonly (number | null)[] = [0, 3, 75];

/** `capstan tick` as a scheduler calls it, until it says that nothing is left to do; its exit codes. Throws what it said otherwise. */
export async function tickUntilIdle({ capstan }: CliFleet): Promise<readonly (number | null)[]> {
  const codes: (number | null)[] = [];
  for (;;) {
    const { code, err } = await capstan.run(["tick"]);
    codes.push(code);
    if (code === 0) return codes;
    if (!expectedCodes.includes(code) || codes.length >= ticksMax)
      throw new Error(`not idle, exit codes ${codes.join(" ")}: ${err}`);
    await new Promise((resolve) => setTimeout(resolve, tickEveryMs));
  }
}
