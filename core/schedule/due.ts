import { dueByInterval } from "./interval.ts";
import type { RuleDue, ScheduleRule, Turn } from "./rules.ts";
import { formatSpan } from "./span.ts";

/** When the rules want the next rotation: the earliest of them; null without a rule. */
export function dueBySchedule(rules: readonly ScheduleRule[], turn: Turn): RuleDue | null {
  let earliest: RuleDue | null = null;
  for (const rule of rules) {
    const due = dueByRule(rule, turn);
    if (earliest === null || due.dueMs < earliest.dueMs) earliest = due;
  }
  return earliest;
}

function dueByRule(rule: ScheduleRule, turn: Turn): RuleDue {
  switch (rule.kind) {
    case "interval":
      return dueByInterval(rule, turn);
  }
}

export interface Expiry {
  /** Of the current robot, as Harbor says it; null: it never expires. */
  readonly expiresAtMs: number | null;
  readonly distributionMaxMs: number;
  readonly drainMs: number;
  readonly marginMs: number;
}

/** The second date of rotation.md: expiry − distribution − drain − margin. Nothing moves it. Null: no expiry. */
export function latestStart(expiry: Expiry): number | null {
  if (expiry.expiresAtMs === null) return null;
  return expiry.expiresAtMs - expiry.distributionMaxMs - expiry.drainMs - expiry.marginMs;
}

export interface Due {
  readonly dueMs: number;
  readonly reason: "schedule" | "expiry";
  readonly why: string;
}

export interface DueRequest extends Turn, Expiry {
  readonly rules: readonly ScheduleRule[];
}

/** The earlier of schedule and second date; null when neither exists. Worked out anew at every tick. */
export function due(request: DueRequest): Due | null {
  const schedule = dueBySchedule(request.rules, request);
  const expiryMs = latestStart(request);
  if (expiryMs !== null && (schedule === null || expiryMs < schedule.dueMs)) {
    const aheadMs = request.distributionMaxMs + request.drainMs + request.marginMs;
    return { dueMs: expiryMs, reason: "expiry", why: `${formatSpan(aheadMs)} before the robot expires` };
  }
  return schedule === null ? null : { ...schedule, reason: "schedule" };
}
