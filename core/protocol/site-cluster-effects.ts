import { formatTargetMark, markAnnotation } from "./mark.ts";
import { type ActiveItem, type ClusterContext, type ClusterRun, type Item, keyOf } from "./site-cluster.ts";
import type { SiteEffect, TargetAt } from "./site-effects.ts";
import { attempt, beginItem } from "./site-items.ts";
import { countSeen } from "./site-tally.ts";
import { bearsOurMark } from "./site-target.ts";

/** Takes items from the queue as far as concurrency allows; what is served already only counts. */
export function fillCluster(before: ClusterRun, context: ClusterContext): ClusterRun {
  let run =
    before.queue === null && before.listed && before.namespaces.every((list) => list !== null)
      ? buildQueue(before, context)
      : before;
  const { queue } = run;
  if (queue === null) return run;
  const { concurrencyPerClusterMax } = context.settings.limits;
  while (Object.keys(run.active).length < concurrencyPerClusterMax) {
    const item = queue[run.cursor];
    if (item === undefined) break;
    run = beginItem({ ...run, cursor: run.cursor + 1 }, item, context);
  }
  return run;
}

function buildQueue(run: ClusterRun, context: ClusterContext): ClusterRun {
  const observed = new Map(run.observed.map((seen) => [keyOf(seen), seen]));
  const items = new Map<string, Item>();
  run.plan.targets.forEach((plan, i) => {
    for (const namespace of run.namespaces[i] ?? []) {
      // What is going away is not served any more, and nobody pulls there for long.
      if (namespace.terminating) continue;
      const place = { namespace: namespace.name, name: plan.secret };
      const { adopt, repair = false } = plan;
      items.set(keyOf(place), { ...place, adopt, repair, desired: true, seen: observed.get(keyOf(place)) });
    }
  });
  let { tally } = run;
  for (const seen of run.observed) {
    if (items.has(keyOf(seen))) continue;
    if (bearsOurMark(seen, context.settings.credential, context.value.ledgerId)) {
      const { namespace, name } = seen;
      items.set(keyOf(seen), { namespace, name, adopt: false, repair: false, desired: false, seen });
    }
    // Somebody took the mark away, where nothing is selected any more: what it holds is still ours to know.
    else tally = countSeen(tally, seen.username);
  }
  return { ...run, queue: [...items.values()], tally };
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

/** Effects that this cluster wants now; those under way are left out by the caller. */
export function clusterEffects(run: ClusterRun, context: ClusterContext): readonly SiteEffect[] {
  const { cluster } = run.plan;
  const effects: SiteEffect[] = [];
  // With a queue everything was listed, or the cluster was given up.
  if (run.queue === null) {
    run.plan.targets.forEach(({ namespaces: query }, plan) => {
      if (run.namespaces[plan] === null) effects.push({ type: "list-namespaces", cluster, plan, query });
    });
    if (!run.listed) effects.push({ type: "list-secrets", cluster, page: run.page, continueToken: run.continueToken });
  }
  for (const active of Object.values(run.active)) {
    const effect = itemEffect(run, active, context);
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
