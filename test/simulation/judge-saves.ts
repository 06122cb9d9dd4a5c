import type { PortCall } from "../../core/engine/calls.ts";
import type { HomeLedger } from "../../core/protocol/state.ts";
import { promiseTwo } from "./checkers.ts";
import { isSlow, statesOf, transitionsOf, waveMoves } from "./coverage.ts";
import type { Known } from "./known.ts";
import type { Tick, Truth } from "./truth.ts";
import { minuteMs, waveWaitMaxMs } from "./world.ts";

/** Delay of one call that is no freeze. */
const promptMs = 2 * minuteMs;

/** A ledger was written: what it says, and what became of the one before it. */
export function judgeSave(
  known: Known,
  reached: Record<string, number>,
  call: Extract<PortCall, { call: "ledger.save" }>,
  askedMs: number,
  tick: Tick,
): string[] {
  const [key = "", site] = call.key.split("@site/");
  const truth = known.truths.find(({ place }) => key === `sim/${place.name}`);
  if (truth === undefined) return [];
  if (site !== undefined)
    return [...waveSaved(known, reached, truth, site), ...siteSaved(known, truth, site, tick.lookedMs)];
  // As the runner formatted it; that it can be parsed strictly is shown by the next load.
  const ledger: HomeLedger = JSON.parse(call.text);
  for (const name of [...statesOf(ledger), ...transitionsOf(truth.ledger, ledger)])
    reached[name] = (reached[name] ?? 0) + 1;
  const broken = [...promoted(known, truth, ledger, askedMs), ...retired(known, truth, ledger, tick)];
  noteTaken(known, truth, ledger);
  truth.savedMs = known.world.nowMs;
  const { next } = ledger;
  // A store that was put back since has lost it: what it gave back once counts.
  if (next !== null && next.state === "staged" && !truth.staged.has(next.versionId))
    truth.staged.set(next.versionId, known.keyOfVersion(truth.place, next.versionId, next.robot.username));
  if (ledger.round !== null && !truth.rounds.has(ledger.round.id)) truth.rounds.set(ledger.round.id, known.world.nowMs);
  truth.ledger = ledger;
  for (const username of tick.takenOut.splice(0)) truth.heldMs.set(username, known.world.nowMs);
  return [...broken, ...promiseTwo(known.world, known.excused(truth.exempt), truth.place, ledger)];
}

/** A fixed robot that is needed at once: whoever held its generation is cut off, and was named. */
function noteTaken(known: Known, truth: Truth, { next, replaced }: HomeLedger): void {
  const canWait = next?.reason === "schedule" || next?.reason === "manual";
  for (const record of truth.ledger?.replaced ?? []) {
    const isTaken =
      next !== null && next.state !== "minting" && !next.rollBack && next.robot.username === record.robot.username;
    const isNeeded = !canWait || known.isExpired(record.robot.username);
    if (isTaken && isNeeded && !replaced.some((one) => one.generation === record.generation))
      truth.exempt.add(known.keyOf(truth.place, record.robot.username));
  }
}

function promoted(known: Known, truth: Truth, ledger: HomeLedger, askedMs: number): string[] {
  const { current } = ledger;
  if (current === null || current.epoch === truth.ledger?.current?.epoch) return [];
  const { nowMs, shape } = known.world;
  const key = known.keyOfVersion(truth.place, current.versionIds[0], current.robot.username);
  truth.promoted.add(key);
  truth.inUseMs.set(current.robot.id, nowMs);
  const broken: string[] = [];
  if (truth.revoked.has(key) && nowMs - askedMs < promptMs && truth.ledger?.next?.rollBack === undefined)
    broken.push(`generation ${current.generation} was revoked, and is current`);
  const refreshedMs = truth.refreshedMs.get(current.robot.id);
  if (
    current.madeOf.strategy === "alternating" &&
    refreshedMs !== undefined &&
    truth.ledger?.next?.rollBack === false &&
    nowMs - refreshedMs < 10_000
  )
    broken.push(`promise 1: generation ${current.generation} was promoted before its secret was looked at once more`);
  const { expiresAtMs } = current.robot;
  // What a hand-out, a drain and their margin need; a save that was late on its way is not judged.
  const leftMs = (expiresAtMs ?? Number.POSITIVE_INFINITY) - nowMs;
  if (nowMs - askedMs < promptMs && leftMs < 60 * minuteMs + shape.drainMs)
    broken.push(
      `promise 1: generation ${current.generation} was promoted ${Math.round(leftMs / minuteMs)} minutes before its expiry`,
    );
  return broken;
}

/** Fresh eyes: what drained goes only when every site has echoed the round that was drawn for it. */
function retired(known: Known, truth: Truth, ledger: HomeLedger, tick: Tick): string[] {
  const before = truth.ledger?.round ?? null;
  const drained = ledger.replaced.filter((record) => {
    const was = truth.ledger?.replaced.find((one) => one.generation === record.generation);
    const atOnce = record.endNow || known.mayDie(truth, record.robot.username);
    return record.state === "retiring" && was?.state === "draining" && !atOnce;
  });
  const echoed = ledger.sites.every((site) => before !== null && truth.echoes.has(`${site} ${before.id}`));
  if (!echoed)
    return drained.map(
      ({ generation }) => `promise 1: generation ${generation} retires without a fresh look of every site`,
    );
  return drained.flatMap(({ generation, robot }) =>
    [...tick.flipped]
      // Put back after the flip went there: the last look before the robot's end finds that.
      .filter(([site, restored]) => truth.restored.get(site) === restored)
      .filter(([site]) => known.storeHolds(truth.place, site, robot.username))
      .map(([site]) => `promise 1: generation ${generation} retires, which the flip found in the store of ${site}`),
  );
}

/** A wave opens when the one before it was written without a failure and no slower than it may, or after its time. */
function waveSaved(known: Known, reached: Record<string, number>, truth: Truth, site: string): string[] {
  const { report = null, epochSinceMs = 0 } = known.siteLedger(truth.place, site) ?? {};
  const before = truth.reports.get(site) ?? null;
  if (report === null) return [];
  truth.reports.set(site, report);
  const moves = waveMoves(before, report);
  for (const name of moves) reached[name] = (reached[name] ?? 0) + 1;
  const was = before?.wave;
  const { wave: is } = report;
  if (was === undefined || is === undefined || !moves.includes("wave: next")) return [];
  if (report.atMs - epochSinceMs >= waveWaitMaxMs) return [];
  const opened = `site ${site} opened the wave of ${is.percent} % after one`;
  if (was.failed > 0 || was.left > 0) return [`${opened} with ${was.failed} failed, ${was.left} left`];
  // One percent more is how it is tried whether writes are quick again.
  return isSlow(was) && is.percent > was.percent + 1 ? [`${opened} of ${was.percent} % that was slow`] : [];
}

/** Fresh eyes: a round is echoed by a look that began after it was drawn. */
function siteSaved(known: Known, truth: Truth, site: string, lookedMs: number | null): string[] {
  const round = known.siteLedger(truth.place, site)?.report?.round;
  if (round != null) truth.echoes.add(`${site} ${round}`);
  const drawnMs = round == null ? undefined : truth.rounds.get(round);
  if (drawnMs === undefined || lookedMs === null || lookedMs >= drawnMs) return [];
  return [`promise 1: site ${site} echoed a round with a look that began before it was drawn`];
}
