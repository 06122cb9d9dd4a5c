import { elapsedMs, instantWhen } from "./clocks.ts";
import type { HomeEffect } from "./effects.ts";
import { isRefreshedOver } from "./fixed.ts";
import {
  allSites,
  answerTo,
  ask,
  type Decision,
  type LedgerState,
  type Rule,
  siteSeen,
  storeEpoch,
} from "./home-state.ts";
import type { HomeLedger, Instant, Replaced } from "./state.ts";

/** Clocks go back by less than this all the time: a server's `Date` has whole seconds, and offsets are read anew. */
const clockSlackMs = 60_000;

/** What still holds this generation, in words for an operator; null: every store and target is past it. */
export function heldBy(state: LedgerState, record: Replaced): string | null {
  for (const site of allSites(state)) {
    const epoch = storeEpoch(state, site);
    if (epoch === undefined) return `the store of ${site} cannot be read`;
    if (epoch <= record.epoch) return `the store of ${site} is at epoch ${epoch}`;
    const seen = siteSeen(state, site);
    if (seen === undefined) return `the ledger of site ${site} cannot be read`;
    const report = seen?.report;
    if (!report || report.ledgerId !== state.ledger.ledgerId) return `site ${site} has not reported`;
    if (report.epoch <= record.epoch) return `site ${site} reports epoch ${report.epoch}`;
    if (!report.complete) return `site ${site} could not read all its targets (${report.unserved[0]?.target ?? "?"})`;
    if (report.served < report.wanted)
      return `${report.wanted - report.served} of ${report.wanted} targets of ${site} are not served (${report.unserved[0]?.target ?? "?"}: ${report.unserved[0]?.reason ?? "?"})`;
    // Refreshed in place: its name is the current one's, and epochs tell who holds what.
    if (!isRefreshedOver(record) && report.usernames.includes(record.robot.username)) {
      const foreign = report.foreign.find((target) => target.username === record.robot.username);
      return `${foreign?.target ?? `a target of ${site}`} still holds ${record.robot.username}`;
    }
  }
  return null;
}

export function usageOf(record: Replaced): Extract<HomeEffect, { type: "ask-usage" }> {
  return {
    type: "ask-usage",
    username: record.robot.username,
    sinceMs: record.drainFrom?.registryMs ?? record.drainFrom?.localMs ?? record.replacedAtMs,
  };
}

/** By the registry's own clock alone: another one that is ahead must end nothing. */
export function isExpired(record: { robot: { expiresAtMs: number | null } }, at: Instant): boolean {
  const { expiresAtMs } = record.robot;
  return expiresAtMs !== null && at.registryMs !== null && expiresAtMs <= at.registryMs;
}

/** While the current generation is refused every retirement stops; so do deletions with clocks far apart. */
export function retirementsStopped(state: LedgerState): boolean {
  return state.ledger.refusals !== null || state.ledger.current === null;
}

/**
 * A store was found with an older value again (restored, or written back), in a drain that had begun before
 * this tick. Whether this tick has put it right does not matter: readers may have taken it since.
 */
function takenBack(state: LedgerState, record: Replaced): boolean {
  const { ledger } = state;
  const loaded = answerTo(state, { type: "load-ledger" })?.ledger?.replaced;
  if (!loaded?.some((before) => before.generation === record.generation && before.drainFrom === record.drainFrom))
    return false;
  return allSites(state).some((site) => {
    const trace = answerTo(state, { type: "read-store", site })?.trace;
    return trace != null && trace.ledgerId === ledger.ledgerId && trace.epoch <= record.epoch;
  });
}

/** No way back; but a store that was found with its value again has readers, and they have their drain. */
function retiring(state: LedgerState, record: Replaced, at: Instant): Replaced {
  if (record.drainFrom === null || isExpired(record, at) || record.endNow) return record;
  const ahead = elapsedMs(record.drainFrom, at) < -clockSlackMs;
  return ahead || takenBack(state, record) ? { ...record, drainFrom: at } : record;
}

function advance(state: LedgerState, record: Replaced, at: Instant): Replaced {
  if (record.state === "retiring") return retiring(state, record, at);
  // Where bounded exposure and the fleet meet, the expiry wins: the registry refuses it already.
  if (isExpired(record, at) || (record.endNow && !retirementsStopped(state))) return { ...record, state: "retiring" };
  // About to come back: it keeps its robot while the roll back lasts.
  if (state.ledger.next?.rollBack && state.ledger.next.generation === record.generation) return record;
  const held = heldBy(state, record) !== null;
  if (isRefreshedOver(record)) return held ? record : { ...record, state: "retiring" };
  if (record.state === "held") return held ? record : { ...record, state: "draining", drainFrom: at };
  if (held || takenBack(state, record)) return { ...record, state: "held", drainFrom: null };
  const passedMs = record.drainFrom === null ? 0 : elapsedMs(record.drainFrom, at);
  // Begun by a clock that was far ahead: it would never end. Beginning again is the careful side.
  if (passedMs < -clockSlackMs) return { ...record, drainFrom: at };
  // Asked when the time was up; a verdict from before the drain began again says nothing of the new one.
  const timeIsUp = record.drainFrom !== null && passedMs >= drainMsOf(state, record);
  const usage = timeIsUp ? answerTo(state, usageOf(record)) : undefined;
  return usage?.verdict === "in-use" ? drainsAgain(record, usage.lastSeenMs, at) : record;
}

/**
 * From its last use on, not from when that was seen: a pull that was under way when the drain began costs no second
 * one. Where that is over by now, too, the next tick asks again: this one's answer is about the time before.
 */
function drainsAgain(record: Replaced, lastSeenMs: number, at: Instant): Replaced {
  if (lastSeenMs <= usageOf(record).sinceMs) return record;
  return { ...record, drainFrom: instantWhen(lastSeenMs, at) };
}

export const advanceRecords: Rule = (state, at) => {
  const { ledger } = state;
  const replaced = ledger.replaced.map((record) => advance(state, record, at));
  const changed = replaced.filter((record, i) => record !== ledger.replaced[i]);
  if (changed.length === 0) return undefined;
  const why = changed.map((record) => `generation ${record.generation} ${record.state}`).join(", ");
  const next = withoutStaleRound({ ...ledger, replaced }, changed);
  const over = changed.filter((record) => record.state === "retiring" && isRefreshedOver(record));
  const windows = over.flatMap(({ thrownAwayAt, windowFrom = thrownAwayAt }) =>
    windowFrom ? [elapsedMs(windowFrom, at)] : [],
  );
  if (windows.length === 0) return { do: "save", ledger: next, why, withoutLease: true };
  return measured(state, next, why, Math.max(0, ...windows));
};

/** All are served: how long pulls with the old secret failed at most. */
function measured(state: LedgerState, ledger: HomeLedger, why: string, windowMs: number): Decision {
  const text = `pulls with the old secret failed for ${Math.ceil(windowMs / 1000)} s at most, from the refresh until all were served`;
  const problems = [...state.problems, { code: "in-place-window", text, blocks: false }];
  return { do: "save", ledger: { ...ledger, windowMs }, why, withoutLease: true, patch: { problems } };
}

/** A round confirms only drains that had ended when it was drawn: one that is taken back or begins (again) leaves it. */
function withoutStaleRound(ledger: HomeLedger, changed: readonly Replaced[]): HomeLedger {
  const draining = new Set(
    ledger.replaced
      .filter((record) => record.state === "draining" && !changed.includes(record))
      .map((record) => record.generation),
  );
  const { round } = ledger;
  if (round === null) return ledger;
  const generations = round.generations.filter((generation) => draining.has(generation));
  if (generations.length === round.generations.length) return ledger;
  return { ...ledger, round: generations.length === 0 ? null : { ...round, generations } };
}

export function drainMsOf(state: LedgerState, record: Replaced): number {
  return record.revoked ? 0 : state.settings.limits.drainMs;
}

/** Time has passed by the slowest clock, and the audit log is quiet or says nothing. */
export function drainEnded(state: LedgerState, record: Replaced, at: Instant): boolean {
  if (record.state !== "draining" || record.drainFrom === null) return false;
  if (elapsedMs(record.drainFrom, at) < drainMsOf(state, record)) return false;
  return (
    record.revoked ||
    answerTo(state, usageOf(record))?.verdict === "quiet" ||
    answerTo(state, usageOf(record))?.verdict === "no-evidence"
  );
}

export const askUsage: Rule = (state, at) => {
  const due = state.ledger.replaced.filter(
    (record) =>
      record.state === "draining" &&
      !record.revoked &&
      record.drainFrom !== null &&
      elapsedMs(record.drainFrom, at) >= drainMsOf(state, record),
  );
  return ask(state, due.map(usageOf));
};
