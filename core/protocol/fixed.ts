import { elapsedMs, registryMs } from "./clocks.ts";
import { slotOfName } from "./mark.ts";
import type { Generation, Instant, MadeOf, Replaced, RotationReason } from "./state.ts";

/** A refreshed secret is proved at once, and once more after this: an overlapping write may undo it (harbor.md §1.4). */
export const verifyAgainMs = 10_000;

const dayMs = 86_400_000;

/** Robots of fixed names: their secrets are refreshed, and they are never deleted. */
export function isFixed(madeOf: Pick<MadeOf, "strategy">): boolean {
  return madeOf.strategy !== "generations";
}

/** What cannot wait until an idle robot's generation is gone. */
export function mayTake(reason: RotationReason | "roll-back"): boolean {
  return reason !== "schedule" && reason !== "manual" && reason !== "roll-back" && reason !== "changed";
}

/** Its secret is dead, and its robot lives on with the next generation's. */
export function isRefreshedOver(record: Replaced): boolean {
  return record.thrownAwayAt !== undefined && record.madeOf.strategy === "in-place";
}

export function inSlot(credential: string, generation: Pick<Generation, "robot">): boolean {
  return slotOfName(credential, generation.robot.username) !== null;
}

/**
 * A robot's life in days, as Harbor counts it: from its creation, so that so many whole days are left
 * (harbor.md §1.5); and the end of it.
 */
export function renewedLife(
  createdAtMs: number,
  durationDays: number,
  at: Instant,
): { readonly lifeDays: number; readonly expiresAtMs: number } {
  const lifeDays = Math.max(0, Math.ceil((registryMs(at) - createdAtMs) / dayMs)) + durationDays;
  return { lifeDays, expiresAtMs: Math.floor(createdAtMs / 1000) * 1000 + lifeDays * dayMs };
}

/** By the slowest clock. */
export function mayVerifyAgain(since: Instant, at: Instant): boolean {
  return elapsedMs(since, at) >= verifyAgainMs;
}

/** Noted by a clock that was ahead: its time would come never, or too early. It begins again, the careful side. */
export function isNotedAhead(since: Instant, at: Instant): boolean {
  return elapsedMs(since, at) < -verifyAgainMs;
}

export function verifyLeftMs(since: Instant, at: Instant): number {
  return isNotedAhead(since, at) ? verifyAgainMs : verifyAgainMs - elapsedMs(since, at);
}
