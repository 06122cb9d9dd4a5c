import type { CredentialConfig } from "../config/complete.ts";
import type { StrategyChoice, StrategyOption } from "../engine/choose-strategy.ts";
import type { HomeLedger, Strategy } from "../protocol/state.ts";

/** What a plan tells of the strategy of the next generation. */
export interface PlannedStrategy {
  readonly configured: Strategy | "auto";
  /** Of the attempt under way, else of the next one; null: none can be. */
  readonly strategy: Strategy | null;
  /** `auto`: why it was chosen, or why none can be. */
  readonly why: string | null;
  /** `auto`: what each would need, and what is missing; empty: the rights were not looked at, or the file names one. */
  readonly options: readonly StrategyOption[];
  /** `in-place`: how long pulls are to be expected to fail, in words; null: no pull fails. */
  readonly expectedWindow: string | null;
}

export function plannedStrategy(
  credential: CredentialConfig,
  ledger: HomeLedger | null,
  choice: StrategyChoice | null,
): PlannedStrategy {
  const { strategy: configured } = credential;
  const named = configured === "auto" ? null : configured;
  const strategy = choice === null ? named : (choice.underWay ?? choice.strategy);
  const expectedWindow = strategy === "in-place" ? windowOf(credential, ledger) : null;
  return { configured, strategy, why: choice?.why ?? null, options: choice?.options ?? [], expectedWindow };
}

/** The last window that was measured is the best guess; without one the runs of the sites' schedules are. */
function windowOf({ distributionMaxMs }: CredentialConfig, ledger: HomeLedger | null): string {
  const seconds = (ms: number) => `${Math.ceil(ms / 1000)} s`;
  const guess =
    ledger?.windowMs === undefined
      ? "until the next run of every site's runner"
      : `about ${seconds(ledger.windowMs)}, as the last time`;
  return `${guess}; meant to be at most ${seconds(distributionMaxMs)} (distributionMax)`;
}
