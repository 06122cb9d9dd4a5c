import type { HomeEffect, RobotSeen } from "./effects.ts";
import { isNotedAhead, mayVerifyAgain, renewedLife } from "./fixed.ts";
import { markOf } from "./home-judge.ts";
import { lookAgain, seenAgain } from "./home-last-look.ts";
import { answerTo, ask, type Decision, failureOf, type LedgerState, type Rule, replyTo } from "./home-state.ts";
import type { Victim } from "./home-victims.ts";
import { versionOf } from "./home-watch.ts";
import { robotDescription } from "./mark.ts";
import type { Generation, Instant, NextGeneration, Replaced } from "./state.ts";

type Staged = Extract<NextGeneration, { state: "staged" | "proven" }>;

/** A write whose answer did not come may still arrive: nothing more is written to that robot in this tick. */
function written(state: LedgerState, effect: HomeEffect): "yes" | "refused" | "unknown" {
  const reply = replyTo(state, effect as Extract<HomeEffect, { type: "refresh" }>);
  if (reply?.ok) return "yes";
  const kind = reply?.failure.kind;
  return kind === "unreachable" || kind === "throttled" ? "unknown" : "refused";
}

/** Before a robot is written: the ledger is what stands, the lease is ours, and nothing shows a later line than ours. */
function confirmed(state: LedgerState, robot: Generation["robot"], at: Instant): Decision | "yes" | "no" {
  if (state.saves === 0)
    return { do: "save", ledger: state.ledger, why: "the ledger is confirmed before a robot is written" };
  const { id, username, createdAtMs } = robot;
  const victim: Victim = { id, username, createdAtMs, guard: "taken", record: null };
  return lookAgain(state, victim) ?? (seenAgain(state, victim, at) === null ? "yes" : "no");
}

export type Refreshed =
  | { readonly is: "asking"; readonly decision: Decision }
  | { readonly is: "waiting" }
  | { readonly is: "given-up"; readonly code: string; readonly text: string }
  | { readonly is: "done"; readonly expiresAtMs: number | null };

/**
 * The staged secret goes into the idle robot: PUT (life, rights, mark), PATCH (secret), and a look at what came of
 * it. Each may be done again by any tick: the secret is in the store, and the ledger says whose it is.
 */
export function refreshStaged(state: LedgerState, next: Staged, at: Instant): Refreshed {
  const { robot, generation, attempt, versionId } = next;
  const { id, username } = robot;
  const ready = confirmed(state, robot, at);
  if (ready === "no") return { is: "waiting" };
  if (ready !== "yes") return { is: "asking", decision: ready };
  const gone = { is: "given-up", code: "refresh-failed", text: `robot ${username} is gone` } as const;
  const isIt = (seen: RobotSeen | null) => seen?.createdAtMs === robot.createdAtMs && seen.username === username;
  const before = { type: "read-robot", id } as const;
  const lookingBefore = ask(state, [before]);
  if (lookingBefore) return { is: "asking", decision: lookingBefore };
  const found = answerTo(state, before)?.robot;
  if (found === undefined) return { is: "waiting" };
  // By id alone another's robot could be written to (a registry restored from a backup).
  if (!isIt(found)) return gone;
  const { ledgerId } = state.ledger;
  const { lifeDays } = renewedLife(robot.createdAtMs, next.madeOf.durationDays, at);
  const renew = { type: "renew", id, username, generation, attempt, ledgerId, lifeDays } as const;
  const refresh = { type: "refresh", id, versionId } as const;
  for (const effect of [renew, refresh]) {
    const asking = ask(state, [effect]);
    if (asking) return { is: "asking", decision: asking };
    const how = written(state, effect);
    if (how === "unknown") return { is: "waiting" };
    if (how === "refused") return { is: "given-up", code: "refresh-failed", text: failureOf(state, effect).text };
  }
  const look = { type: "read-robot", id, renewed: true } as const;
  const looking = ask(state, [look]);
  if (looking) return { is: "asking", decision: looking };
  const seen = answerTo(state, look)?.robot;
  if (seen === undefined) return { is: "waiting" };
  if (seen === null || !isIt(seen)) return gone;
  const { credential } = state.settings;
  const stands = !seen.disabled && seen.description === robotDescription({ ledgerId, credential, generation, attempt });
  // Somebody else's PUT came in between: the next tick does it again.
  return stands ? { is: "done", expiresAtMs: seen.expiresAtMs } : { is: "waiting" };
}

/**
 * What ends a replaced generation of a fixed robot, in the place of a deletion: a secret that nobody keeps. Then the
 * old one must be refused, and once more a while later. Undefined: nothing to do now; `out`: it is over.
 */
export function throwAway(state: LedgerState, record: Replaced, at: Instant): Decision | "out" | undefined {
  const { current, replaced } = state.ledger;
  const withTime = (thrownAwayAt: Instant | undefined, why: string): Decision => ({
    do: "save",
    ledger: {
      ...state.ledger,
      replaced: replaced.map((other) => (other === record ? { ...record, thrownAwayAt } : other)),
    },
    why,
  });
  const refresh = { type: "refresh", id: record.robot.id, versionId: null } as const;
  if (record.thrownAwayAt === undefined) {
    const asking = ask(state, [refresh]);
    if (asking) return asking;
    if (written(state, refresh) !== "yes") return undefined;
    return withTime(at, `the secret of generation ${record.generation} is thrown away`);
  }
  if (isNotedAhead(record.thrownAwayAt, at))
    return withTime(at, `the clock that noted the end of generation ${record.generation}'s secret was ahead`);
  const [versionId] = record.versionIds;
  if (versionId === undefined) return mayVerifyAgain(record.thrownAwayAt, at) ? "out" : undefined;
  const read = { type: "read-version", versionId } as const;
  const reading = ask(state, [read]);
  if (reading) return reading;
  const trace = answerTo(state, read)?.trace;
  // Where the store does not give it back any more, nobody can try it.
  if (trace === null || replyTo(state, read)?.ok === false) {
    const isGone = trace === null || failureOf(state, read).kind === "not-found";
    return isGone && mayVerifyAgain(record.thrownAwayAt, at) ? "out" : undefined;
  }
  const login = { type: "prove", versionId, purpose: "out" } as const;
  const proving = ask(state, [login]);
  if (proving) return proving;
  const verdict = answerTo(state, login)?.verdict;
  // Seen before it was thrown away in this very tick: the next one looks again.
  if (verdict === "accepted" && replyTo(state, refresh) !== undefined) return undefined;
  // In place the robot goes on as another generation's, whose secret the watch puts in again.
  const goesOn = [current, ...replaced].some((one) => one && one !== record && one.robot.id === record.robot.id);
  if (verdict === "accepted" && goesOn) return undefined;
  if (verdict === "accepted")
    return withTime(undefined, `the old secret of generation ${record.generation} was written back by somebody else`);
  if (verdict !== "refused") return undefined;
  return mayVerifyAgain(record.thrownAwayAt, at) ? "out" : undefined;
}

/**
 * The current generation is refused, and its robot is there and well: its secret was written over, by somebody else
 * or by a late write of ours. It is put in again, from the home store.
 */
export const repairCurrent: Rule = (state, at) => {
  const { current, next } = state.ledger;
  if (current === null || next?.state === "staged") return undefined;
  const robot = answerTo(state, { type: "read-robot", id: current.robot.id })?.robot;
  if (!robot || robot.createdAtMs !== current.robot.createdAtMs || robot.disabled) return undefined;
  // Somebody else has claimed it: a rotation gets away from it.
  if (markOf(state, robot) === null) return undefined;
  const ready = confirmed(state, current.robot, at);
  if (ready === "no") return undefined;
  if (ready !== "yes") return ready;
  const versionId = versionOf(current);
  const refresh = { type: "refresh", id: current.robot.id, versionId } as const;
  const asking = ask(state, [refresh]);
  if (asking) return asking;
  if (written(state, refresh) !== "yes") return undefined;
  return ask(state, [{ type: "prove", versionId, purpose: "repaired" }]);
};

/** Was it put in again in this tick, and is it accepted? */
export function isRepaired(state: LedgerState): boolean {
  const { current } = state.ledger;
  if (current === null) return false;
  const login = { type: "prove", versionId: versionOf(current), purpose: "repaired" } as const;
  return answerTo(state, login)?.verdict === "accepted";
}
