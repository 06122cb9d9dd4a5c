import { fastestMs } from "./clocks.ts";
import { isFixed } from "./fixed.ts";
import { nameTaken, placeFor } from "./home-slots.ts";
import { answerTo, ask, type LedgerState, type Problem, type Rule, replyTo } from "./home-state.ts";
import { urgentReason } from "./home-watch.ts";
import { backoffMs } from "./settings.ts";
import type { Instant, NextGeneration, Replaced, RotationReason } from "./state.ts";

const hourMs = 3_600_000;

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
  if (settings.startRefused !== undefined) return settings.startRefused;
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
  if (!isFixed(settings.madeOf) || reason === null || comingBackFrom(state, reason, at) !== null) return null;
  const place = placeFor(state, reason, at);
  if (typeof place === "string") return problem("robot-in-use", place);
  if (nameTaken(state, place.slot))
    return problem("robot-name-taken", `a robot named like ours without our mark stands in slot ${place.slot}`, true);
  return null;
}

/**
 * After a rebuild both fixed robots may be held. What home's store holds is then brought back under an epoch above all
 * seen, by the way of a roll back; the next generation follows when the other robot is idle.
 */
function comingBackFrom(state: LedgerState, reason: RotationReason, at: Instant): Replaced | null {
  if (reason !== "rebuilt" || !isFixed(state.settings.madeOf)) return null;
  const place = placeFor(state, reason, at);
  if (typeof place !== "string" && place.taken === null) return null;
  const known = state.ledger.replaced.filter((record) => record.versionIds.length > 0 && isFixed(record.madeOf));
  return known.sort((a, b) => b.generation - a.generation)[0] ?? null;
}

export const startRotation: Rule = (state, at) => {
  const { ledger, settings } = state;
  if (ledger.next !== null || state.ownAttempt !== null) return undefined;
  const reason = reasonToRotate(state, at);
  if (reason === null) return undefined;
  const asking = ask(state, [{ type: "whoami" }]);
  if (asking) return asking;
  if (startBlockedBy(state, at) !== null) return undefined;
  const back = comingBackFrom(state, reason, at);
  const generation = back?.generation ?? ledger.promotedMax + 1;
  const next: NextGeneration = {
    state: "minting",
    generation,
    attempt: settings.draws.attempt,
    startedAtMs: at.localMs,
    reason,
    madeOf: back?.madeOf ?? settings.madeOf,
    rollBack: back !== null,
  };
  return {
    do: "save",
    ledger: { ...ledger, next, generationMax: Math.max(ledger.generationMax, generation) },
    why: `generation ${generation} begun (${reason})`,
    // Whatever the reason: the operator's wish for a new generation is being met.
    patch: { ownAttempt: settings.draws.attempt },
  };
};
