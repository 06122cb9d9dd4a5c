import { effectId, type HomeEffect } from "../protocol/effects.ts";
import { type HomeState, startHome } from "../protocol/home-state.ts";
import { type HomeStep, homeStep } from "../protocol/home-step.ts";
import type { HomeSettings } from "../protocol/settings.ts";
import type { CallReply, Wanted } from "./calls.ts";
import type { HomeContext } from "./context.ts";
import { homeCall } from "./home-calls.ts";
import { homeAnswer } from "./home-replies.ts";
import { settleStrategy } from "./settle-strategy.ts";
import { emptyVault, type Vault } from "./vault.ts";

/**
 * A home tick between two calls outside, as a plain immutable value: copying it is keeping it. A
 * synchronous function advances it; `shell.ts` makes the calls and does nothing else.
 */
export interface HomeRunner {
  readonly kind: "home";
  readonly context: HomeContext;
  readonly state: HomeState;
  readonly vault: Vault;
}

export interface Advance<R> {
  readonly runner: R;
  readonly calls: readonly Wanted[];
}

export function startHomeRunner(context: HomeContext, settings: HomeSettings, nowMs: number): Advance<HomeRunner> {
  const runner: HomeRunner = { kind: "home", context, state: startHome(settings, nowMs), vault: emptyVault };
  return withStep(runner, homeStep(runner.state, { type: "go" }, nowMs));
}

/** Takes in the reply to the call of this id. */
export function advanceHome(before: HomeRunner, id: string, reply: CallReply, nowMs: number): Advance<HomeRunner> {
  const effect: HomeEffect | undefined = before.state.inFlight[id];
  if (effect === undefined || effectId(effect) !== id) throw new Error(`no call ${id} is under way`);
  const answer = homeAnswer(effect, reply, before.context, before.vault);
  const state = settleStrategy(before.state, before.context, effect, answer.reply);
  const step = homeStep(state, { type: "reply", effect, reply: answer.reply, serverMs: answer.serverMs }, nowMs);
  return withStep({ ...before, vault: answer.vault }, step);
}

function withStep(runner: HomeRunner, step: HomeStep): Advance<HomeRunner> {
  return {
    runner: { ...runner, state: step.state },
    calls: step.effects.map((effect) => homeCall(effect, runner.context, runner.vault)),
  };
}
