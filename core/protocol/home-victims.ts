import { elapsedMs } from "./clocks.ts";
import type { HomeEffect, RobotSeen } from "./effects.ts";
import { isFixed } from "./fixed.ts";
import { siteServed } from "./home-flips.ts";
import { markOf } from "./home-judge.ts";
import { drainMsOf, isExpired } from "./home-records.ts";
import { allSites, answerTo, type LedgerState, robotsSeen, siteSeen } from "./home-state.ts";
import type { Instant, Replaced } from "./state.ts";

/** A robot to be deleted, and what must be shown first. */
export interface Victim {
  readonly id: number;
  readonly username: string;
  readonly createdAtMs: number;
  /**
   * `expired`: GET and DELETE suffice. `never-promoted`: the ledger and the home store. `full`: everything. `taken`: a
   * fixed robot that is idle, or must be: whoever holds it.
   */
  readonly guard: "expired" | "never-promoted" | "full" | "revoked-now" | "taken";
  readonly record: Replaced | null;
}

/** What ends it: its robot is deleted, or a fixed robot gets a secret that nobody keeps. */
export function endOf({ id, record }: Victim): HomeEffect {
  if (record !== null && isFixed(record.madeOf)) return { type: "refresh", id, versionId: null };
  return { type: "remove-robot", id };
}

/** One guard for every deletion. Harbor was listed before the ledger was read (`home-judge.ts`). */
export function victims(state: LedgerState, at: Instant): readonly Victim[] {
  const found: Victim[] = [];
  for (const record of state.ledger.replaced) {
    if (record.state !== "retiring") continue;
    const guard = isExpired(record, at) ? "expired" : record.endNow ? "revoked-now" : "full";
    found.push({
      id: record.robot.id,
      username: record.robot.username,
      createdAtMs: record.robot.createdAtMs,
      guard,
      record,
    });
  }
  for (const robot of robotsSeen(state)) {
    const orphan = orphanGuard(state, robot, at);
    if (orphan !== null)
      found.push({
        id: robot.id,
        username: robot.username,
        createdAtMs: robot.createdAtMs,
        guard: orphan,
        record: null,
      });
  }
  return found;
}

/** Null: alive, or not ours. */
function orphanGuard(state: LedgerState, robot: RobotSeen, at: Instant): Victim["guard"] | null {
  const { ledger } = state;
  const mark = markOf(state, robot);
  if (mark === null) return null;
  // A fixed robot is never swept: what its secret was is nobody's by now.
  if (mark.slot !== null) return null;
  const alive = [ledger.current, ...ledger.replaced].some((generation) => generation?.robot.id === robot.id);
  const coming =
    ledger.next !== null &&
    (ledger.next.attempt === mark.attempt || (ledger.next.state !== "minting" && ledger.next.robot.id === robot.id));
  if (alive || coming) return null;
  if (isExpired({ robot }, at)) return "expired";
  if (ledger.abandoned.some((attempt) => attempt.attempt === mark.attempt)) return "never-promoted";
  // A rebuild keeps one robot of each generation and cannot always tell which was handed out: both have that one's drain.
  const drains = ledger.replaced.some((one) => one.generation === mark.generation && one.state !== "retiring");
  return drains ? null : "full";
}

/** Where a victim's username still is, or what could not be looked at; null: nowhere. */
export function stillHeld(state: LedgerState, victim: Victim, at: Instant): string | null {
  if (victim.guard === "expired" || victim.guard === "taken") return null;
  const from = victim.guard === "full" ? victim.record?.drainFrom : null;
  if (victim.record && from && elapsedMs(from, at) < drainMsOf(state, victim.record))
    return `a store held ${victim.username} again: its drain began anew`;
  const sites = victim.guard === "never-promoted" ? [state.settings.home] : allSites(state);
  for (const site of sites) {
    const store = answerTo(state, { type: "read-store", site });
    if (store === undefined) return `the store of ${site} cannot be read`;
    if (store.trace?.username === victim.username && storeStill(state, site))
      return `the store of ${site} holds ${victim.username}`;
    if (victim.guard !== "full") continue;
    const seen = siteSeen(state, site);
    if (seen === undefined) return `the ledger of site ${site} cannot be read`;
    if (seen?.report?.usernames.includes(victim.username)) return `a target of ${site} holds ${victim.username}`;
    // Nothing was drained for an orphan: a look that was incomplete, or older than the current epoch, may have missed it.
    const unseen = victim.record === null && seen !== null && seen.epoch > 0 && !siteServed(state, site);
    if (unseen) return `site ${site} has not read back the current generation from all its targets`;
  }
  return null;
}

/** A flip of this tick has put another value in the place of the one read. */
function storeStill(state: LedgerState, site: string): boolean {
  const epoch = state.ledger.current?.epoch;
  return state.replies[`flip:${site}:${epoch}`]?.ok !== true;
}
