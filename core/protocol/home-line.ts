import { registryMs } from "./clocks.ts";
import type { HomeEffect } from "./effects.ts";
import { isFixed, isNotedAhead, isRefreshedOver, mayVerifyAgain, renewedLife } from "./fixed.ts";
import { refreshStaged } from "./home-refresh.ts";
import { placeFor, robotIn, takenProblem } from "./home-slots.ts";
import { answerTo, ask, type Decision, failureOf, type LedgerState, type Problem, type Rule } from "./home-state.ts";
import { versionOf } from "./home-watch.ts";
import { promote } from "./promote.ts";
import {
  abandonedKeptMax,
  type HomeLedger,
  type Instant,
  type MadeOf,
  type NextGeneration,
  type Replaced,
} from "./state.ts";

export function sameMadeOf(a: MadeOf, b: MadeOf): boolean {
  return (
    a.registry === b.registry &&
    a.strategy === b.strategy &&
    a.level === b.level &&
    a.durationDays === b.durationDays &&
    a.rights === b.rights
  );
}

export function abandon(state: LedgerState, next: NextGeneration, at: Instant, code: string, text: string): Decision {
  const { ledger } = state;
  const attempt = { generation: next.generation, attempt: next.attempt, atMs: at.localMs };
  // A roll back minted nothing: naming its attempt as given up would be harmless, but untrue.
  const abandoned = next.rollBack ? ledger.abandoned : [...ledger.abandoned, attempt].slice(-abandonedKeptMax);
  // What a rebuild wanted back is not to be had: its value is none, and it is not tried again.
  const isUseless = next.reason === "rebuilt" && next.rollBack && code !== "stage-failed" && code !== "epoch-passed";
  const replaced = isUseless
    ? ledger.replaced.map((one) => (one.generation === next.generation ? { ...one, versionIds: [] } : one))
    : ledger.replaced;
  const problem: Problem = {
    code,
    text: `${next.rollBack ? "roll back" : "attempt"} ${next.attempt} of generation ${next.generation} given up: ${text}`,
    blocks: false,
  };
  return {
    do: "save",
    ledger: { ...ledger, next: null, abandoned, replaced },
    why: problem.text,
    patch: { problems: [...state.problems, problem] },
  };
}

/** Takes the line one step on: minting → staged → proven → promotion. */
export const advanceLine: Rule = (state, at) => {
  const { ledger, settings } = state;
  const { next } = ledger;
  if (!next) return undefined;
  if (!next.rollBack && !sameMadeOf(next.madeOf, settings.madeOf))
    return abandon(state, next, at, "configuration-changed", "the configuration says otherwise now");
  const older = comingBack(ledger, next);
  if (next.rollBack && older === undefined)
    return abandon(state, next, at, "roll-back-refused", "that generation is no longer to be had");
  if (next.state === "minting")
    return older === undefined ? mintAndStage(state, next, at) : stageRollBack(state, next, older, at);
  if (next.epoch !== ledger.epoch + 1)
    return abandon(state, next, at, "epoch-passed", `staged for epoch ${next.epoch}, the ledger is at ${ledger.epoch}`);
  return next.state === "staged" ? readBack(state, next, at) : proveAndPromote(state, next, at);
};

function mintAndStage(state: LedgerState, next: NextGeneration, at: Instant): Decision | undefined {
  const { ledger } = state;
  const { generation, attempt } = next;
  // Its secret was in the memory of another tick: nobody has it, or ever will.
  if (state.ownAttempt !== attempt) return abandon(state, next, at, "attempt-lost", "the tick that began it is gone");
  if (isFixed(next.madeOf)) return takeAndStage(state, next, at);
  const minting = { type: "mint", generation, attempt, ledgerId: ledger.ledgerId } as const;
  const asking = ask(state, [minting]);
  if (asking) return asking;
  const robot = answerTo(state, minting);
  if (robot === undefined) return abandon(state, next, at, "mint-failed", failureOf(state, minting).text);
  return stage(state, next, at, { fromVersionId: null, robot });
}

/** The idle robot (made where it is missing) and a secret of our own, which goes to the store before it goes to Harbor. */
function takeAndStage(state: LedgerState, next: NextGeneration, at: Instant): Decision | undefined {
  const { generation, attempt } = next;
  const place = placeFor(state, next.reason, at);
  if (typeof place === "string") return abandon(state, next, at, "robot-in-use", place);
  const { slot, taken } = place;
  const minting = { type: "mint", generation, attempt, ledgerId: state.ledger.ledgerId, slot } as const;
  let robot = robotIn(state, slot) ?? answerTo(state, minting);
  if (robot === undefined) {
    const asking = ask(state, [minting]);
    if (asking) return asking;
    robot = answerTo(state, minting);
    if (robot === undefined) return abandon(state, next, at, "mint-failed", failureOf(state, minting).text);
  }
  const { id, username, createdAtMs } = robot;
  const { expiresAtMs } = renewedLife(createdAtMs, next.madeOf.durationDays, at);
  const from = { fromVersionId: null, drawn: true, robot: { id, username, createdAtMs, expiresAtMs } } as const;
  return stage(state, next, at, from, taken);
}

/** What a roll back goes to; undefined: none is under way, or it was retired, revoked or is gone meanwhile. */
function comingBack(ledger: HomeLedger, next: NextGeneration): Replaced | undefined {
  return ledger.replaced.find(
    (record) =>
      record.generation === next.generation &&
      record.state !== "retiring" &&
      !record.revoked &&
      !isRefreshedOver(record),
  );
}

function stageRollBack(state: LedgerState, next: NextGeneration, older: Replaced, at: Instant): Decision | undefined {
  const versionId = versionOf(older);
  const read = { type: "read-version", versionId } as const;
  const reading = ask(state, [read]);
  if (reading) return reading;
  const seen = answerTo(state, read);
  if (seen === undefined && failureOf(state, read).kind !== "not-found") return undefined;
  if (seen?.trace == null) return abandon(state, next, at, "roll-back-refused", "its value is gone from the store");
  const proving = ask(state, [{ type: "prove", versionId, purpose: "next" }]);
  if (proving) return proving;
  const verdict = answerTo(state, { type: "prove", versionId, purpose: "next" })?.verdict;
  if (verdict === "refused" || verdict === "no-right")
    return abandon(state, next, at, "roll-back-refused", `the registry says ${verdict} to it`);
  if (verdict !== "accepted") return undefined;
  return stage(state, next, at, { fromVersionId: versionId, robot: older.robot });
}

function stage(
  state: LedgerState,
  next: NextGeneration,
  at: Instant,
  from: Pick<Extract<HomeEffect, { type: "stage" }>, "fromVersionId" | "drawn" | "robot">,
  taken: Replaced | null = null,
): Decision | undefined {
  const { ledger } = state;
  const epoch = ledger.epoch + 1;
  const staging = {
    type: "stage",
    attempt: next.attempt,
    ledgerId: ledger.ledgerId,
    epoch,
    generation: next.generation,
    ...from,
  } as const;
  const asking = ask(state, [staging]);
  if (asking) return asking;
  const staged = answerTo(state, staging);
  if (staged === undefined) return abandon(state, next, at, "stage-failed", failureOf(state, staging).text);
  const { versionId, hash } = staged;
  // The next write is that of the robot in use: what follows this save may already find it dead.
  const window = next.madeOf.strategy === "in-place" ? { windowFrom: at } : {};
  return {
    do: "save",
    ledger: {
      ...ledger,
      next: { ...next, state: "staged", epoch, robot: from.robot, versionId, hash, ...window },
      // From now on the robot may be given the new secret, and the old one is dead by it.
      replaced: taken === null ? ledger.replaced : ledger.replaced.filter((record) => record !== taken),
    },
    why: taken === null ? "staged" : `staged, robot ${from.robot.username} taken from generation ${taken.generation}`,
    ...(taken === null ? {} : { patch: { problems: [...state.problems, takenProblem(state, taken)] } }),
  };
}

type Staged = Extract<NextGeneration, { state: "staged" | "proven" }>;

/** By version id, never "whatever is pending". */
function readBack(state: LedgerState, next: Staged, at: Instant): Decision | undefined {
  const read = { type: "read-version", versionId: next.versionId } as const;
  const reading = ask(state, [read]);
  if (reading) return reading;
  const seen = answerTo(state, read);
  if (seen === undefined && failureOf(state, read).kind !== "not-found") return undefined;
  const trace = seen?.trace;
  const alike =
    trace != null &&
    trace.hash === next.hash &&
    trace.epoch === next.epoch &&
    trace.generation === next.generation &&
    trace.username === next.robot.username;
  if (!alike) return abandon(state, next, at, "read-back-differs", "the store does not give back what was put in");
  if (isFixed(next.madeOf) && !next.rollBack) return refreshed(state, next, at);
  return { do: "save", ledger: { ...state.ledger, next: { ...next, state: "proven" } }, why: "read back alike" };
}

function refreshed(state: LedgerState, next: Staged, at: Instant): Decision | undefined {
  const how = refreshStaged(state, next, at);
  if (how.is === "asking") return how.decision;
  if (how.is === "waiting") return undefined;
  if (how.is === "given-up") return abandon(state, next, at, how.code, how.text);
  const robot = { ...next.robot, expiresAtMs: how.expiresAtMs };
  const ledger = { ...state.ledger, next: { ...next, state: "proven", robot, refreshedAt: at } as const };
  return { do: "save", ledger, why: `robot ${robot.username} has the secret of generation ${next.generation}` };
}

function proveAndPromote(state: LedgerState, next: Staged, at: Instant): Decision | undefined {
  const { versionId } = next;
  const { limits } = state.settings;
  const read = { type: "read-version", versionId } as const;
  const reading = ask(state, [read]);
  if (reading) return reading;
  const seen = answerTo(state, read);
  if (seen === undefined && failureOf(state, read).kind !== "not-found") return undefined;
  if (seen?.trace == null) return abandon(state, next, at, "read-back-differs", "its value is gone from the store");
  if (next.robot.expiresAtMs !== null && next.robot.expiresAtMs - registryMs(at) < limits.lifeLeftMinMs) {
    return abandon(state, next, at, "too-old", "too little of its life is left");
  }
  for (const purpose of ["next", "last"] as const) {
    // An overlapping write of somebody else's may still bring back the old secret (harbor.md §1.4).
    // In place nothing is gained by waiting: the old one is dead, and the watch goes on looking.
    const mayWait = next.madeOf.strategy !== "in-place";
    const since = mayWait && purpose === "last" ? next.refreshedAt : undefined;
    if (since && isNotedAhead(since, at)) {
      const ledger = { ...state.ledger, next: { ...next, refreshedAt: at } };
      return { do: "save", ledger, why: "the clock that noted the refresh was ahead" };
    }
    if (since && !mayVerifyAgain(since, at)) return undefined;
    const proving = ask(state, [{ type: "prove", versionId, purpose }]);
    if (proving) return proving;
    const verdict = answerTo(state, { type: "prove", versionId, purpose })?.verdict;
    if (verdict === "refused" || verdict === "no-right")
      return abandon(state, next, at, "proof-failed", `the registry says ${verdict}`);
    if (verdict !== "accepted") return undefined;
  }
  return {
    do: "save",
    ledger: promote(state.ledger, next, at),
    why: `generation ${next.generation} promoted, epoch ${next.epoch}`,
    // The due dates read with the ledger were the old one's.
    patch: { due: null },
  };
}
