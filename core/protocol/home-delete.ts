import { apartMs } from "./clocks.ts";
import type { HomeEffect, RobotSeen } from "./effects.ts";
import { isFixed } from "./fixed.ts";
import { markOf } from "./home-judge.ts";
import { lookAgain, seenAgain } from "./home-last-look.ts";
import { retirementsStopped } from "./home-records.ts";
import { throwAway } from "./home-refresh.ts";
import { answerTo, ask, type Decision, type LedgerState, type Rule } from "./home-state.ts";
import { stillHeld, type Victim, victims } from "./home-victims.ts";
import { currentReadBack, versionOf } from "./home-watch.ts";
import type { RobotMark } from "./mark.ts";
import type { Instant, Replaced } from "./state.ts";

export const deleteRobots: Rule = (state, at) => {
  if (apartMs(at) > state.settings.limits.clocksApartMaxMs) return undefined;
  for (const victim of victims(state, at).slice(0, state.settings.limits.deletionsPerTickMax)) {
    if (victim.record?.thrownAwayAt !== undefined) {
      const verifying = endFixed(state, victim.record, at);
      if (verifying !== undefined) return verifying;
      continue;
    }
    const retiresLiving = victim.guard === "full" || victim.guard === "revoked-now";
    if (retiresLiving && retirementsStopped(state) && victim.record !== null) continue;
    if (stillHeld(state, victim, at) !== null) continue;
    // Not every store's load is consistent (GCP): a save that succeeds proves that what was read is what stands.
    if (state.saves === 0)
      return { do: "save", ledger: state.ledger, why: "the ledger is confirmed before a deletion" };
    const decision = deleteOne(state, victim, at);
    if (decision !== undefined) return decision;
  }
  return undefined;
};

function deleteOne(state: LedgerState, victim: Victim, at: Instant): Decision | undefined {
  if (victim.guard === "full" || victim.guard === "revoked-now") {
    // Nothing is taken away before the one that stays has logged in once more.
    const current = currentReadBack(state);
    if (current === null) return undefined;
    const login = { type: "prove", versionId: versionOf(current), purpose: "guard" } as const;
    const proving = ask(state, [login]);
    if (proving) return proving;
    if (answerTo(state, login)?.verdict !== "accepted") return undefined;
  }
  const looking = ask(state, [{ type: "read-robot", id: victim.id }]);
  if (looking) return looking;
  const seen = answerTo(state, { type: "read-robot", id: victim.id });
  if (seen === undefined) return undefined;
  // Made at another moment: another robot under the same id (a registry restored from a backup); ours is gone.
  if (seen.robot !== null && seen.robot.createdAtMs === victim.createdAtMs) {
    if (!sameRobot(state, victim, seen.robot)) return undefined;
    const lookingAgain = lookAgain(state, victim);
    if (lookingAgain) return lookingAgain;
    if (seenAgain(state, victim, at) !== null) return undefined;
    if (victim.record !== null && isFixed(victim.record.madeOf)) return endFixed(state, victim.record, at);
    const removal = { type: "remove-robot", id: victim.id } as const;
    const removing = ask(state, [removal]);
    if (removing) return removing;
    if (answerTo(state, removal) === undefined) return undefined;
  }
  return victim.record === null ? undefined : pruneAndForget(state, victim.record);
}

function endFixed(state: LedgerState, record: Replaced, at: Instant): Decision | undefined {
  const ended = throwAway(state, record, at);
  return ended === "out" ? pruneAndForget(state, record) : ended;
}

/** By id alone another's robot could be deleted: creation time (seen by the caller) and mark must be those we know. */
function sameRobot(state: LedgerState, victim: Victim, robot: RobotSeen): boolean {
  const mark = markOf(state, robot);
  const sameMark = mark !== null && (victim.record === null || isMarkOf(mark, victim.record));
  return robot.id === victim.id && sameMark;
}

/** A fixed robot's mark may be an older one, put there by a late write; a later one is of a line that is not ours. */
function isMarkOf(mark: RobotMark, record: Replaced): boolean {
  if (mark.slot === null) return mark.attempt === record.attempt;
  return isFixed(record.madeOf) && mark.generation <= record.generation;
}

/** The robot is gone: its versions go too, as far as they can be reached; then the record. */
function pruneAndForget(state: LedgerState, record: Replaced): Decision | undefined {
  const { ledger } = state;
  const listing = ask(
    state,
    state.settings.sites.map((site) => ({ type: "list-versions", site }) as const),
  );
  if (listing) return listing;
  const living = [ledger.current, ...ledger.replaced.filter((other) => other !== record)].filter(
    (generation) => generation !== null,
  );
  const epochMin = Math.min(
    ...living.map((generation) => generation.epoch),
    ledger.next && "epoch" in ledger.next ? ledger.next.epoch : Number.MAX_SAFE_INTEGER,
  );
  const kept = new Set(living.flatMap((generation) => generation.versionIds.slice(0, 1)));
  const discards: HomeEffect[] = [];
  for (const site of state.settings.sites) {
    const versions = answerTo(state, { type: "list-versions", site })?.versions ?? [];
    const versionIds = versions
      .filter(
        (version) =>
          !version.current &&
          version.epoch !== null &&
          version.epoch < epochMin &&
          !(site === state.settings.home && kept.has(version.versionId)),
      )
      .map((version) => version.versionId);
    if (versionIds.length > 0) discards.push({ type: "discard", site, versionIds });
  }
  const discarding = ask(state, discards);
  if (discarding) return discarding;
  return {
    do: "save",
    ledger: { ...ledger, replaced: ledger.replaced.filter((other) => other !== record) },
    why: `generation ${record.generation} gone`,
    withoutLease: true,
  };
}
