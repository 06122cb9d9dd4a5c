/** Replace a generation at latest `everyMs` after its promotion, earlier by up to `jitterShare` (0–1) of that. */
export interface IntervalRule {
  readonly kind: "interval";
  readonly everyMs: number;
  readonly jitterShare: number;
}

/** One member and one file per kind of rule. */
export type ScheduleRule = IntervalRule;

/** The generation in use, as its ledger tells. */
export interface Turn {
  readonly credential: string;
  readonly generation: number;
  readonly promotedAtMs: number;
}

export interface RuleDue {
  readonly dueMs: number;
  /** For people: `7d after promotion, 14h 2m early by jitter`. */
  readonly why: string;
}
