import { type ClockOffsets, instantAt } from "./clocks.ts";
import {
  type DueDates,
  effectId,
  type Failure,
  type HomeEffect,
  type HomeReplies,
  type Reply,
  type RobotSeen,
} from "./effects.ts";
import type { HomeSettings } from "./settings.ts";
import type { SiteLedger } from "./site-state.ts";
import type { HomeLedger, Instant } from "./state.ts";

/** Something an operator should know, with a stable code; `blocks` when only a human can mend it. */
export interface Problem {
  readonly code: string;
  readonly text: string;
  readonly blocks: boolean;
}

/** How a home tick ended. */
export interface HomeOutcome {
  readonly end: "idle" | "waiting" | "busy" | "lost-race" | "blocked" | "deadline";
  readonly nextAtMs: number;
  /** What is still under way, in words. */
  readonly waits: readonly string[];
  readonly problems: readonly Problem[];
}

/**
 * One home tick of one credential as a plain value: what was read, what was asked, what is in
 * flight. Rules look at it and at nothing else; a reply that is missing is asked for.
 */
export interface HomeState {
  readonly settings: HomeSettings;
  readonly startedMs: number;
  readonly offsets: ClockOffsets;
  readonly ledger: HomeLedger | null;
  readonly revision: string | null;
  readonly due: DueDates | null;
  /** Replies of this tick by effect id. */
  readonly replies: Readonly<Record<string, Reply<unknown>>>;
  readonly inFlight: Readonly<Record<string, HomeEffect>>;
  /** The traces were read once more, after the ledger. */
  readonly lookedAgain: boolean;
  /** The operator's act was taken into the ledger (or refused). */
  readonly actDone: boolean;
  /** Attempt that this very tick named; only its own tick may go on with a minting. */
  readonly ownAttempt: string | null;
  readonly saves: number;
  /** What the tick remembers once the save under way has succeeded; of a lost one nothing is true. */
  readonly afterSave: Partial<HomeState>;
  readonly problems: readonly Problem[];
  readonly outcome: HomeOutcome | null;
}

/** A tick that has its ledger: all rules but the opening ones. */
export interface LedgerState extends HomeState {
  readonly ledger: HomeLedger;
}

export function hasLedger(state: HomeState): state is LedgerState {
  return state.ledger !== null;
}

export function startHome(settings: HomeSettings, nowMs: number): HomeState {
  return {
    settings,
    startedMs: nowMs,
    offsets: { registryMs: null, ledgerMs: null },
    ledger: null,
    revision: null,
    due: null,
    replies: {},
    inFlight: {},
    lookedAgain: false,
    actDone: settings.act === null,
    ownAttempt: null,
    saves: 0,
    afterSave: {},
    problems: [],
    outcome: null,
  };
}

/** What a rule wants next. */
export type Decision =
  | { readonly do: "ask"; readonly effects: readonly HomeEffect[] }
  | {
      readonly do: "save";
      readonly ledger: HomeLedger;
      readonly why: string;
      readonly patch?: Partial<HomeState>;
      /** What follows may be done twice without harm: no lease is taken, and one that is held is given back with it. */
      readonly withoutLease?: true;
    }
  /** Nothing outside changes: the tick remembers something. */
  | { readonly do: "note"; readonly patch: Partial<HomeState> }
  | { readonly do: "end"; readonly outcome: HomeOutcome };

/** A rule says nothing (undefined) when the next one may speak. */
export type Rule = (state: LedgerState, at: Instant) => Decision | undefined;

export function replyTo<T extends HomeEffect["type"]>(
  state: HomeState,
  effect: Extract<HomeEffect, { type: T }>,
): Reply<HomeReplies[T]> | undefined {
  return state.replies[effectId(effect)] as Reply<HomeReplies[T]> | undefined;
}

/** The value of a reply that came and was good. */
export function answerTo<T extends HomeEffect["type"]>(
  state: HomeState,
  effect: Extract<HomeEffect, { type: T }>,
): HomeReplies[T] | undefined {
  const reply = replyTo(state, effect);
  return reply?.ok ? reply.value : undefined;
}

/** What went wrong with an effect that was answered, and brought nothing. */
export function failureOf(state: HomeState, effect: HomeEffect): Failure {
  return (replyTo(state, effect) as Extract<Reply<unknown>, { ok: false }>).failure;
}

/** As listed in this tick; none where the registry cannot list them. */
export function robotsSeen(state: HomeState): readonly RobotSeen[] {
  return answerTo(state, { type: "list-robots" })?.robots ?? [];
}

/** Those of the effects that were neither answered nor are under way. */
export function ask(state: HomeState, effects: readonly HomeEffect[]): Decision | undefined {
  const open = effects.filter((effect) => state.replies[effectId(effect)] === undefined);
  return open.length === 0 ? undefined : { do: "ask", effects: open.filter((e) => !(effectId(e) in state.inFlight)) };
}

export function now(state: HomeState, nowMs: number): Instant {
  return instantAt(nowMs, state.offsets);
}

/** A site's ledger as read in this tick; undefined: unreadable (or unknown to the configuration). */
export function siteSeen(state: HomeState, site: string): SiteLedger | null | undefined {
  return answerTo(state, { type: "load-site", site })?.ledger;
}

/** Every site that may hold a value of ours: named in the ledger or in the configuration. */
export function allSites(state: HomeState): readonly string[] {
  return [...new Set([...(state.ledger?.sites ?? []), ...state.settings.sites])];
}

/**
 * The epoch that a site's readers get; undefined: unreadable; 0: nothing of ours. A flip of this tick counts; one that
 * failed shows that what was read before it may stand there no more.
 */
export function storeEpoch(state: LedgerState, site: string): number | undefined {
  const { ledger } = state;
  const seen = answerTo(state, { type: "read-store", site });
  if (seen === undefined) return undefined;
  const { current } = ledger;
  if (current !== null) {
    const flip = state.replies[`flip:${site}:${current.epoch}`];
    if (flip !== undefined) return flip.ok ? current.epoch : undefined;
  }
  return seen.trace !== null && seen.trace.ledgerId === ledger.ledgerId ? seen.trace.epoch : 0;
}
