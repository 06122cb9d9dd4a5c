/**
 * The home's ledger: where one credential stands. It is the only thing that a rotation remembers
 * between two ticks; it never holds a secret. Written by compare-and-set alone.
 */
export const ledgerFormat = 1;

/**
 * `generations`: a robot each. `alternating`: two robots of fixed names, whose secrets are refreshed in turn.
 * `in-place`: one robot of a fixed name, refreshed while it is in use; pulls fail until the new secret is served.
 */
export type Strategy = "generations" | "alternating" | "in-place";

/** What a generation is made of; frozen when its minting begins. */
export interface MadeOf {
  readonly registry: string;
  readonly strategy: Strategy;
  readonly level: "system" | "project";
  readonly durationDays: number;
  /** The rights as one canonical text, so that two can be compared. */
  readonly rights: string;
}

export interface RobotRef {
  readonly id: number;
  /** Full name from the registry's answer. */
  readonly username: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
}

/** A promoted generation. */
export interface Generation {
  readonly generation: number;
  readonly attempt: string;
  /** Of its latest promotion; carried by its value and by every mark. */
  readonly epoch: number;
  readonly robot: RobotRef;
  /**
   * In the home store; the one under `epoch` first, older ones (before a roll back) behind. Empty for a
   * robot that a rebuild found: its value is not known, and no roll back leads to it.
   */
  readonly versionIds: readonly string[];
  /** Keyed hash of username and password, by the key inside the value. */
  readonly hash: string;
  readonly madeOf: MadeOf;
  readonly promotedAtMs: number;
  readonly revoked: boolean;
  /** The operator said `revoke --now`: once replaced, nothing is waited for. */
  readonly endNow: boolean;
}

export type RotationReason =
  | "first"
  | "rebuilt"
  | "schedule"
  | "expiry"
  | "manual"
  | "refused"
  | "value-lost"
  | "revoked"
  | "changed";

interface NextBase {
  readonly generation: number;
  readonly attempt: string;
  readonly startedAtMs: number;
  readonly reason: RotationReason | "roll-back";
  readonly madeOf: MadeOf;
  /** Set for a roll back: the generation that comes back; nothing is minted then. */
  readonly rollBack: boolean;
}

/** The line's only occupant. `minting`: the attempt is named, whatever was or was not done of it. */
export type NextGeneration =
  | (NextBase & { readonly state: "minting" })
  | (NextBase & {
      readonly state: "staged" | "proven";
      /** Fixed when the value was staged; promotion demands it to be the ledger's epoch + 1. */
      readonly epoch: number;
      readonly robot: RobotRef;
      readonly versionId: string;
      readonly hash: string;
      /** `proven`, of a fixed robot: when its secret was seen to be the one staged. Proved once more a while later. */
      readonly refreshedAt?: Instant | undefined;
      /** `in-place`: before its secret was first written to the robot, whether an answer came or not. */
      readonly windowFrom?: Instant | undefined;
    });

/** One moment as several clocks had it. */
export interface Instant {
  readonly localMs: number;
  readonly registryMs: number | null;
  readonly ledgerMs: number | null;
}

export type RecordState = "held" | "draining" | "retiring";

export interface Replaced extends Generation {
  readonly state: RecordState;
  readonly replacedAtMs: number;
  /** Start of the drain; null while held. */
  readonly drainFrom: Instant | null;
  /**
   * Of a fixed robot: when its secret was replaced, by one that nobody has or (`in-place`) by the next generation's,
   * which is why it may be set while held. Gone when it is still out a while later.
   */
  readonly thrownAwayAt?: Instant | undefined;
  /** `in-place`: its secret logged in until then at least. */
  readonly windowFrom?: Instant | undefined;
}

export interface AbandonedAttempt {
  readonly generation: number;
  readonly attempt: string;
  readonly atMs: number;
}

/** Fresh eyes: 128 random bits that every site must echo before what drained may be retired. */
export interface Round {
  readonly id: string;
  readonly drawnAtMs: number;
  /** Generations whose drain had ended when it was drawn. */
  readonly generations: readonly number[];
}

export interface HomeLedger {
  readonly format: typeof ledgerFormat;
  readonly ledgerId: string;
  readonly credential: string;
  /** Counts promotions and roll backs; only grows. */
  readonly epoch: number;
  /** Highest generation that a minting was ever named for. */
  readonly generationMax: number;
  /** Highest generation ever promoted; the next one is this + 1, however many attempts it takes. */
  readonly promotedMax: number;
  readonly current: Generation | null;
  readonly next: NextGeneration | null;
  readonly replaced: readonly Replaced[];
  /** Every site whose store was ever to be written, until released. */
  readonly sites: readonly string[];
  /** The last 100. */
  readonly abandoned: readonly AbandonedAttempt[];
  readonly round: Round | null;
  /** An operator asked for a rotation then; kept until a promotion, however many attempts it takes. */
  readonly askedSinceMs: number | null;
  /** When it was last rebuilt from what the world showed; null: never. */
  readonly rebuiltAtMs: number | null;
  /** Dedupe ids of the last 50 events that were taken: each is taken once. */
  readonly takenEvents: readonly string[];
  /** Set by a roll back: scheduled rotations wait. */
  readonly holdSinceMs: number | null;
  /** The current generation was refused; counted until accepted again. */
  readonly refusals: { readonly count: number; readonly firstMs: number; readonly lastMs: number } | null;
  /** Promotions forced by refusals or lost values, in a row; their spacing doubles. */
  readonly emergencies: { readonly count: number; readonly lastMs: number };
  /** `in-place`: from before the last refresh until all were served, as it was measured. */
  readonly windowMs?: number | undefined;
  /** Saves double work; no safety rests on it. */
  readonly lease: { readonly owner: string; readonly untilMs: number } | null;
}

export const abandonedKeptMax = 100;
export const takenEventsKeptMax = 50;

export function newLedger(credential: string, ledgerId: string, sites: readonly string[]): HomeLedger {
  return {
    format: ledgerFormat,
    ledgerId,
    credential,
    epoch: 0,
    generationMax: 0,
    promotedMax: 0,
    current: null,
    next: null,
    replaced: [],
    sites: [...sites],
    abandoned: [],
    round: null,
    askedSinceMs: null,
    rebuiltAtMs: null,
    takenEvents: [],
    holdSinceMs: null,
    refusals: null,
    emergencies: { count: 0, lastMs: 0 },
    lease: null,
  };
}
