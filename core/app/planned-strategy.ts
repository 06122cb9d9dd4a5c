import type { CredentialConfig } from "../config/complete.ts";
import type { HomeLedger, Strategy } from "../protocol/state.ts";

/** What a plan tells of the strategy of the next generation. */
export interface PlannedStrategy {
  readonly strategy: Strategy;
  /** `in-place`: how long pulls are to be expected to fail, in words; null: no pull fails. */
  readonly expectedWindow: string | null;
}

/** The last window that was measured is the best guess; without one the runs of the sites' schedules are. */
export function plannedStrategy(credential: CredentialConfig, ledger: HomeLedger | null): PlannedStrategy {
  const { strategy, distributionMaxMs } = credential;
  if (strategy !== "in-place") return { strategy, expectedWindow: null };
  const seconds = (ms: number) => `${Math.ceil(ms / 1000)} s`;
  const guess =
    ledger?.windowMs === undefined
      ? "until the next run of every site's runner"
      : `about ${seconds(ledger.windowMs)}, as the last time`;
  return { strategy, expectedWindow: `${guess}; meant to be at most ${seconds(distributionMaxMs)} (distributionMax)` };
}
