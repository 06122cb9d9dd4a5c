import type { SiteSettings } from "../protocol/site-effects.ts";
import { effectInFlight, type SiteState, startSite } from "../protocol/site-run.ts";
import { type SiteStep, siteStep } from "../protocol/site-step.ts";
import type { CallReply } from "./calls.ts";
import type { SiteContext } from "./context.ts";
import type { Advance } from "./home-runner.ts";
import { type SiteVault, siteCall } from "./site-calls.ts";
import { siteAnswer } from "./site-replies.ts";

/** A site tick between two calls outside, as a plain immutable value (see `home-runner.ts`). */
export interface SiteRunner {
  readonly kind: "site";
  readonly context: SiteContext;
  readonly state: SiteState;
  readonly vault: SiteVault;
}

export function startSiteRunner(context: SiteContext, settings: SiteSettings, nowMs: number): Advance<SiteRunner> {
  const runner: SiteRunner = {
    kind: "site",
    context,
    state: startSite(settings, nowMs),
    vault: { value: null, copies: {} },
  };
  return withStep(runner, siteStep(runner.state, { type: "go" }, nowMs));
}

export function advanceSite(before: SiteRunner, id: string, reply: CallReply, nowMs: number): Advance<SiteRunner> {
  const effect = effectInFlight(before.state, id);
  if (effect === undefined) throw new Error(`no call ${id} is under way`);
  const answer = siteAnswer(effect, reply, before.context, before.vault);
  return withStep(
    { ...before, vault: answer.vault },
    siteStep(before.state, { type: "reply", effect, reply: answer.reply }, nowMs),
  );
}

function withStep(runner: SiteRunner, step: SiteStep): Advance<SiteRunner> {
  return {
    runner: { ...runner, state: step.state },
    calls: step.effects.map((effect) => siteCall(effect, runner.context, runner.vault)),
  };
}
