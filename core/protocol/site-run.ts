import type { ProofVerdict, Reply } from "./effects.ts";
import type { Problem } from "./home-state.ts";
import { withKey, withoutKey } from "./keyed.ts";
import type { ClusterContext, ClusterRun } from "./site-cluster.ts";
import { type SiteEffect, type SiteReplies, type SiteSettings, siteEffectId } from "./site-effects.ts";
import { newSiteLedger, type Report, type SiteLedger } from "./site-state.ts";

export interface SiteOutcome {
  readonly end: "served" | "waiting" | "nothing" | "lost-race" | "blocked";
  readonly nextAtMs: number;
  readonly problems: readonly Problem[];
  readonly report: Report | null;
}

/** A cluster whose run and context are still these wants nothing that is not under way. */
export interface Asked {
  readonly clusters: readonly ClusterRun[];
  readonly canary: ClusterContext;
  readonly rest: ClusterContext;
}

/** One site tick of one credential as a plain value. */
export interface SiteState {
  readonly settings: SiteSettings;
  readonly startedMs: number;
  readonly replies: Readonly<Record<string, Reply<unknown>>>;
  /** By cluster (the site itself: the empty text), then by id: a step copies the calls of one cluster only. */
  readonly inFlight: Readonly<Record<string, Readonly<Record<string, SiteEffect>>>>;
  readonly ledger: SiteLedger | null;
  readonly revision: string | null;
  readonly verdict: ProofVerdict | null;
  readonly clusters: readonly ClusterRun[] | null;
  /** With which the last step asked for all that it wanted; null: none did yet. */
  readonly asked: Asked | null;
  readonly saved: boolean;
  readonly outcome: SiteOutcome | null;
}

export function startSite(settings: SiteSettings, nowMs: number): SiteState {
  return {
    settings,
    startedMs: nowMs,
    replies: {},
    inFlight: {},
    ledger: null,
    revision: null,
    verdict: null,
    clusters: null,
    asked: null,
    saved: false,
    outcome: null,
  };
}

export function answer<T extends "load-site-ledger" | "read-round" | "read-value">(
  state: SiteState,
  type: T,
): Reply<SiteReplies[T]> | undefined {
  return state.replies[type] as Reply<SiteReplies[T]> | undefined;
}

/** As it was read, or as it begins. */
export function ledgerOf(state: SiteState): SiteLedger {
  return state.ledger ?? newSiteLedger(state.settings.credential, state.settings.site);
}

const scopeOf = (effect: SiteEffect) => ("cluster" in effect ? effect.cluster : "");

export function isInFlight(state: SiteState, effect: SiteEffect): boolean {
  return state.inFlight[scopeOf(effect)]?.[siteEffectId(effect)] !== undefined;
}

/** Ids name the cluster behind their type: `apply-target:<cluster>/…`; one of the site itself has no colon. */
function scopeOfId(id: string): string {
  return /^[^:]*:([^:/]*)/.exec(id)?.[1] ?? "";
}

/** The effect under way with this id. */
export function effectInFlight(state: SiteState, id: string): SiteEffect | undefined {
  return state.inFlight[scopeOfId(id)]?.[id];
}

export function withInFlight(state: SiteState, effects: readonly SiteEffect[]): SiteState {
  let { inFlight } = state;
  for (const effect of effects) {
    const scope = scopeOf(effect);
    inFlight = withKey(inFlight, scope, withKey(inFlight[scope] ?? {}, siteEffectId(effect), effect));
  }
  return { ...state, inFlight };
}

export function withoutInFlight(state: SiteState, effect: SiteEffect): SiteState {
  const scope = scopeOf(effect);
  const left = withoutKey(state.inFlight[scope] ?? {}, siteEffectId(effect));
  for (const _id in left) return { ...state, inFlight: withKey(state.inFlight, scope, left) };
  return { ...state, inFlight: withoutKey(state.inFlight, scope) };
}
