import { withKey, withoutKey } from "./keyed.ts";
import {
  type ActiveItem,
  type ClusterContext,
  type ClusterRun,
  type Item,
  isLeftAlone,
  keyOf,
  targetText,
  wantedOf,
} from "./site-cluster.ts";
import { whileContested } from "./site-contested.ts";
import type { TargetSeen } from "./site-effects.ts";
import type { UnservedReason } from "./site-state.ts";
import {
  countForeign,
  countHeld,
  countHigher,
  countServed,
  countUnread,
  countUnserved,
  type Tally,
} from "./site-tally.ts";
import { bearsOurMark, judgeTarget } from "./site-target.ts";
import { isHeld } from "./site-waves.ts";

/** The next target of the queue: counted if that can be told at once, else read. */
export function beginItem(run: ClusterRun, item: Item, context: ClusterContext): ClusterRun {
  const written = item.step > 0;
  const { seen, step, tries } = item;
  const active: ActiveItem = { item, doing: written ? "read-back" : "read", seen, step, tries };
  if (item.seen === undefined) {
    const over = written ? isLeftAlone(run) : run.halted !== null || context.stopping;
    if (over) return unreached(run, item);
    return { ...run, active: withKey(run.active, keyOf(item), active) };
  }
  return judged(run, active, item.seen, context);
}

function unreached(run: ClusterRun, item: Item): ClusterRun {
  const why = run.halted ?? { reason: "not-reached" as const, text: "no time was left" };
  const left = run.left + (why.reason === "not-reached" ? 1 : 0);
  // Written in this tick, and nobody could be asked what became of it.
  const failed = run.failed + (item.step > 0 ? 1 : 0);
  return { ...run, left, failed, tally: countUnread(run.tally, { target: targetText(run, item), ...why }) };
}

/** Nothing more is done about it in this tick. */
export function finish(run: ClusterRun, active: ActiveItem, tally: Tally): ClusterRun {
  return { ...run, active: withoutKey(run.active, keyOf(active.item)), tally };
}

/** The next thing to be done about it. */
export function go(
  run: ClusterRun,
  active: ActiveItem,
  doing: ActiveItem["doing"],
  seen: TargetSeen | null | undefined,
): ClusterRun {
  const next: ActiveItem = { ...active, doing, seen, step: active.step + 1 };
  return { ...run, active: withKey(run.active, keyOf(active.item), next) };
}

/**
 * A target was written: read it back. A receipt is a read, never the answer to a write. Where Secrets can be listed
 * one listing does it for all, at the end; but for the first, whose copy is to be tried at the registry at once.
 */
export function readBack(run: ClusterRun, active: ActiveItem): ClusterRun {
  const first = !run.copyWanted && !Object.values(run.active).some(({ doing }) => doing === "read-back");
  const together = run.plan.rights !== "named" && (run.phase === "look" || run.phase === "missing");
  if (first || !together) return go(run, active, "read-back", undefined);
  const { step, tries } = active;
  const item: Item = { ...active.item, seen: undefined, step: step + 1, tries };
  const written = { item, count: (run.written?.count ?? 0) + 1, before: run.written };
  return { ...finish(run, active, run.tally), written };
}

/** A target was read: count it, or do what it needs. */
export function judged(
  run: ClusterRun,
  active: ActiveItem,
  seen: TargetSeen | null,
  context: ClusterContext,
): ClusterRun {
  const { item } = active;
  const target = targetText(run, item);
  const judgement = judgeTarget(seen, wantedOf(context, item));
  const username = seen?.username ?? null;
  switch (judgement.is) {
    case "served":
      return finish(
        { ...run, copyWanted: run.copyWanted || active.step > 0 },
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
      if (judgement.text === null) return go(run, active, "sync", seen);
      return finish(
        run,
        active,
        countUnserved(run.tally, { target, reason: judgement.reason, text: judgement.text }, username, true),
      );
    case "create":
      return item.desired ? attempt(run, active, "create", null, context) : finish(run, active, run.tally);
    case "write":
      return seen === null ? run : needsWrite(run, active, seen, context);
  }
}

function needsWrite(before: ClusterRun, active: ActiveItem, seen: TargetSeen, context: ClusterContext): ClusterRun {
  const { run, contested } = whileContested(before, active, seen, context);
  if (contested !== null) {
    const failed = run.failed + (active.tries > 0 ? 1 : 0);
    return finish({ ...run, failed }, active, countForeign(run.tally, contested));
  }
  if (isHeldHere(run, seen, context))
    return finish({ ...run, held: run.held + 1 }, active, countHeld(run.tally, seen.username));
  // Without a mark nothing shows that we are not behind: as with a missing one, the site's ledger is read again first.
  const fenced = bearsOurMark(seen, context.settings.credential, context.value.ledgerId);
  return attempt(run, active, fenced ? "apply" : "reload", seen, context);
}

function isHeldHere({ plan, openPercent }: ClusterRun, seen: TargetSeen, { settings, value }: ClusterContext): boolean {
  const { namespace, name } = seen;
  return isHeld({ cluster: plan.cluster, namespace, name }, seen, settings.credential, value, openPercent);
}

/** A write, where this tick may still make one; else counted as what keeps it from being made. */
export function attempt(
  run: ClusterRun,
  active: ActiveItem,
  doing: "create" | "reload" | "apply",
  seen: TargetSeen | null,
  context: ClusterContext,
): ClusterRun {
  const unserved = (reason: UnservedReason, text: string) =>
    finish(
      {
        ...run,
        failed: run.failed + (reason === "conflict" || reason === "refused-here" ? 1 : 0),
        left: run.left + (reason === "not-reached" ? 1 : 0),
      },
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
