import type { PlannedStrategy } from "../../core/app/planned-strategy.ts";
import type { StrategyOption } from "../../core/engine/choose-strategy.ts";
import { renderHealth, type TableStyle } from "./table.ts";

/** The strategy of the next rotation, where the file names another than the default or lets it be chosen. */
export function strategyLines(planned: PlannedStrategy, style: TableStyle): readonly string[] {
  const { configured, strategy, why, expectedWindow } = planned;
  const window =
    expectedWindow === null ? [] : [`  at the next rotation pulls fail from the refresh on: ${expectedWindow}`];
  if (configured !== "auto") return configured === "generations" ? [] : [`  strategy ${configured}`, ...window];
  if (strategy === null) return [`  ${renderHealth("bad", "strategy: auto finds none", style)}`];
  return [`  strategy ${strategy}, chosen by auto; ${why}`, ...window];
}

/** What each of them would need, for `plan`. */
export function optionLines({ options }: PlannedStrategy): readonly string[] {
  return options.map(
    ({ strategy, needs, against }) => `    ${strategy} needs ${inWords(needs)}: ${against ?? "there"}`,
  );
}

const inWords = (needs: StrategyOption["needs"]): string =>
  needs.map((action) => (action === "hand-out" ? "to hold what it hands out" : `robot:${action}`)).join(", ");
