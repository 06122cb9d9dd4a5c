import type { MemoryRobot } from "../../core/drivers/memory/registry-state.ts";
import { slotOfName } from "../../core/protocol/mark.ts";
import { type Copy, promiseOne, promiseTwo } from "./checkers.ts";
import type { Known } from "./known.ts";
import type { Tick, Truth } from "./truth.ts";
import type { Place } from "./world.ts";

/** How long a Secret that somebody else wrote may hold an old username unseen: some ticks. */
const unseenTicks = 4;

/** A robot of ours is gone: who still needed it? */
export function judgeRemoval(known: Known, on: string, robot: MemoryRobot, askedMs: number, tick: Tick): string[] {
  const truth = known.truths.find(({ place }) => place.registry === on && robot.name.startsWith(`${place.name}-g`));
  // Between our look and our deletion no fence stands: the registry deletes by id alone.
  const lookedMs = tick.readRobotMs.get(robot.id) ?? askedMs;
  const unmarkedMs = known.unmarkedMs.get(robot.name);
  const isOurs = robot.description.startsWith("capstan:") || (unmarkedMs !== undefined && unmarkedMs >= lookedMs);
  if (truth === undefined || !isOurs) {
    const takenSince = robot.createdAtMs >= lookedMs;
    return takenSince ? [] : [`promise 3: robot ${robot.name} was deleted, which is not ours`];
  }
  const { place } = truth;
  if (slotOfName(place.name, robot.name) !== null)
    return [`promise 3: robot ${robot.name} was deleted, whose name is on allow-lists`];
  const exempt = known.excused(truth.exempt);
  const username = `robot$${robot.name}`;
  const broken = [
    ...promiseOne(known.world, exempt, place, theirs(truth)),
    ...promiseTwo(known.world, exempt, place, truth.ledger),
  ];
  const { next } = truth.ledger ?? {};
  if (next && next.state !== "minting" && next.robot.id === robot.id && !exempt.has(known.keyOf(place, username)))
    broken.push(`promise 2: ${robot.name} was deleted while its generation was ${next.state}`);
  if (known.mayDie(truth, username) || !truth.promoted.has(username)) return broken;
  return [...broken, ...stillNeeded(known, truth, robot, tick)];
}

/** Where credentials share a Secret, another one's write may take over what somebody put there for this one. */
export const theirs =
  (truth: Truth) =>
  ({ where, login }: Copy): boolean =>
    truth.outsiders.get(where.slice(0, where.lastIndexOf("/")))?.username === login.username;

/** A promoted generation ended, by a deletion or by a secret thrown away: its drain was over, and nobody had it back. */
export function stillNeeded(known: Known, truth: Truth, robot: MemoryRobot, tick: Tick): string[] {
  const { place } = truth;
  const username = `robot$${robot.name}`;
  const broken: string[] = [];
  const { replaced } = truth.ledger ?? {};
  const { nowMs, shape } = known.world;
  const drainedMs = nowMs - (truth.heldMs.get(username) ?? 0);
  // A revoked generation waits for its targets alone; the ledger knows of a revoke during a roll back, too.
  const isRevoked =
    truth.revoked.has(known.keyOf(place, username)) ||
    replaced?.some((one) => one.revoked && one.robot.id === robot.id);
  if (drainedMs < shape.drainMs && !isRevoked)
    broken.push(
      `promise 1: ${robot.name} died ${Math.round(drainedMs / 1000)} s after it was last held, the drain is ${Math.round(shape.drainMs / 1000)} s`,
    );
  for (const [site, back] of truth.restored)
    if (back.username === username && back.sinceMs < tick.startedMs && known.storeHolds(place, site, username))
      broken.push(`promise 1: ${robot.name} died, which a backup had brought back into the store of ${site}`);
  for (const [where, outsider] of truth.outsiders)
    if (
      outsider.username === username &&
      nowMs - outsider.sinceMs > unseenTicks * shape.tickEveryMs &&
      stillHolds(known, place, where, username)
    )
      broken.push(`promise 1: ${robot.name} died, which somebody else wrote to ${where} long ago`);
  return broken;
}

/** Does a Secret that we should serve still hold it? */
function stillHolds(known: Known, place: Place, where: string, username: string): boolean {
  const [on = "", namespace = ""] = where.split("/");
  const cluster = known.world.ports.clusters[on];
  const { labels, terminating } = cluster?.state.namespaces[namespace] ?? { labels: {}, terminating: true };
  if (labels["pull"] !== "yes" || terminating) return false;
  const content = cluster?.readSecretNow(namespace, place.secret)?.content;
  return content?.state === "parsed" && content.logins[place.registryKey]?.username === username;
}
