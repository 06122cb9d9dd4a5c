import type { NeededRight } from "../ports/issuer.ts";
import { instantAt, registryMs } from "../protocol/clocks.ts";
import { isFixed, renewedLife } from "../protocol/fixed.ts";
import { markOf } from "../protocol/home-judge.ts";
import { placeFor } from "../protocol/home-slots.ts";
import { type HomeState, hasLedger, type LedgerState, type Problem, robotsSeen } from "../protocol/home-state.ts";
import type { Strategy } from "../protocol/state.ts";
import { formatTime } from "../schedule/time.ts";

/** The life that a rotation gives a robot by a PUT: a refresh of its secret does not extend it (harbor.md §1.4, §1.5). */
export interface LifeExtension {
  /** When that rotation begins, by what is known now. */
  readonly fromMs: number;
  /** Whole days from the robot's creation, as the registry counts them. */
  readonly lifeDays: number;
  readonly endsAtMs: number;
}

/** A robot of a fixed name, which lives on from one rotation to the next. */
export interface KeptRobot {
  readonly username: string;
  readonly isInUse: boolean;
  readonly isDisabled: boolean;
  /** null: it never ends. */
  readonly endsAtMs: number | null;
  /** By the next rotation; null: that one is of the other robot. */
  readonly extension: LifeExtension | null;
}

/** Its date, or now where it is due or nothing asks for one. */
function nextRotationMs({ ledger, due }: LedgerState, nowMs: number): number {
  const scheduleMs = ledger.holdSinceMs === null ? (due?.scheduleMs ?? null) : null;
  const dates = [scheduleMs, due?.expiryMs ?? null].filter((ms) => ms !== null);
  return Math.max(nowMs, dates.length === 0 ? nowMs : Math.min(...dates));
}

/** The fixed robots as they are listed, and what the next rotation makes of their lives; empty: it keeps none. */
export function keptRobots(state: HomeState, strategy: Strategy | null, localMs: number): readonly KeptRobot[] {
  if (strategy === null || !isFixed({ strategy }) || !hasLedger(state)) return [];
  const { ledger, settings } = state;
  const now = instantAt(localMs, state.offsets);
  const fromMs = nextRotationMs(state, registryMs(now));
  // Whatever it has to wait for: by a reason that waits for nothing.
  const next = placeFor(state, "expiry", now);
  return robotsSeen(state).flatMap((robot): readonly KeptRobot[] => {
    const slot = markOf(state, robot)?.slot;
    if (!slot) return [];
    const { id, username, disabled: isDisabled, expiresAtMs: endsAtMs } = robot;
    const at = { localMs: fromMs, registryMs: fromMs, ledgerMs: null };
    const life = renewedLife(robot.createdAtMs, settings.madeOf.durationDays, at);
    const extension =
      typeof next !== "string" && slot === next.slot
        ? { fromMs, lifeDays: life.lifeDays, endsAtMs: life.expiresAtMs }
        : null;
    return [{ username, isInUse: ledger.current?.robot.id === id, isDisabled, endsAtMs, extension }];
  });
}

/**
 * Kept robots whose end stands in the way of the next rotations. `neededMs`: what a rotation takes until the robot before
 * is needed no more; `missing`: rights that the issuer was seen to lack.
 */
export function lifeProblems(
  robots: readonly KeptRobot[],
  missing: readonly NeededRight[],
  neededMs: number,
  nowMs: number,
): readonly Problem[] {
  const lacking = missing.find(({ action }) => action === "update");
  return robots.flatMap(({ username, isInUse, endsAtMs }): readonly Problem[] => {
    if (!isInUse || endsAtMs === null) return [];
    if (lacking !== undefined) {
      const why = lacking.why === undefined ? "" : ` (${lacking.why})`;
      const text = `nothing extends the life of ${username}: the issuer lacks ${lacking.right}${why}. It ends at ${formatTime(endsAtMs)}, and every pull with it fails from then on`;
      return [{ code: "life-not-extended", text, blocks: true }];
    }
    if (endsAtMs - nowMs >= neededMs) return [];
    const text = `${username} ends at ${formatTime(endsAtMs)}, before a rotation that begins now is through: its life was cut short, or rotations do not come through. See what is in the way`;
    return [{ code: "life-short", text, blocks: false }];
  });
}
