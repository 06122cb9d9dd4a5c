import type { Failure, Reply } from "./effects.ts";
import { type ActiveItem, type ClusterContext, type ClusterRun, targetText } from "./site-cluster.ts";
import { leftToRead } from "./site-cluster-queue.ts";
import type { ClusterEffect, SiteReplies, TargetEffect } from "./site-effects.ts";
import { finish, go, judged, readBack } from "./site-items.ts";
import { withTook } from "./site-paces.ts";
import type { UnservedReason } from "./site-state.ts";
import { countForeign, countUnread, countUnserved } from "./site-tally.ts";

const unreachableInRowMax = 3;

type ClusterReply = Reply<SiteReplies[keyof SiteReplies]>;

export function clusterReply(
  run: ClusterRun,
  effect: ClusterEffect,
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
    return { ...run, arrived: targets, page: run.page + 1, continueToken, listed: continueToken === null };
  }
  if (effect.type === "prove-copy") {
    const copy = reply.ok ? (reply.value as SiteReplies["prove-copy"]).verdict : "unreachable";
    const halted =
      copy === "refused" || copy === "no-right"
        ? { reason: "refused-here" as const, text: `the registry says ${copy} to the copy read back from here` }
        : run.halted;
    return { ...run, copy, halted, failed: run.failed + (halted?.reason === "refused-here" ? 1 : 0) };
  }
  const active = run.active[`${effect.namespace}/${effect.name}`];
  return active === undefined || active.step !== effect.step ? run : itemReply(run, active, effect, reply, context);
}

/**
 * What a cluster that cannot be listed holds is not known: it is reported as a whole, and holds back no other. What
 * was written there before is read back one by one, unless the cluster is to be let alone.
 */
function dark(run: ClusterRun, failure: Failure): ClusterRun {
  const why = { reason: reasonOf(failure), text: failure.text };
  const halted = run.halted ?? why;
  if (run.phase === "read-back") return { ...run, ...leftToRead(run), halted };
  const tally = countUnread(run.tally, { target: run.plan.cluster, ...why });
  const failed = run.failed + (why.reason === "throttled" ? 1 : 0);
  return { ...run, phase: "missing", queue: [], cursor: 0, tally, halted, failed };
}

export function reasonOf(failure: Failure): UnservedReason {
  if (failure.reason === "malformed-neighbour") return "malformed";
  if (failure.kind === "denied" || failure.kind === "throttled" || failure.kind === "unreachable") return failure.kind;
  return failure.kind === "conflict" ? "conflict" : "invalid";
}

function itemReply(
  run: ClusterRun,
  active: ActiveItem,
  effect: TargetEffect,
  reply: ClusterReply,
  context: ClusterContext,
): ClusterRun {
  if (effect.type === "read-sync") {
    const text = reply.ok ? (reply.value as SiteReplies["read-sync"]).text : reply.failure.text;
    const unserved = { target: targetText(run, active.item), reason: "not-synced" as const, text };
    return finish(run, active, countUnserved(run.tally, unserved, active.seen?.username ?? null, true));
  }
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
      const sameLedger = ledgerId === context.value.ledgerId;
      if (sameLedger && epoch <= context.value.epoch) return go(run, active, "apply", active.seen);
      const text = sameLedger ? `this site is at epoch ${epoch} already` : "this site's ledger is another by now";
      const halted = { reason: "higher-epoch" as const, text };
      const unserved = { target: targetText(run, active.item), ...halted };
      return finish({ ...run, halted }, active, countUnserved(run.tally, unserved, null, true));
    }
    default:
      return readBack(withTook(run, (reply.value as SiteReplies["apply-target"]).tookMs), active);
  }
}

function itemFailed(run: ClusterRun, active: ActiveItem, effect: TargetEffect, failure: Failure): ClusterRun {
  const target = targetText(run, active.item);
  const username = active.seen?.username ?? null;
  if (failure.reason === "terminating" || (failure.kind === "not-found" && effect.type === "create-target"))
    return finish(run, active, run.tally);
  if (failure.reason === "field-owner" || failure.reason === "immutable")
    return finish(run, active, countForeign(run.tally, { target, why: failure.text, username }));
  if (failure.reason === "busy")
    return finish(
      run,
      active,
      countUnserved(run.tally, { target, reason: "busy", text: failure.text }, username, true),
    );
  if (failure.kind === "conflict" || failure.kind === "not-found") return go(run, active, "read", undefined);
  const reason = reasonOf(failure);
  const tally = countUnserved(run.tally, { target, reason, text: failure.text }, username, active.seen !== undefined);
  const unreachableInRow = failure.kind === "unreachable" ? run.unreachableInRow + 1 : 0;
  const halted = unreachableInRow >= unreachableInRowMax ? { reason, text: failure.text } : run.halted;
  const failed = run.failed + (active.tries > 0 || reason === "throttled" ? 1 : 0);
  return finish({ ...run, unreachableInRow, halted, failed }, active, tally);
}
