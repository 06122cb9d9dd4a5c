import { apartMs, elapsedMs, fastestMs } from "./clocks.ts";
import { verifyLeftMs } from "./fixed.ts";
import { endingSoon } from "./home-expiry.ts";
import { siteServed, storeObstacle } from "./home-flips.ts";
import { seenAgain } from "./home-last-look.ts";
import { drainMsOf, heldBy, isExpired } from "./home-records.ts";
import { isRepaired } from "./home-refresh.ts";
import { reasonToRotate, startBlockedBy } from "./home-start.ts";
import {
  answerTo,
  type Decision,
  type HomeState,
  hasLedger,
  type LedgerState,
  type Problem,
  type Rule,
  replyTo,
  siteSeen,
  storeEpoch,
} from "./home-state.ts";
import { stillHeld, victims } from "./home-victims.ts";
import { currentValueState, versionOf } from "./home-watch.ts";
import type { Instant } from "./state.ts";

/** The lease is given back by the runner that wrote, so that the next one need not wait for its end. */
export const releaseLease: Rule = (state) => {
  const { ledger } = state;
  if (!ledger.lease || state.saves === 0) return undefined;
  return { do: "save", ledger: { ...ledger, lease: null }, why: "lease given back" };
};

const nextWrite = (leftMs: number) =>
  leftMs > 0 ? `written again in ${Math.ceil(leftMs / 60_000)} minutes` : "written again by the next tick";

/** Everything that an operator should be told, from what this tick has seen. */
export function problemsOf(state: HomeState, at: Instant): readonly Problem[] {
  return hasLedger(state) ? [...state.problems, ...problemsSeen(state, at)] : state.problems;
}

function problemsSeen(state: LedgerState, at: Instant): readonly Problem[] {
  const { ledger, settings } = state;
  const found: Problem[] = [];
  const add = (code: string, text: string, blocks = false) => found.push({ code, text, blocks });
  const robots = replyTo(state, { type: "list-robots" });
  if (robots?.ok === false)
    add(
      "registry-unreadable",
      `the registry cannot list robots: ${robots.failure.text}`,
      robots.failure.kind === "denied",
    );
  for (const site of settings.sites) {
    const obstacle = storeObstacle(state, site);
    if (obstacle) found.push(obstacle);
    const seen = siteSeen(state, site);
    if (seen === undefined) add("site-unreadable", `the ledger of site ${site} cannot be read`);
    for (const foreign of seen?.report?.foreign ?? [])
      if (foreign.untilMs === undefined) add("target-foreign", `${foreign.target} is not ours: ${foreign.why}`);
      else add("target-contested", `${foreign.target}: ${foreign.why}; ${nextWrite(foreign.untilMs - at.localMs)}`);
    for (const target of seen?.report?.unserved.slice(0, 5) ?? [])
      add("target-unserved", `${target.target}: ${target.reason}: ${target.text}`);
    const store = answerTo(state, { type: "read-store", site });
    const otherHash = store?.trace?.epoch === ledger.current?.epoch && store?.trace?.hash !== ledger.current?.hash;
    // Without a mark and no obstacle: it was ours before (`storeObstacle`).
    if (!obstacle && store && store.versionId !== null && (store.trace === null || otherHash))
      add("outside-write", `somebody else wrote the value in the store of ${site}: replaced`);
  }
  for (const site of ledger.sites)
    if (!settings.sites.includes(site))
      add(
        "site-unconfigured",
        `site ${site} is in the ledger and no longer in the configuration: its copies are still ours`,
        true,
      );
  if (isRepaired(state))
    add(
      "secret-repaired",
      "somebody else's write (or a late one of ours) undid the current secret: it was put in again",
    );
  if (ledger.current) {
    if (currentValueState(state) === "lost") add("value-lost", "no store gives back the current value");
    const verdict = answerTo(state, { type: "prove", versionId: versionOf(ledger.current), purpose: "watch" })?.verdict;
    if (verdict !== undefined && verdict !== "accepted")
      add(
        "current-not-accepted",
        `the registry says ${verdict} to the current generation ${ledger.current.generation}`,
      );
  }
  found.push(...endingSoon(state, at));
  if (apartMs(at) > settings.limits.clocksApartMaxMs)
    add(
      "clocks-apart",
      "the clocks of this runner, the registry and the ledger are more than a day apart: nothing is deleted",
      true,
    );
  if (ledger.next === null && reasonToRotate(state, at) !== null) {
    const blocked = startBlockedBy(state, at);
    if (blocked) found.push(blocked);
  }
  for (const victim of victims(state, at).slice(0, settings.limits.deletionsPerTickMax)) {
    if (victim.record?.thrownAwayAt !== undefined) continue;
    const held = stillHeld(state, victim, at) ?? seenAgain(state, victim, at);
    if (held !== null) add("deletion-waits", `robot ${victim.username} is not deleted yet: ${held}`);
  }
  return found;
}

/** What is still under way, in words; empty: idle. */
export function waitingFor(state: HomeState, at: Instant): readonly string[] {
  if (!hasLedger(state)) return ["a ledger"];
  const { ledger, settings } = state;
  const waits: string[] = [];
  if (ledger.next !== null) waits.push(`generation ${ledger.next.generation} is ${ledger.next.state}`);
  else if (reasonToRotate(state, at) !== null) waits.push(`a rotation (${reasonToRotate(state, at)})`);
  if (ledger.current) {
    for (const site of settings.sites) {
      const epoch = storeEpoch(state, site);
      if (epoch !== ledger.epoch)
        waits.push(`the store of ${site} (${epoch === undefined ? "unreadable" : `epoch ${epoch}`})`);
      else if (!siteServed(state, site)) waits.push(`the report of ${site}`);
    }
  }
  for (const record of ledger.replaced) {
    const held = record.state === "retiring" ? null : heldBy(state, record);
    waits.push(`generation ${record.generation} ${record.state}${held === null ? "" : `: ${held}`}`);
  }
  const orphans = victims(state, at).filter(
    (victim) =>
      victim.record === null &&
      state.replies[`remove-robot:${victim.id}`]?.ok !== true &&
      answerTo(state, { type: "read-robot", id: victim.id })?.robot !== null,
  );
  if (orphans.length > 0) waits.push(`${orphans.length} robots to sweep`);
  return waits;
}

/** Until a refreshed secret, or one that was thrown away, is tried once more; null: nothing waits for that. */
function verifyingFor({ ledger }: LedgerState, at: Instant): number | null {
  const { next } = ledger;
  const since = [
    ...(next !== null && next.state === "proven" && next.refreshedAt ? [next.refreshedAt] : []),
    ...ledger.replaced.flatMap(({ thrownAwayAt }) => (thrownAwayAt ? [thrownAwayAt] : [])),
  ];
  const leftMs = since.map((from) => verifyLeftMs(from, at)).filter((ms) => ms > 0);
  return leftMs.length === 0 ? null : Math.min(...leftMs);
}

/** Until the first drain ends, where nothing but their time is waited for; null: something else is. */
function onlyTimeLeftMs(state: LedgerState, at: Instant): number | null {
  const { ledger, settings } = state;
  // What retires may drain once more (a store was put back to it); what has expired waits for nothing.
  const leftMs = ledger.replaced.map((record) =>
    record.drainFrom !== null && !isExpired(record, at)
      ? drainMsOf(state, record) - elapsedMs(record.drainFrom, at)
      : 0,
  );
  const verifyingMs = verifyingFor(state, at);
  if (verifyingMs !== null) return verifyingMs;
  const more =
    leftMs.length === 0 ||
    leftMs.some((ms) => ms <= 0) ||
    ledger.next !== null ||
    reasonToRotate(state, at) !== null ||
    !settings.sites.every((site) => siteServed(state, site));
  return more ? null : Math.min(...leftMs);
}

/** When to look again: at the next moment at which something can have changed by time alone, or after a poll. */
function wakeAtMs(state: LedgerState, at: Instant, waits: readonly string[]): number {
  const { ledger, settings, due } = state;
  const { pollMs } = settings.limits;
  const moments: number[] = [];
  if (due !== null) {
    const byFastest = (ms: number) => at.localMs + ms - fastestMs(at);
    if (ledger.holdSinceMs === null && due.scheduleMs !== null) moments.push(byFastest(due.scheduleMs));
    if (due.expiryMs !== null) moments.push(byFastest(due.expiryMs));
  }
  if (waits.length > 0) moments.push(at.localMs + (onlyTimeLeftMs(state, at) ?? pollMs));
  const earliest = Math.min(...moments);
  return Number.isFinite(earliest) ? Math.max(earliest, at.localMs + 1) : at.localMs + pollMs;
}

export function endTick(state: LedgerState, at: Instant): Decision {
  const problems = problemsOf(state, at);
  const waits = waitingFor(state, at);
  const end = problems.some((problem) => problem.blocks) ? "blocked" : waits.length === 0 ? "idle" : "waiting";
  return { do: "end", outcome: { end, nextAtMs: wakeAtMs(state, at, waits), waits, problems } };
}

export const respectDeadline: Rule = (state, at) => {
  if (at.localMs < state.settings.deadlineMs) return undefined;
  return {
    do: "end",
    outcome: { end: "deadline", nextAtMs: at.localMs + 1, waits: ["more time"], problems: problemsOf(state, at) },
  };
};
