import { formatTargetMark, markAnnotation } from "./mark.ts";
import type { ActiveItem, ClusterContext, ClusterRun, Item } from "./site-cluster.ts";
import { namespacesWanted, nextPhase, withQueue } from "./site-cluster-queue.ts";
import type { SiteEffect, TargetAt } from "./site-effects.ts";
import { attempt, beginItem } from "./site-items.ts";

/**
 * Takes items from the queue as far as concurrency allows; what is served already only counts. Of the phase that comes
 * after it nothing is begun yet: the caller asks again until nothing changes.
 */
export function fillCluster(run: ClusterRun, context: ClusterContext): ClusterRun {
  const queued = withQueue(run, context);
  if (queued.queue === null) return queued;
  const begun = beginItems(queued, queued.queue, context);
  return begun.cursor < queued.queue.length ? begun : nextPhase(begun, context);
}

function beginItems(before: ClusterRun, queue: readonly Item[], context: ClusterContext): ClusterRun {
  const { concurrencyPerClusterMax } = context.settings.limits;
  let run = before;
  while (Object.keys(run.active).length < concurrencyPerClusterMax) {
    const item = queue[run.cursor];
    if (item === undefined) break;
    run = beginItem({ ...run, cursor: run.cursor + 1 }, item, context);
  }
  return run;
}

/** A write that waited for a verdict or a wave, and will not be made: counted as what it is. */
export function dropRefused(
  before: ClusterRun,
  context: ClusterContext,
  inFlight: (active: SiteEffect) => boolean,
): ClusterRun {
  let run = before;
  const refused = context.verdict === "refused" || context.verdict === "no-right";
  if (!refused && context.wave !== "closed" && !context.stopping && run.halted === null) return run;
  for (const active of Object.values(before.active)) {
    if (active.doing !== "create" && active.doing !== "apply") continue;
    const effect = itemEffect(run, active, context);
    if (effect !== undefined && inFlight(effect)) continue;
    run = attempt(run, active, active.doing, active.seen ?? null, context);
  }
  return run;
}

/**
 * Effects that this cluster wants now; those under way are left out by the caller. `before`: the run for which this was
 * last asked in the same context; what is as it was then is under way, or waits.
 */
export function clusterEffects(run: ClusterRun, context: ClusterContext, before?: ClusterRun): readonly SiteEffect[] {
  const { cluster } = run.plan;
  const effects: SiteEffect[] = [];
  // With a queue nothing more is listed for now, or the cluster was given up.
  if (run.queue === null) {
    run.plan.targets.forEach((target, plan) => {
      const query = run.namespaces[plan] === null ? namespacesWanted(run, target) : null;
      if (query !== null) effects.push({ type: "list-namespaces", cluster, plan, query });
    });
    if (run.phase !== "missing" && run.arrived === null)
      effects.push({ type: "list-secrets", cluster, page: run.page, continueToken: run.continueToken });
  }
  for (const [key, active] of Object.entries(run.active)) {
    const effect = before?.active[key] === active ? undefined : itemEffect(run, active, context);
    if (effect !== undefined) effects.push(effect);
  }
  if (run.copyWanted && run.copy === null) effects.push({ type: "prove-copy", cluster });
  return effects;
}

/** A write waits for the verdict on the value and for its wave. */
export function waitsForVerdict(run: ClusterRun): boolean {
  return Object.values(run.active).some((active) => active.doing === "create" || active.doing === "apply");
}

function itemEffect(run: ClusterRun, active: ActiveItem, context: ClusterContext): SiteEffect | undefined {
  const at: TargetAt & { step: number } = {
    cluster: run.plan.cluster,
    namespace: active.item.namespace,
    name: active.item.name,
    step: active.step,
  };
  const mayWrite = context.verdict !== null && context.wave === "open";
  switch (active.doing) {
    case "read":
    case "read-back":
      return { type: "read-target", ...at };
    case "sync":
      return { type: "read-sync", ...at };
    case "create":
      return mayWrite ? { type: "create-target", ...at } : undefined;
    case "reload":
      return { type: "reload-ledger", ...at };
    case "apply": {
      if (!mayWrite || active.seen == null) return undefined;
      const { uid, resourceVersion } = active.seen;
      const mark = formatTargetMark({ ledgerId: context.value.ledgerId, epoch: context.value.epoch });
      const marks = { ...active.seen.marks, [markAnnotation(context.settings.credential)]: mark };
      const { adopt, repair } = active.item;
      return { type: "apply-target", ...at, uid, resourceVersion, marks, adopt, repair };
    }
  }
}
