import type { MemoryRobot } from "../../core/drivers/memory/registry-state.ts";
import type { PortCall } from "../../core/engine/calls.ts";
import type { HomeLedger } from "../../core/protocol/state.ts";
import { loginKey, promiseOne, promiseTwo } from "./checkers.ts";
import { stillNeeded, theirs } from "./judge-removals.ts";
import type { Known } from "./known.ts";
import type { Tick, Truth } from "./truth.ts";

/** A fixed robot was put anew: its life is another one. */
export function noteRenewed(
  known: Known,
  { id }: Extract<PortCall, { call: "registry.renew" }>,
  robot: MemoryRobot | null,
): void {
  if (robot?.id === id) known.expiryMs.set(`robot$${robot.name}`, robot.expiresAtMs);
}

/** Whose generation lives by this robot, and is not ending. */
function userOf(ledger: HomeLedger | null, id: number) {
  const { current = null, replaced = [] } = ledger ?? {};
  return [current, ...replaced.filter(({ state }) => state !== "retiring")].find((one) => one?.robot.id === id) ?? null;
}

/** A fixed robot was given another secret; `robot`: as it was before. Who still needed that? */
export function judgeRefresh(
  known: Known,
  call: Extract<PortCall, { call: "registry.refresh" }>,
  robot: MemoryRobot,
  askedMs: number,
  tick: Tick,
): string[] {
  const truth = known.truths.find(
    ({ place }) => place.registry === call.on && robot.name.startsWith(`${place.name}-g`),
  );
  const lookedMs = tick.readRobotMs.get(robot.id) ?? askedMs;
  const unmarkedMs = known.unmarkedMs.get(robot.name);
  const isOurs = robot.description.startsWith("capstan:") || (unmarkedMs !== undefined && unmarkedMs >= lookedMs);
  if (truth === undefined || !isOurs)
    return robot.createdAtMs >= lookedMs ? [] : [`promise 3: robot ${robot.name} was refreshed, which is not ours`];
  const username = `robot$${robot.name}`;
  const given = loginKey({ username, password: call.password });
  const had = loginKey({ username, password: robot.password });
  if (given === had) return [];
  truth.refreshedMs.set(robot.id, known.world.nowMs);
  const broken = inUse(known, truth, robot, given, tick);
  const exempt = known.excused(truth.exempt);
  broken.push(
    ...promiseOne(known.world, exempt, truth.place, theirs(truth)),
    ...promiseTwo(known.world, exempt, truth.place, truth.ledger),
  );
  if (!truth.exempt.has(had) && !known.isExpired(username) && truth.promoted.has(had))
    broken.push(...stillNeeded(known, truth, robot, tick));
  return broken;
}

/**
 * Never the robot in use. Harbor cannot refuse a late PATCH: one of a runner that last saved its ledger before that
 * generation was promoted is excused, for what held the secret until it is put in again; nothing else is.
 */
function inUse(known: Known, truth: Truth, robot: MemoryRobot, given: string, tick: Tick): string[] {
  const username = `robot$${robot.name}`;
  const had = loginKey({ username, password: robot.password });
  // Its end has come: what held it is cut off by the registry, whatever is written.
  if (known.isExpired(username)) truth.exempt.add(had);
  const user = userOf(truth.ledger, robot.id);
  if (user === null) return [];
  const own = known.keyOfVersion(truth.place, user.versionIds[0], username);
  // In place, by consent: the staged secret takes the current one's place, whoever holds that.
  const next = truth.ledger?.next;
  if (next && next.state !== "minting" && next.madeOf.strategy === "in-place" && next.robot.id === robot.id) {
    if (given === truth.staged.get(next.versionId)) {
      truth.exempt.add(had);
      return [];
    }
  }
  // Put in again: what was excused is so no more.
  if (given === own) {
    truth.exempt.delete(own);
    return [];
  }
  const sinceMs = truth.inUseMs.get(robot.id) ?? 0;
  // In place it may also be of an attempt that was given up since.
  const lastMs = user.madeOf.strategy === "in-place" ? Math.max(sinceMs, truth.savedMs) : sinceMs;
  const isLate = tick.savedMs !== null && tick.savedMs < lastMs;
  truth.exempt.add(had);
  return isLate ? [] : [`promise 1: robot ${robot.name} was refreshed while generation ${user.generation} lives by it`];
}
