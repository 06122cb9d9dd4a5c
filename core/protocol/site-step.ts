import type { Reply, ValueTrace } from "./effects.ts";
import type { Problem } from "./home-state.ts";
import { type ClusterRun, clusterDone } from "./site-cluster.ts";
import { clusterReply } from "./site-cluster-replies.ts";
import { takenBackOf } from "./site-contested.ts";
import type { ClusterEffect, SiteEffect, SiteReplies } from "./site-effects.ts";
import {
  answer,
  isInFlight,
  ledgerOf,
  type SiteOutcome,
  type SiteState,
  withInFlight,
  withoutInFlight,
} from "./site-run.ts";
import { contextOf, serveClusters } from "./site-serve.ts";
import type { Report, SiteLedger } from "./site-state.ts";
import { countRemoved, mergeTallies } from "./site-tally.ts";
import { waveOf, waveProblem } from "./site-waves.ts";

export type SiteEvent =
  | { readonly type: "go" }
  | { readonly type: "reply"; readonly effect: SiteEffect; readonly reply: Reply<SiteReplies[SiteEffect["type"]]> };

export interface SiteStep {
  readonly state: SiteState;
  readonly effects: readonly SiteEffect[];
}

function end(
  state: SiteState,
  nowMs: number,
  how: SiteOutcome["end"],
  problems: readonly Problem[],
  report: Report | null = null,
): SiteStep {
  const nextAtMs = nowMs + state.settings.limits.pollMs;
  return { state: { ...state, outcome: { end: how, nextAtMs, problems, report } }, effects: [] };
}

function want(state: SiteState, effects: readonly SiteEffect[]): SiteStep {
  const open = effects.filter((effect) => !isInFlight(state, effect));
  return { state: withInFlight(state, open), effects: open };
}

/** One step of a site tick. Pure. The order is the protocol: ledger, round, value, only then the listings. */
export function siteStep(before: SiteState, event: SiteEvent, nowMs: number): SiteStep {
  const state = event.type === "reply" ? absorb(before, event, nowMs) : before;
  if (state.outcome !== null) return { state, effects: [] };
  for (const type of ["load-site-ledger", "read-round", "read-value"] as const) {
    const reply = answer(state, type);
    if (reply === undefined) return want(state, [{ type }]);
    if (!reply.ok) {
      const blocks = reply.failure.kind === "denied" || reply.failure.kind === "invalid";
      return end(state, nowMs, blocks ? "blocked" : "waiting", [
        { code: `${type}-failed`, text: `${state.settings.site}: ${reply.failure.text}`, blocks },
      ]);
    }
  }
  const value = valueToHandOut(state);
  if ("code" in value)
    return end(state, nowMs, value.blocks ? "blocked" : value.code === "no-value" ? "nothing" : "waiting", [value]);
  const raised = writeDown(state, value, nowMs);
  if (raised !== null) return raised;
  return serve(state, value, nowMs);
}

function valueOfSite(state: SiteState): ValueTrace | null {
  const reply = answer(state, "read-value");
  return reply?.ok ? reply.value.trace : null;
}

/** A site never hands out backwards or blindly: the value that may be looked at further, or why none may. */
function valueToHandOut(state: SiteState): ValueTrace | Problem {
  const { site } = state.settings;
  const reply = answer(state, "read-value");
  const trace = valueOfSite(state);
  if (trace === null) {
    const present = reply?.ok === true && reply.value.present;
    if (present)
      return {
        code: "value-foreign",
        text: `the store of ${site} holds something that is not a value of ours: nothing is handed out`,
        blocks: false,
      };
    return { code: "no-value", text: `the store of ${site} holds no value yet`, blocks: false };
  }
  const ledger = ledgerOf(state);
  if (ledger.ledgerId !== null && ledger.ledgerId !== trace.ledgerId) {
    return {
      code: "ledger-id-changed",
      text: `the store of ${site} holds a value of ledger ${trace.ledgerId}, this site served ${ledger.ledgerId}: nothing is handed out`,
      blocks: true,
    };
  }
  if (trace.epoch < ledger.epoch) {
    return {
      code: "value-stale",
      text: `the store of ${site} gives epoch ${trace.epoch}, this site has seen ${ledger.epoch}: a stale read or a restored store; nothing is handed out`,
      blocks: false,
    };
  }
  return trace;
}

/** Epoch and clusters are written down before the first hand-out: no later tick goes back behind them, or forgets a copy. */
function writeDown(state: SiteState, value: ValueTrace, nowMs: number): SiteStep | null {
  if (state.clusters !== null) return null;
  const known = ledgerOf(state);
  const clusters = [...new Set([...known.clusters, ...state.settings.clusters.map((plan) => plan.cluster)])];
  const risen = known.epoch < value.epoch;
  if (!risen && clusters.length === known.clusters.length) return null;
  const epochSinceMs = risen ? nowMs : known.epochSinceMs;
  const ledger: SiteLedger = { ...known, ledgerId: value.ledgerId, epoch: value.epoch, epochSinceMs, clusters };
  return want(state, [{ type: "save-site", ledger, expected: state.revision }]);
}

function serve(state: SiteState, value: ValueTrace, nowMs: number): SiteStep {
  const { state: next, clusters, effects } = serveClusters(state, value, nowMs);
  if (effects.length > 0) return want(next, effects);
  const done = Object.keys(next.inFlight).length === 0 && clusters.every(clusterDone);
  return done ? reportAndEnd(next, value, clusters, nowMs) : { state: next, effects: [] };
}

function reportAndEnd(state: SiteState, value: ValueTrace, clusters: readonly ClusterRun[], nowMs: number): SiteStep {
  const ledger = ledgerOf(state);
  const removed = countRemoved(ledger.clusters, state.settings.clusters);
  const tally = mergeTallies([...clusters.map((run) => run.tally), removed]);
  const round = answer(state, "read-round");
  const report: Report = {
    round: round?.ok ? round.value.round : null,
    ledgerId: value.ledgerId,
    epoch: value.epoch,
    generation: value.generation,
    ...tally,
    ...waveOf(clusters, tally, ledger.report?.epoch === value.epoch ? (ledger.report.wave?.paces ?? {}) : {}),
    atMs: nowMs,
  };
  const { takenBack: _before, ...kept } = ledger;
  const after: SiteLedger = { ...kept, report, ...takenBackOf(clusters, nowMs, state.settings.limits) };
  const news =
    !sameReport(ledger.report, report) || JSON.stringify(ledger.takenBack) !== JSON.stringify(after.takenBack);
  if (!state.saved && news) return want(state, [{ type: "save-site", ledger: after, expected: state.revision }]);
  const problems: Problem[] = report.unserved.map((target) => ({
    code: "target-unserved",
    text: `${target.target}: ${target.reason}: ${target.text}`,
    blocks: false,
  }));
  if (report.wave !== undefined) problems.push(waveProblem(state.settings, report.wave));
  const served = report.complete && report.served === report.wanted;
  return end(state, nowMs, served ? "served" : "waiting", problems, report);
}

/** A look that found nothing new is not written again; its time alone is no news. */
export function sameReport(a: Report | null, b: Report): boolean {
  return a !== null && JSON.stringify({ ...a, atMs: 0 }) === JSON.stringify({ ...b, atMs: 0 });
}

function absorb(before: SiteState, event: Extract<SiteEvent, { type: "reply" }>, nowMs: number): SiteState {
  const { effect, reply } = event;
  const state = withoutInFlight(before, effect);
  switch (effect.type) {
    case "load-site-ledger": {
      const replies = { ...state.replies, [effect.type]: reply };
      if (!reply.ok) return { ...state, replies };
      const { ledger, revision } = reply.value as SiteReplies["load-site-ledger"];
      return { ...state, replies, ledger, revision };
    }
    case "read-round":
    case "read-value":
      return { ...state, replies: { ...state.replies, [effect.type]: reply } };
    case "save-site":
      return absorbSave(state, effect, reply as Reply<SiteReplies["save-site"]>, nowMs);
    case "prove-value":
      return { ...state, verdict: reply.ok ? (reply.value as SiteReplies["prove-value"]).verdict : "unreachable" };
    default:
      return absorbCluster(state, effect, reply, nowMs);
  }
}

function absorbSave(
  state: SiteState,
  effect: Extract<SiteEffect, { type: "save-site" }>,
  reply: Reply<SiteReplies["save-site"]>,
  nowMs: number,
): SiteState {
  if (reply.ok)
    return { ...state, ledger: effect.ledger, revision: reply.value.revision, saved: state.clusters !== null };
  const lost = reply.failure.kind === "conflict";
  const text = lost
    ? "another runner wrote this site's ledger first"
    : `this site's ledger could not be saved: ${reply.failure.text}`;
  const problem = { code: lost ? "lost-race" : "ledger-unwritable", text, blocks: reply.failure.kind === "denied" };
  const outcome: SiteOutcome = {
    end: lost ? "lost-race" : problem.blocks ? "blocked" : "waiting",
    nextAtMs: nowMs + state.settings.limits.pollMs,
    problems: [problem],
    report: null,
  };
  return { ...state, outcome };
}

function absorbCluster(
  state: SiteState,
  effect: ClusterEffect,
  reply: Reply<SiteReplies[keyof SiteReplies]>,
  nowMs: number,
): SiteState {
  const value = valueOfSite(state);
  const { clusters } = state;
  if (value === null || clusters === null) return state;
  const after = clusters.map((run) =>
    run.plan.cluster === effect.cluster
      ? clusterReply(run, effect, reply, contextOf(state, value, clusters, run, nowMs))
      : run,
  );
  return { ...state, clusters: after };
}
