import type { ValueTrace } from "./effects.ts";
import { type ClusterContext, type ClusterRun, clusterDone, clusterFailed, startCluster } from "./site-cluster.ts";
import { clusterEffects, dropRefused, fillCluster, waitsForVerdict } from "./site-cluster-effects.ts";
import { takenBackIn } from "./site-contested.ts";
import type { SiteEffect } from "./site-effects.ts";
import { type Asked, isInFlight, ledgerOf, type SiteState } from "./site-run.ts";
import { openPercent } from "./site-waves.ts";

/** What all clusters want now that is not under way, and the state in which they were asked. */
export function serveClusters(
  state: SiteState,
  value: ValueTrace,
  nowMs: number,
): Pick<Asked, "clusters"> & { readonly state: SiteState; readonly effects: readonly SiteEffect[] } {
  const asked = fillAll(state, value, nowMs);
  const { clusters } = asked;
  const effects = clusters.flatMap((run, i) => {
    if (isSettled(state.asked, asked, i)) return [];
    const context = contextIn(asked, i);
    const same = state.asked !== null && contextIn(state.asked, i) === context;
    return clusterEffects(run, context, same ? state.asked?.clusters[i] : undefined);
  });
  if (state.verdict === null && clusters.some(waitsForVerdict)) effects.push({ type: "prove-value" });
  return { state: { ...state, clusters, asked }, clusters, effects };
}

/**
 * Until nothing changes any more: the end of the canaries may open (or close) the next wave in the same step, and
 * what is dropped makes place for more.
 */
function fillAll(state: SiteState, value: ValueTrace, nowMs: number): Asked {
  let clusters = state.clusters ?? startClusters(state, value, nowMs);
  let settled = state.asked;
  for (;;) {
    const asked: Asked = { clusters, ...contextsOf(state, value, clusters, nowMs) };
    clusters = asked.clusters.map((run, i) => {
      if (isSettled(settled, asked, i)) return run;
      const context = contextIn(asked, i);
      return dropRefused(fillCluster(run, context), context, (effect) => isInFlight(state, effect));
    });
    if (clusters.every((run, i) => run === asked.clusters[i])) return asked;
    settled = asked;
  }
}

function startClusters(state: SiteState, value: ValueTrace, nowMs: number): readonly ClusterRun[] {
  const ledger = ledgerOf(state);
  const percent = openPercent(state.settings, ledger, value.epoch, nowMs);
  return state.settings.clusters.map((plan) =>
    startCluster(plan, plan.canary ? 100 : percent, takenBackIn(plan.cluster, ledger.takenBack)),
  );
}

function isSettled(before: Asked | null, now: Asked, i: number): boolean {
  return before !== null && before.clusters[i] === now.clusters[i] && contextIn(before, i) === contextIn(now, i);
}

function contextIn(asked: Asked, i: number): ClusterContext {
  return asked.clusters[i]?.plan.canary === true ? asked.canary : asked.rest;
}

/** What a reply from this cluster is judged by. */
export function contextOf(
  state: SiteState,
  value: ValueTrace,
  clusters: readonly ClusterRun[],
  run: ClusterRun,
  nowMs: number,
): ClusterContext {
  const { canary, rest } = contextsOf(state, value, clusters, nowMs);
  return run.plan.canary ? canary : rest;
}

/** The same contexts as in the step before, by reference, where nothing in them is different. */
function contextsOf(
  state: SiteState,
  value: ValueTrace,
  clusters: Asked["clusters"],
  nowMs: number,
): Pick<Asked, "canary" | "rest"> {
  const { settings, verdict, startedMs } = state;
  const common = { settings, value, verdict, report: ledgerOf(state).report, startedMs };
  const stopping = nowMs >= state.settings.deadlineMs;
  const canary: ClusterContext = { ...common, wave: "open", stopping };
  const rest: ClusterContext = { ...common, wave: waveOf(state, clusters, nowMs), stopping };
  return { canary: kept(state.asked?.canary, canary), rest: kept(state.asked?.rest, rest) };
}

function kept(before: ClusterContext | undefined, now: ClusterContext): ClusterContext {
  const same =
    before !== undefined &&
    before.verdict === now.verdict &&
    before.wave === now.wave &&
    before.stopping === now.stopping;
  return same ? before : now;
}

function waveOf(state: SiteState, clusters: Asked["clusters"], nowMs: number): ClusterContext["wave"] {
  const canaries = clusters.filter((run) => run.plan.canary);
  const waitedMs = nowMs - ledgerOf(state).epochSinceMs;
  if (waitedMs >= state.settings.limits.canaryWaitMaxMs) return "open";
  if (!canaries.every(clusterDone)) return "waiting";
  return canaries.some(clusterFailed) ? "closed" : "open";
}
