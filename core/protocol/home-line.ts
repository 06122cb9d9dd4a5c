import { fastestMs, registryMs } from "./clocks.ts";
import {
  answerTo,
  ask,
  type Decision,
  failureOf,
  type LedgerState,
  type Problem,
  type Rule,
  replyTo,
} from "./home-state.ts";
import { urgentReason, versionOf } from "./home-watch.ts";
import { promote } from "./promote.ts";
import { backoffMs } from "./settings.ts";
import {
  abandonedKeptMax,
  type HomeLedger,
  type Instant,
  type MadeOf,
  type NextGeneration,
  type Replaced,
  type RotationReason,
} from "./state.ts";

const hourMs = 3_600_000;

export function sameMadeOf(a: MadeOf, b: MadeOf): boolean {
  return (
    a.registry === b.registry &&
    a.strategy === b.strategy &&
    a.level === b.level &&
    a.durationDays === b.durationDays &&
    a.rights === b.rights
  );
}

/** Why a rotation is to begin now; null: it is not. */
export function reasonToRotate(state: LedgerState, at: Instant): RotationReason | null {
  const { ledger, due } = state;
  if (ledger.current === null) return ledger.rebuiltAtMs === null ? "first" : "rebuilt";
  const urgent = urgentReason(state, at);
  if (urgent !== null) return urgent;
  if (ledger.askedSinceMs !== null) return "manual";
  if (due === null) return null;
  const nowMs = fastestMs(at);
  if (due.expiryMs !== null && nowMs >= due.expiryMs) return "expiry";
  const scheduled = due.scheduleMs !== null && nowMs >= due.scheduleMs;
  return scheduled && ledger.holdSinceMs === null ? "schedule" : null;
}

/** When the next attempt may be made: growing pauses, and no more than so many in an hour. */
export function attemptAllowedAtMs(state: LedgerState, nowMs: number): number {
  const { ledger } = state;
  const { limits } = state.settings;
  // Attempts noted by a clock that was far ahead must not stop rotations until that day.
  const lastHour = ledger.abandoned.filter((attempt) => Math.abs(nowMs - attempt.atMs) < hourMs);
  const [first] = lastHour;
  if (first === undefined) return nowMs;
  if (lastHour.length >= limits.attemptsPerHourMax) return first.atMs + hourMs;
  const last = lastHour.at(-1) ?? first;
  const sincePromotion = lastHour.filter((attempt) => attempt.generation > ledger.promotedMax).length;
  return last.atMs + backoffMs(sincePromotion, limits.attemptBackoffMs, limits.attemptBackoffMaxMs);
}

/** What keeps a wanted rotation from beginning; null: nothing. */
export function startBlockedBy(state: LedgerState, at: Instant): Problem | null {
  const { ledger, settings } = state;
  const problem = (code: string, text: string, blocks = false): Problem => ({ code, text, blocks });
  if (ledger.current && ledger.current.madeOf.registry !== settings.madeOf.registry) {
    return problem(
      "registry-changed",
      `generation ${ledger.current.generation} lives at registry ${ledger.current.madeOf.registry}: give the credential for ${settings.madeOf.registry} a name of its own`,
      true,
    );
  }
  // Without a current generation nothing may wait: the limit is for those that pile up beside one. What cannot wait
  // either, an expiry above all, may go on to twice the limit.
  const reason = reasonToRotate(state, at);
  const mayWait = reason === "schedule" || reason === "manual";
  if (ledger.current !== null && ledger.replaced.length >= settings.limits.replacedMax * (mayWait ? 1 : 2)) {
    return problem(
      "too-many-replaced",
      `${ledger.replaced.length} replaced generations are not gone yet: see what holds them`,
      true,
    );
  }
  const allowedMs = attemptAllowedAtMs(state, at.localMs);
  if (allowedMs > at.localMs)
    return problem("attempts-paused", `attempts failed; the next one may begin at ${allowedMs} ms`);
  if (answerTo(state, { type: "read-store", site: settings.home }) === undefined)
    return problem("store-unreadable", "the home store cannot be read: a new secret could not be kept");
  if (answerTo(state, { type: "list-robots" }) === undefined)
    return problem("registry-unreadable", "the registry cannot list robots: nothing is minted");
  const whoami = replyTo(state, { type: "whoami" });
  if (whoami?.ok === false)
    return problem(
      "issuer-refused",
      `the issuer cannot log in: ${whoami.failure.text}`,
      whoami.failure.kind === "denied",
    );
  if (whoami?.ok && whoami.value.readOnly) return problem("registry-read-only", "the registry is in read-only mode");
  return null;
}

export const startRotation: Rule = (state, at) => {
  const { ledger, settings } = state;
  if (ledger.next !== null || state.ownAttempt !== null) return undefined;
  const reason = reasonToRotate(state, at);
  if (reason === null) return undefined;
  const asking = ask(state, [{ type: "whoami" }]);
  if (asking) return asking;
  if (startBlockedBy(state, at) !== null) return undefined;
  const generation = ledger.promotedMax + 1;
  const next: NextGeneration = {
    state: "minting",
    generation,
    attempt: settings.draws.attempt,
    startedAtMs: at.localMs,
    reason,
    madeOf: settings.madeOf,
    rollBack: false,
  };
  return {
    do: "save",
    ledger: { ...ledger, next, generationMax: Math.max(ledger.generationMax, generation) },
    why: `generation ${generation} begun (${reason})`,
    // Whatever the reason: the operator's wish for a new generation is being met.
    patch: { ownAttempt: settings.draws.attempt },
  };
};

export function abandon(state: LedgerState, next: NextGeneration, at: Instant, code: string, text: string): Decision {
  const { ledger } = state;
  const attempt = { generation: next.generation, attempt: next.attempt, atMs: at.localMs };
  // A roll back minted nothing: naming its attempt as given up would be harmless, but untrue.
  const abandoned = next.rollBack ? ledger.abandoned : [...ledger.abandoned, attempt].slice(-abandonedKeptMax);
  const problem: Problem = {
    code,
    text: `${next.rollBack ? "roll back" : "attempt"} ${next.attempt} of generation ${next.generation} given up: ${text}`,
    blocks: false,
  };
  return {
    do: "save",
    ledger: { ...ledger, next: null, abandoned },
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
  const minting = { type: "mint", generation, attempt, ledgerId: ledger.ledgerId } as const;
  const asking = ask(state, [minting]);
  if (asking) return asking;
  const robot = answerTo(state, minting);
  if (robot === undefined) return abandon(state, next, at, "mint-failed", failureOf(state, minting).text);
  return stage(state, next, at, { fromVersionId: null, robot });
}

/** What a roll back goes to; undefined: none is under way, or it was retired, revoked or is gone meanwhile. */
function comingBack(ledger: HomeLedger, next: NextGeneration): Replaced | undefined {
  return ledger.replaced.find(
    (record) => record.generation === next.generation && record.state !== "retiring" && !record.revoked,
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
  from: { readonly fromVersionId: string | null; readonly robot: NonNullable<HomeLedger["current"]>["robot"] },
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
  return {
    do: "save",
    ledger: { ...ledger, next: { ...next, state: "staged", epoch, robot: from.robot, versionId, hash } },
    why: "staged",
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
  return { do: "save", ledger: { ...state.ledger, next: { ...next, state: "proven" } }, why: "read back alike" };
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
