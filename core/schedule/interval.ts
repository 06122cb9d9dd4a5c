import { stableFraction } from "./jitter.ts";
import type { IntervalRule, RuleDue, Turn } from "./rules.ts";
import { formatSpan } from "./span.ts";

/** Jitter only makes it earlier: `everyMs` stays the promise. */
export function dueByInterval(rule: IntervalRule, turn: Turn): RuleDue {
  const earlierMs = Math.floor(rule.everyMs * rule.jitterShare * stableFraction(turn.credential, turn.generation));
  const early = earlierMs === 0 ? "" : `, ${formatSpan(earlierMs)} early by jitter`;
  return {
    dueMs: turn.promotedAtMs + rule.everyMs - earlierMs,
    why: `${formatSpan(rule.everyMs)} after promotion${early}`,
  };
}
