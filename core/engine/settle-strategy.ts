import type { HomeEffect, HomeReplies, Reply } from "../protocol/effects.ts";
import { answerTo, type HomeState, type Problem } from "../protocol/home-state.ts";
import type { HomeSettings } from "../protocol/settings.ts";
import type { HomeLedger } from "../protocol/state.ts";
import { type AutoStrategy, chooseStrategy, type StrategyChoice, slotsSeen } from "./choose-strategy.ts";
import type { HomeContext } from "./context.ts";

/** The choice as a tick made it, or would; null: the file names the strategy. */
export function choiceOf({ auto, credential }: HomeContext, state: HomeState): StrategyChoice | null {
  return auto === null ? null : chosenBy(auto, credential, state, state.ledger);
}

function chosenBy(auto: AutoStrategy, credential: string, state: HomeState, ledger: HomeLedger | null) {
  const listed = answerTo(state, { type: "list-robots" })?.robots ?? null;
  return chooseStrategy(auto, ledger, slotsSeen(credential, ledger?.ledgerId, listed));
}

/** `blocks`: a person must give a right; what could not be looked at is looked at again by the next tick. */
function refusal(auto: AutoStrategy, { why }: StrategyChoice): Problem {
  if (auto.rights === null) return { code: "rights-unread", text: `strategy auto: ${why}`, blocks: false };
  return { code: "no-strategy", text: `strategy auto: the issuer's rights allow none. ${why}`, blocks: true };
}

/** An attempt under way goes on as it began, whatever the rights are by now; the choice is for the next one. */
function settled(settings: HomeSettings, auto: AutoStrategy, choice: StrategyChoice): HomeSettings {
  const strategy = choice.underWay ?? choice.strategy ?? choice.current ?? settings.madeOf.strategy;
  const startRefused = choice.strategy === null ? refusal(auto, choice) : undefined;
  return { ...settings, madeOf: { ...settings.madeOf, strategy }, startRefused };
}

/**
 * `strategy: auto` in the settings of a tick, before it takes in this reply: worked out anew whenever there is another
 * ledger, so that the line, the records and the robots are always judged by one strategy.
 */
export function settleStrategy(
  state: HomeState,
  { auto, credential }: HomeContext,
  effect: HomeEffect,
  reply: Reply<HomeReplies[HomeEffect["type"]]>,
): HomeState {
  if (auto === null || !reply.ok) return state;
  const isLoad = effect.type === "load-ledger" && effect.before === undefined;
  if (!isLoad && effect.type !== "save") return state;
  const ledger = effect.type === "save" ? effect.ledger : (reply.value as HomeReplies["load-ledger"]).ledger;
  return { ...state, settings: settled(state.settings, auto, chosenBy(auto, credential, state, ledger)) };
}
