import type { RobotSeen } from "./effects.ts";
import { isRefreshedOver } from "./fixed.ts";
import { allSites, answerTo, type HomeState, robotsSeen, siteSeen } from "./home-state.ts";
import { parseRobotMark, type Slot } from "./mark.ts";
import { type HomeLedger, newLedger, type Replaced } from "./state.ts";

/** The epoch is lifted so far above all that was seen that nothing handed out in the lost time can reach it. */
const epochLift = 1_000;

/**
 * Above every generation seen, so that a robot of the lost time whose minting only lands after the robots were
 * listed is an orphan with the full guard, and no sign of a ledger that is behind once more.
 */
const generationLift = 10;

/** A second rebuild within this time is not done: something restores the ledger again and again. */
const rebuildPauseMs = 24 * 3_600_000;

interface MarkedRobot {
  readonly robot: RobotSeen;
  readonly generation: number;
  readonly attempt: string;
  readonly slot: Slot | null;
}

function markedRobots(state: HomeState, ledgerId: string): readonly MarkedRobot[] {
  return robotsSeen(state).flatMap((robot) => {
    const mark = parseRobotMark(robot.username, robot.description);
    const ours = mark?.ledgerId === ledgerId && mark.credential === state.settings.credential;
    return ours ? [{ robot, generation: mark.generation, attempt: mark.attempt, slot: mark.slot }] : [];
  });
}

/** Usernames that a store or a target was seen with. */
function seenUsernames(state: HomeState): ReadonlySet<string> {
  const seen = new Set<string>();
  for (const site of allSites(state)) {
    const trace = answerTo(state, { type: "read-store", site })?.trace;
    if (trace) seen.add(trace.username);
    for (const username of siteSeen(state, site)?.report?.usernames ?? []) seen.add(username);
  }
  return seen;
}

/** Highest epoch of this ledger id that stands anywhere, the ledger's own included. */
function highestEpoch(state: HomeState, ledgerId: string, ledger: HomeLedger | null): number {
  const epochs = [ledger?.epoch ?? 0];
  for (const site of allSites(state)) {
    const trace = answerTo(state, { type: "read-store", site })?.trace;
    if (trace?.ledgerId === ledgerId) epochs.push(trace.epoch);
    const seen = siteSeen(state, site);
    if (seen?.ledgerId === ledgerId) epochs.push(seen.epoch, seen.report?.higher?.epoch ?? 0);
  }
  return Math.max(...epochs);
}

/** The value of a fixed robot that home's store holds now, if it is this one's: perhaps the only one that can be read. */
function valueAtHome(state: HomeState, ledgerId: string, username: string) {
  const seen = answerTo(state, { type: "read-store", site: state.settings.home });
  if (!seen?.versionId || seen.trace?.ledgerId !== ledgerId || seen.trace.username !== username)
    return { versionIds: [], hash: "" };
  return { versionIds: [seen.versionId], hash: seen.trace.hash };
}

/** Stores and reports may tell of a generation whose robot was minted after the robots were listed. */
function seenGenerations(state: HomeState, ledgerId: string): readonly number[] {
  return allSites(state).flatMap((site) => {
    const trace = answerTo(state, { type: "read-store", site })?.trace;
    const report = siteSeen(state, site)?.report;
    return [trace, report].flatMap((one) => (one?.ledgerId === ledgerId ? [one.generation] : []));
  });
}

/**
 * Of several attempts at one generation at most one was ever handed out: the one that the ledger knows,
 * else the one that a store or a target was seen with, else the youngest. The others were given up, and
 * are left to the sweep with its full guard.
 */
function onePerGeneration(
  robots: readonly MarkedRobot[],
  known: ReadonlySet<number>,
  seen: ReadonlySet<string>,
): readonly MarkedRobot[] {
  const rank = ({ robot }: MarkedRobot) => (known.has(robot.id) ? 2 : seen.has(robot.username) ? 1 : 0);
  const chosen = new Map<number, MarkedRobot>();
  for (const one of robots) {
    const other = chosen.get(one.generation);
    if (other === undefined || rank(one) > rank(other) || (rank(one) === rank(other) && one.robot.id > other.robot.id))
      chosen.set(one.generation, one);
  }
  return [...chosen.values()];
}

/**
 * Was this ledger rebuilt within a day? A restored copy does not know of it: then the lift of the epoch
 * tells that there was a rebuild, and the youngest robot, which a rebuild mints at once, how long ago.
 */
export function rebuiltLately(state: HomeState, ledger: HomeLedger, nowMs: number): boolean {
  if (ledger.rebuiltAtMs !== null && nowMs - ledger.rebuiltAtMs < rebuildPauseMs) return true;
  if (highestEpoch(state, ledger.ledgerId, ledger) - ledger.epoch < epochLift) return false;
  return markedRobots(state, ledger.ledgerId).some(({ robot }) => nowMs - robot.createdAtMs < rebuildPauseMs);
}

/**
 * A ledger that is behind the world (restored from a backup), or lost: every robot with our mark becomes
 * `held`, generation and epoch are lifted above all seen, and nothing is current, so that a new
 * generation is minted and promoted at once. What is in the targets stays there and is handed to nobody
 * anew. `ledger` null: lost; its id is taken again.
 */
export function rebuild(state: HomeState, ledgerId: string, ledger: HomeLedger | null, nowMs: number): HomeLedger {
  const { settings } = state;
  const base = ledger ?? newLedger(settings.credential, ledgerId, settings.sites);
  const epochSeen = highestEpoch(state, ledgerId, ledger);
  const alive = base.replaced.filter((record) => !isRefreshedOver(record));
  const promoted = [...(base.current === null ? [] : [base.current]), ...alive];
  const known = new Map(promoted.map((generation) => [generation.robot.id, generation]));
  const robots = markedRobots(state, ledgerId);
  const held = onePerGeneration(robots, new Set(known.keys()), seenUsernames(state)).map(
    ({ robot, generation, attempt, slot }): Replaced => {
      const { id, username, createdAtMs, expiresAtMs } = robot;
      const before = known.get(id);
      const kept = settings.madeOf.strategy === "in-place" ? settings.madeOf.strategy : "alternating";
      const fixed = slot === null ? "generations" : kept;
      const blank = {
        ...(slot === null ? { versionIds: [], hash: "" } : valueAtHome(state, ledgerId, username)),
        madeOf: { ...settings.madeOf, strategy: fixed } as const,
        promotedAtMs: nowMs,
        revoked: false,
        endNow: false,
      };
      return {
        // A fixed robot may have been given another secret since: then what the ledger knew of it is worth nothing.
        ...(slot === null || before?.generation === generation ? (before ?? blank) : blank),
        generation,
        attempt,
        // Where it may have been promoted meanwhile nobody knows: it counts as handed out under the highest epoch seen.
        epoch: epochSeen,
        robot: { id, username, createdAtMs, expiresAtMs },
        state: "held",
        replacedAtMs: nowMs,
        drainFrom: null,
        thrownAwayAt: undefined,
      };
    },
  );
  const generations = [...robots.map(({ generation }) => generation), ...seenGenerations(state, ledgerId)];
  const generationSeen = Math.max(base.generationMax, ...generations);
  return {
    ...base,
    epoch: epochSeen + epochLift,
    generationMax: generationSeen + generationLift,
    promotedMax: generationSeen + generationLift,
    current: null,
    next: null,
    replaced: held,
    sites: [...new Set([...base.sites, ...settings.sites])],
    round: null,
    askedSinceMs: null,
    holdSinceMs: null,
    refusals: null,
    rebuiltAtMs: nowMs,
  };
}
