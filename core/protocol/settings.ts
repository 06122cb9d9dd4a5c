import type { Problem } from "./home-state.ts";
import type { MadeOf } from "./state.ts";

/** Every limit and wait of a rotation; what configuration gives, in milliseconds and counts. */
export interface RotationLimits {
  /** max(overlap, longest pull with its queue, slowest pull-mode refresh). */
  readonly drainMs: number;
  readonly leaseMs: number;
  /** When to look again while something outside is waited for. */
  readonly pollMs: number;
  readonly attemptsPerHourMax: number;
  readonly attemptBackoffMs: number;
  readonly attemptBackoffMaxMs: number;
  readonly replacedMax: number;
  readonly refusedCountMin: number;
  readonly refusedSpanMs: number;
  readonly emergencyGapMs: number;
  readonly emergencyGapMaxMs: number;
  readonly canaryWaitMaxMs: number;
  readonly clocksApartMaxMs: number;
  /** Least rest of life that a generation must have to be rolled back to, or promoted. */
  readonly lifeLeftMinMs: number;
  readonly deletionsPerTickMax: number;
  /** How long before a robot's expiry what will fail with it is named. */
  readonly marginMs: number;
}

/**
 * What an operator asked of this tick, beyond what is due anyway. `dedupeId`: the event that asked; the
 * same event twice, in two runners or months apart, is taken once.
 */
export type Act =
  | { readonly type: "rotate"; readonly dedupeId?: string | undefined }
  | { readonly type: "roll-back"; readonly generation: number | null; readonly dedupeId?: string | undefined }
  | { readonly type: "revoke"; readonly generation: number; readonly now: boolean }
  | { readonly type: "start-new" };

export interface HomeSettings {
  readonly credential: string;
  /** Names this runner in the lease. */
  readonly owner: string;
  readonly home: string;
  /** All sites, home among them. */
  readonly sites: readonly string[];
  readonly canarySite: string;
  readonly madeOf: MadeOf;
  /** Why nothing new may be begun, known from outside (no strategy that the issuer's rights allow); absent: it may. */
  readonly startRefused?: Problem | undefined;
  readonly limits: RotationLimits;
  readonly act: Act | null;
  /** After this moment nothing new is begun. */
  readonly deadlineMs: number;
  /** Random texts for this tick, drawn outside: hexadecimal. */
  readonly draws: { readonly ledgerId: string; readonly attempt: string; readonly round: string };
}

/** Growing pauses between attempts: base, twice, four times … up to the maximum. */
export function backoffMs(failures: number, baseMs: number, maxMs: number): number {
  if (failures <= 0) return 0;
  return Math.min(maxMs, baseMs * 2 ** Math.min(failures - 1, 30));
}
