import { type HomeLook, lookAtHome } from "../../core/app/inspect.ts";
import type { TickInputs } from "../../core/app/settings.ts";
import type { Tools } from "../../core/app/tools.ts";
import type { FailureKind } from "../../core/protocol/effects.ts";
import { effectId, type HomeEffect } from "../../core/protocol/effects.ts";
import type { HomeState } from "../../core/protocol/home-state.ts";
import { type ExitCode, exitCode } from "./exit-codes.ts";
import { codeOfOutcome } from "./verdict.ts";

/** What a look is given: no deadline cuts it short. */
export function lookInputs({ clock, entropy, owners }: Tools): TickInputs {
  return { nowMs: clock.nowMs(), entropy, owner: owners.next, deadlineMs: Number.MAX_SAFE_INTEGER };
}

/** Home as its next tick would find it; changes nothing. */
export function lookHome(tools: Tools, name: string): Promise<HomeLook> {
  return lookAtHome(tools, name, lookInputs(tools));
}

const effectOf = (home: string): Readonly<Record<string, HomeEffect>> => ({
  "ledger-unreadable": { type: "load-ledger" },
  "registry-unreadable": { type: "list-robots" },
  "issuer-refused": { type: "whoami" },
  "store-unreadable": { type: "read-store", site: home },
});

export interface Failed {
  readonly kind: FailureKind;
  /** Safe to print. */
  readonly text: string;
}

/** Why an effect of the look failed; null: it did not, or was not asked for. */
export function failureOf(state: HomeState, effect: HomeEffect): Failed | null {
  const reply = state.replies[effectId(effect)];
  return reply?.ok === false ? reply.failure : null;
}

/** 0 idle, 3 waits, 4 blocked, 69 or 77 where ledger, registry or the home store cannot be reached or deny. */
export function codeOfLook({ state, problems, waits }: HomeLook): ExitCode {
  const effects = effectOf(state.settings.home);
  const end = problems.some(({ code }) => code === "lease-held") ? "busy" : waits.length === 0 ? "idle" : "waiting";
  const code = codeOfOutcome({ end, problems }, (problem) => {
    const effect = effects[problem];
    return effect === undefined ? null : (failureOf(state, effect)?.kind ?? null);
  });
  return code === exitCode.temporary && end === "busy" ? exitCode.notFinished : code;
}
