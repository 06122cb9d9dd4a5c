import { effectId, type HomeEffect, type HomeReplies, type Reply } from "./effects.ts";
import { takeAct } from "./home-acts.ts";
import { deleteRobots } from "./home-delete.ts";
import { endTick, problemsOf, releaseLease, respectDeadline } from "./home-end.ts";
import { flipStores } from "./home-flips.ts";
import { beginLedger, loadLedger, nameSites, readTraces, rebuildBehind, respectLease } from "./home-judge.ts";
import { advanceLine } from "./home-line.ts";
import { noteLives } from "./home-lives.ts";
import { advanceRecords, askUsage } from "./home-records.ts";
import { confirmRound, drawRound, spreadRound } from "./home-round.ts";
import { startRotation } from "./home-start.ts";
import { type Decision, type HomeState, hasLedger, now, type Rule } from "./home-state.ts";
import { watchCurrent } from "./home-watch.ts";
import { brokenInvariants } from "./invariants.ts";
import type { Instant } from "./state.ts";

/** The order is the protocol: what is read before what, what is written down before what is done. */
const rules: readonly Rule[] = [
  rebuildBehind,
  respectLease,
  respectDeadline,
  nameSites,
  noteLives,
  watchCurrent,
  takeAct,
  startRotation,
  advanceLine,
  flipStores,
  advanceRecords,
  askUsage,
  drawRound,
  confirmRound,
  spreadRound,
  deleteRobots,
  releaseLease,
];

export type HomeEvent =
  | { readonly type: "go" }
  | {
      readonly type: "reply";
      readonly effect: HomeEffect;
      readonly reply: Reply<HomeReplies[HomeEffect["type"]]>;
      /** The server's clock, where the reply carried it. */
      readonly serverMs: number | null;
    };

export interface HomeStep {
  readonly state: HomeState;
  readonly effects: readonly HomeEffect[];
}

const registryEffects: ReadonlySet<HomeEffect["type"]> = new Set([
  "list-robots",
  "mint",
  "prove",
  "whoami",
  "read-robot",
]);

function absorb(state: HomeState, event: Extract<HomeEvent, { type: "reply" }>, nowMs: number): HomeState {
  const { effect, reply } = event;
  const id = effectId(effect);
  const { [id]: _answered, ...inFlight } = state.inFlight;
  let offsets = state.offsets;
  if (event.serverMs !== null) {
    const offsetMs = event.serverMs - nowMs;
    if (registryEffects.has(effect.type)) offsets = { ...offsets, registryMs: offsetMs };
    else if (effect.type === "load-ledger" || effect.type === "save") offsets = { ...offsets, ledgerMs: offsetMs };
  }
  const next: HomeState = { ...state, inFlight, offsets };
  if (effect.type === "save") return absorbSave(next, effect, reply as Reply<HomeReplies["save"]>, nowMs);
  const replies = { ...next.replies, [id]: reply };
  // Loaded again before a deletion: looked at, and never gone on with.
  if (effect.type !== "load-ledger" || effect.before !== undefined || !reply.ok) return { ...next, replies };
  const { ledger, revision, due } = reply.value as HomeReplies["load-ledger"];
  return { ...next, replies, ledger, revision, due };
}

/** A lost race ends the tick: somebody else is at work, and everything read may be old. */
function absorbSave(
  state: HomeState,
  effect: Extract<HomeEffect, { type: "save" }>,
  reply: Reply<HomeReplies["save"]>,
  nowMs: number,
): HomeState {
  if (reply.ok) {
    const { revision } = reply.value;
    return { ...state, ...state.afterSave, afterSave: {}, ledger: effect.ledger, revision, saves: state.saves + 1 };
  }
  const lost = reply.failure.kind === "conflict";
  const problem = lost
    ? { code: "lost-race", text: "another runner wrote the ledger first", blocks: false }
    : {
        code: "ledger-unwritable",
        text: `the home's ledger could not be saved (it may have been): ${reply.failure.text}`,
        blocks: reply.failure.kind === "denied",
      };
  const at = now(state, nowMs);
  return {
    ...state,
    outcome: {
      end: lost ? "lost-race" : problem.blocks ? "blocked" : "waiting",
      nextAtMs: nowMs + state.settings.limits.pollMs,
      waits: [problem.text],
      problems: [...problemsOf(state, at), problem],
    },
  };
}

/**
 * One step of a home tick: takes a reply in, says what is to be done next. Pure. A save is always
 * alone: nothing that the new ledger allows is begun before it is written.
 */
export function homeStep(before: HomeState, event: HomeEvent, nowMs: number): HomeStep {
  let state = event.type === "reply" ? absorb(before, event, nowMs) : before;
  while (state.outcome === null) {
    const at = now(state, nowMs);
    const decision = nextDecision(state, at);
    if (decision.do === "end") {
      if (Object.keys(state.inFlight).length > 0) return { state, effects: [] };
      state = { ...state, outcome: decision.outcome };
    } else if (decision.do === "note") {
      state = { ...state, ...decision.patch };
    } else if (decision.do === "save") {
      if (Object.keys(state.inFlight).length > 0) return { state, effects: [] };
      const { owner, limits } = state.settings;
      const release = decision.ledger.lease === null && state.ledger?.lease?.owner === owner;
      const lease = release || decision.withoutLease ? null : { owner, untilMs: nowMs + limits.leaseMs };
      const ledger = { ...decision.ledger, lease };
      const broken = brokenInvariants(state.ledger, ledger);
      if (broken.length > 0) throw new Error(`a ledger that must not be: ${broken.join("; ")}`);
      const save: HomeEffect = { type: "save", ledger, expected: state.revision, why: decision.why };
      return withInFlight({ ...state, afterSave: decision.patch ?? {} }, [save]);
    } else {
      return withInFlight(state, decision.effects);
    }
  }
  return { state, effects: [] };
}

function nextDecision(state: HomeState, at: Instant): Decision {
  const opening = readTraces(state) ?? loadLedger(state);
  if (opening !== undefined) return opening;
  if (!hasLedger(state)) return beginLedger(state, at);
  for (const rule of rules) {
    const decision = rule(state, at);
    if (decision !== undefined) return decision;
  }
  return endTick(state, at);
}

function withInFlight(state: HomeState, effects: readonly HomeEffect[]): HomeStep {
  const inFlight = { ...state.inFlight };
  for (const effect of effects) inFlight[effectId(effect)] = effect;
  return { state: { ...state, inFlight }, effects };
}
