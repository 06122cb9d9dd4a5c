import type { Failure, ProofVerdict, Reply, ValueTrace } from "./effects.ts";
import { formatTargetMark, markAnnotation } from "./mark.ts";
import type { ClusterPlan, SiteEffect, SiteReplies, SiteSettings, TargetAt, TargetSeen } from "./site-effects.ts";
import type { UnservedReason } from "./site-state.ts";
import {
  countForeign,
  countHigher,
  countServed,
  countUnread,
  countUnserved,
  emptyTally,
  type Tally,
} from "./site-tally.ts";
import { bearsOurMark, judgeTarget, type Wanted } from "./site-target.ts";

/** A target to look at. `seen` undefined: not read yet; null: known to be absent. */
interface Item {
  readonly namespace: string;
  readonly name: string;
  readonly adopt: boolean;
  /** Selected by the configuration now; what is only marked is served too, but never made again. */
  readonly desired: boolean;
  readonly seen: TargetSeen | undefined;
}

interface ActiveItem {
  readonly item: Item;
  readonly doing: "read" | "create" | "reload" | "apply" | "read-back";
  readonly seen: TargetSeen | null | undefined;
  /** Grows with every effect: names each call apart. */
  readonly step: number;
  readonly tries: number;
}

/** One cluster's part of a site tick: what was listed, what is being served, what it came to. */
export interface ClusterRun {
  readonly plan: ClusterPlan;
  readonly namespaces: readonly (readonly { readonly name: string; readonly terminating: boolean }[] | null)[];
  readonly page: number;
  readonly continueToken: string | null;
  readonly listed: boolean;
  readonly observed: readonly TargetSeen[];
  readonly queue: readonly Item[] | null;
  readonly cursor: number;
  readonly active: Readonly<Record<string, ActiveItem>>;
  readonly tally: Tally;
  readonly writes: number;
  /** The credential as read back from this cluster, tried at the registry; null: not yet. */
  readonly copy: ProofVerdict | null;
  readonly copyWanted: boolean;
  readonly unreachableInRow: number;
  /** Why nothing more is begun here. */
  readonly halted: { readonly reason: UnservedReason; readonly text: string } | null;
}

/** What the site knows that a cluster's run needs. */
export interface ClusterContext {
  readonly settings: SiteSettings;
  readonly value: ValueTrace;
  /** Verdict on the value before its first hand-out in this tick; null: not asked yet. */
  readonly verdict: ProofVerdict | null;
  readonly wave: "open" | "waiting" | "closed";
  readonly stopping: boolean;
}

const unreachableInRowMax = 3;

export function startCluster(plan: ClusterPlan): ClusterRun {
  return {
    plan,
    namespaces: plan.targets.map(() => null),
    page: 0,
    continueToken: null,
    listed: false,
    observed: [],
    queue: null,
    cursor: 0,
    active: {},
    tally: emptyTally,
    writes: 0,
    copy: null,
    copyWanted: false,
    unreachableInRow: 0,
    halted: null,
  };
}

export function clusterDone(run: ClusterRun): boolean {
  const copied = !run.copyWanted || run.copy !== null;
  return run.queue !== null && run.cursor >= run.queue.length && Object.keys(run.active).length === 0 && copied;
}

/** Did anything here fail in a way that should keep the next wave back? */
export function clusterFailed(run: ClusterRun): boolean {
  return run.tally.unserved.length > 0 || (run.copy !== null && run.copy !== "accepted" && run.copy !== "unreachable");
}

export function wantedOf(context: ClusterContext, adopt: boolean): Wanted {
  const { credential, installation } = context.settings;
  return { credential, installation, adopt, value: context.value };
}

function keyOf(item: { readonly namespace: string; readonly name: string }): string {
  return `${item.namespace}/${item.name}`;
}

function targetText(run: ClusterRun, item: { readonly namespace: string; readonly name: string }): string {
  return `${run.plan.cluster}/${keyOf(item)}`;
}

/** Takes items from the queue as far as concurrency allows; what is served already only counts. */
export function fillCluster(before: ClusterRun, context: ClusterContext): ClusterRun {
  let run =
    before.queue === null && before.listed && before.namespaces.every((list) => list !== null)
      ? buildQueue(before, context)
      : before;
  const { queue } = run;
  if (queue === null) return run;
  const { concurrencyPerClusterMax } = context.settings.limits;
  while (run.cursor < queue.length && Object.keys(run.active).length < concurrencyPerClusterMax) {
    const item = queue[run.cursor];
    run = { ...run, cursor: run.cursor + 1 };
    if (item !== undefined) run = beginItem(run, item, context);
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
      items.set(keyOf(place), { ...place, adopt: plan.adopt, desired: true, seen: observed.get(keyOf(place)) });
    }
  });
  for (const seen of run.observed) {
    const isMarked = bearsOurMark(seen, wantedOf(context, false));
    if (isMarked && !items.has(keyOf(seen)))
      items.set(keyOf(seen), { namespace: seen.namespace, name: seen.name, adopt: false, desired: false, seen });
  }
  return { ...run, queue: [...items.values()], observed: [] };
}

function beginItem(run: ClusterRun, item: Item, context: ClusterContext): ClusterRun {
  const active: ActiveItem = { item, doing: "read", seen: item.seen, step: 0, tries: 0 };
  if (item.seen === undefined) {
    if (run.halted !== null || context.stopping) return unreached(run, item);
    return { ...run, active: { ...run.active, [keyOf(item)]: active } };
  }
  return judged(run, active, item.seen, context);
}

function unreached(run: ClusterRun, item: Item): ClusterRun {
  const why = run.halted ?? { reason: "not-reached" as const, text: "no time was left" };
  return {
    ...run,
    tally: countUnserved(
      run.tally,
      { target: targetText(run, item), ...why },
      item.seen?.username ?? null,
      item.seen !== undefined,
    ),
  };
}

function finish(run: ClusterRun, active: ActiveItem, tally: Tally): ClusterRun {
  const { [keyOf(active.item)]: _done, ...rest } = run.active;
  return { ...run, active: rest, tally };
}

function go(
  run: ClusterRun,
  active: ActiveItem,
  doing: ActiveItem["doing"],
  seen: TargetSeen | null | undefined,
): ClusterRun {
  return { ...run, active: { ...run.active, [keyOf(active.item)]: { ...active, doing, seen, step: active.step + 1 } } };
}

/** A target was read: count it, or do what it needs. */
function judged(run: ClusterRun, active: ActiveItem, seen: TargetSeen | null, context: ClusterContext): ClusterRun {
  const { item } = active;
  const target = targetText(run, item);
  const judgement = judgeTarget(seen, wantedOf(context, item.adopt));
  const username = seen?.username ?? null;
  switch (judgement.is) {
    case "served":
      return finish(
        { ...run, copyWanted: run.copyWanted || active.step > 0, unreachableInRow: 0 },
        active,
        countServed(run.tally, username),
      );
    case "foreign":
      return finish(run, active, countForeign(run.tally, { target, why: judgement.why, username }));
    case "higher":
      return finish(
        run,
        active,
        countHigher(
          run.tally,
          { target, reason: "higher-epoch", text: `it is at epoch ${judgement.epoch}` },
          judgement.epoch,
          username,
        ),
      );
    case "unserved":
      return finish(
        run,
        active,
        countUnserved(run.tally, { target, reason: judgement.reason, text: judgement.text }, username, true),
      );
    case "create":
      return item.desired ? attempt(run, active, "create", null, context) : finish(run, active, run.tally);
    case "write":
      return attempt(run, active, "apply", seen, context);
  }
}

function attempt(
  run: ClusterRun,
  active: ActiveItem,
  doing: "create" | "apply",
  seen: TargetSeen | null,
  context: ClusterContext,
): ClusterRun {
  const unserved = (reason: UnservedReason, text: string) =>
    finish(
      run,
      active,
      countUnserved(run.tally, { target: targetText(run, active.item), reason, text }, seen?.username ?? null, true),
    );
  const { triesPerTargetMax, targetWritesPerTickMax } = context.settings.limits;
  if (active.tries >= triesPerTargetMax) return unserved("conflict", "somebody else keeps writing it");
  if (run.halted !== null) return unserved(run.halted.reason, run.halted.text);
  if (context.verdict === "refused" || context.verdict === "no-right")
    return unserved("refused-here", `the registry says ${context.verdict} to the value`);
  if (context.wave === "closed") return unserved("not-reached", "the canary clusters are not served");
  if (context.stopping || run.writes >= targetWritesPerTickMax)
    return unserved("not-reached", "left for the next tick");
  return go({ ...run, writes: run.writes + 1 }, { ...active, tries: active.tries + 1 }, doing, seen);
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
  if (run.halted !== null && run.queue === null) return [];
  const effects: SiteEffect[] = [];
  run.namespaces.forEach((list, plan) => {
    const query = run.plan.targets[plan]?.namespaces;
    if (list === null && query !== undefined) effects.push({ type: "list-namespaces", cluster, plan, query });
  });
  if (!run.listed) effects.push({ type: "list-secrets", cluster, page: run.page, continueToken: run.continueToken });
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
      return { type: "apply-target", ...at, uid, resourceVersion, marks, adopt: active.item.adopt };
    }
  }
}

type ClusterReply = Reply<SiteReplies[SiteEffect["type"]]>;

export function clusterReply(
  run: ClusterRun,
  effect: SiteEffect,
  reply: ClusterReply,
  context: ClusterContext,
): ClusterRun {
  // A listing that was still under way when the cluster was given up says nothing any more.
  if ((effect.type === "list-namespaces" || effect.type === "list-secrets") && run.queue !== null) return run;
  if (effect.type === "list-namespaces") {
    if (!reply.ok) return dark(run, reply.failure);
    const { namespaces } = reply.value as SiteReplies["list-namespaces"];
    return { ...run, namespaces: run.namespaces.map((list, i) => (i === effect.plan ? namespaces : list)) };
  }
  if (effect.type === "list-secrets") {
    if (!reply.ok) return dark(run, reply.failure);
    const { targets, continueToken } = reply.value as SiteReplies["list-secrets"];
    return {
      ...run,
      observed: [...run.observed, ...targets],
      page: run.page + 1,
      continueToken,
      listed: continueToken === null,
    };
  }
  if (effect.type === "prove-copy") {
    const copy = reply.ok ? (reply.value as SiteReplies["prove-copy"]).verdict : "unreachable";
    const halted =
      copy === "refused" || copy === "no-right"
        ? { reason: "refused-here" as const, text: `the registry says ${copy} to the copy read back from here` }
        : run.halted;
    return { ...run, copy, halted };
  }
  if (!("namespace" in effect)) return run;
  const active = run.active[`${effect.namespace}/${effect.name}`];
  return active === undefined || active.step !== effect.step ? run : itemReply(run, active, effect, reply, context);
}

/** Nothing of a cluster that cannot be listed is known: it is reported as a whole, and holds back no other. */
function dark(run: ClusterRun, failure: Failure): ClusterRun {
  if (run.halted !== null) return run;
  const reason = reasonOf(failure);
  const tally = countUnread(run.tally, { target: run.plan.cluster, reason, text: failure.text });
  return {
    ...run,
    halted: { reason, text: failure.text },
    listed: true,
    namespaces: run.namespaces.map(() => []),
    queue: [],
    tally,
  };
}

export function reasonOf(failure: Failure): UnservedReason {
  if (failure.reason === "malformed-neighbour") return "malformed";
  if (failure.kind === "denied" || failure.kind === "throttled" || failure.kind === "unreachable") return failure.kind;
  return failure.kind === "conflict" ? "conflict" : "invalid";
}

function itemReply(
  run: ClusterRun,
  active: ActiveItem,
  effect: SiteEffect,
  reply: ClusterReply,
  context: ClusterContext,
): ClusterRun {
  if (!reply.ok) return itemFailed(run, active, effect, reply.failure);
  switch (effect.type) {
    case "read-target":
      return judged(
        { ...run, unreachableInRow: 0 },
        active,
        (reply.value as SiteReplies["read-target"]).target,
        context,
      );
    case "create-target":
      return go(run, active, "reload", (reply.value as SiteReplies["create-target"]).target);
    case "reload-ledger": {
      // Woken late? Then at most an empty Secret is left, never an old credential.
      const { ledgerId, epoch } = reply.value as SiteReplies["reload-ledger"];
      if (ledgerId === context.value.ledgerId && epoch <= context.value.epoch)
        return go(run, active, "apply", active.seen);
      const unserved = {
        target: targetText(run, active.item),
        reason: "higher-epoch" as const,
        text: `this site is at epoch ${epoch} already`,
      };
      return finish({ ...run, halted: unserved }, active, countUnserved(run.tally, unserved, null, true));
    }
    default:
      // A receipt is read back, never taken from the write.
      return go(run, active, "read-back", undefined);
  }
}

function itemFailed(run: ClusterRun, active: ActiveItem, effect: SiteEffect, failure: Failure): ClusterRun {
  const target = targetText(run, active.item);
  const username = active.seen?.username ?? null;
  if (failure.reason === "terminating" || (failure.kind === "not-found" && effect.type === "create-target"))
    return finish(run, active, run.tally);
  if (failure.reason === "field-owner" || failure.reason === "immutable")
    return finish(run, active, countForeign(run.tally, { target, why: failure.text, username }));
  if (failure.kind === "conflict" || failure.kind === "not-found") return go(run, active, "read", undefined);
  const reason = reasonOf(failure);
  const wasRead = active.seen !== undefined && active.doing !== "read-back";
  const tally = countUnserved(run.tally, { target, reason, text: failure.text }, username, wasRead);
  const unreachableInRow = failure.kind === "unreachable" ? run.unreachableInRow + 1 : 0;
  const halted = unreachableInRow >= unreachableInRowMax ? { reason, text: failure.text } : run.halted;
  return finish({ ...run, unreachableInRow, halted }, active, tally);
}
