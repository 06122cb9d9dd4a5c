import type { ValueTrace } from "./effects.ts";
import { backoffMs } from "./settings.ts";
import type { ActiveItem, ClusterContext, ClusterRun } from "./site-cluster.ts";
import type { SiteLimits, TargetSeen } from "./site-effects.ts";
import { type ForeignTarget, type Report, type TakenBack, unservedNamedMax } from "./site-state.ts";

/** So many are remembered of a site; more are written in every tick. */
const takenBackMax = 50;
const ownersNamedMax = 3;

type Pauses = Pick<SiteLimits, "contestedPauseMs" | "contestedPauseMaxMs" | "contestedEndsMs">;

/** When it is written again: after the first time at once, then with growing pauses. */
function writtenAgainMs({ times, atMs }: TakenBack, limits: Pauses): number {
  return atMs + backoffMs(times - 1, limits.contestedPauseMs, limits.contestedPauseMaxMs);
}

/**
 * A target that configuration adopts needs a write, and somebody else is seen to write it. `run`: what is remembered
 * of it now. `contested`: how it is reported, where the write waits; null: it is made.
 * Taken back is what was written and read back in this tick, or served by the last report, and is another's again.
 * While the write waits nothing of ours is lost: what stands there is theirs since before the pause.
 */
export function whileContested(
  before: ClusterRun,
  active: ActiveItem,
  seen: TargetSeen,
  { settings: { limits }, value, report, startedMs }: ClusterContext,
): { readonly run: ClusterRun; readonly contested: ForeignTarget | null } {
  if (seen.otherOwners.length === 0) return { run: before, contested: null };
  const { cluster } = before.plan;
  const target = `${cluster}/${seen.namespace}/${seen.name}`;
  const now = active.doing === "read-back" || (active.tries === 0 && wasServed(report, value, cluster, target));
  const by = seen.otherOwners.slice(0, ownersNamedMax).join(", ");
  const run = now ? { ...before, takenBack: noted(before.takenBack, target, by, startedMs, limits) } : before;
  const known = run.takenBack.find((one) => one.target === target);
  if (known === undefined || startedMs >= writtenAgainMs(known, limits)) return { run, contested: null };
  const untilMs = writtenAgainMs(known, limits);
  const why = `contested: taken back ${known.times} times by ${known.by}`;
  return { run, contested: { target, why, username: seen.username, untilMs } };
}

/** Only a report that names whatever was not served tells that all others were. */
function wasServed(report: Report | null, value: ValueTrace, cluster: string, target: string): boolean {
  if (report === null || report.ledgerId !== value.ledgerId || report.epoch !== value.epoch) return false;
  const { served, wanted, unserved, foreign } = report;
  if (wanted - served !== unserved.length || foreign.length === unservedNamedMax) return false;
  return ![...unserved, ...foreign].some((one) => one.target === target || one.target === cluster);
}

function noted(
  before: readonly TakenBack[],
  target: string,
  by: string,
  nowMs: number,
  { contestedEndsMs }: Pauses,
): readonly TakenBack[] {
  const known = before.find((one) => one.target === target);
  if (known === undefined && before.length >= takenBackMax) return before;
  const times = known !== undefined && nowMs - known.atMs < contestedEndsMs ? known.times + 1 : 1;
  return [...before.filter((one) => one !== known), { target, by, times, atMs: nowMs }];
}

/** What is remembered of one cluster's targets. */
export function takenBackIn(cluster: string, all: readonly TakenBack[] = []): readonly TakenBack[] {
  return all.filter(({ target }) => target.startsWith(`${cluster}/`));
}

/** What the site's ledger goes on remembering: the most contested, and none that has been left alone long enough. */
export function takenBackOf(
  clusters: readonly ClusterRun[],
  nowMs: number,
  { contestedEndsMs }: Pauses,
): { readonly takenBack?: readonly TakenBack[] } {
  const lately = clusters
    .flatMap(({ takenBack }) => takenBack)
    .filter(({ atMs }) => nowMs - atMs < contestedEndsMs)
    .sort((a, b) => b.times - a.times || (a.target < b.target ? -1 : 1))
    .slice(0, takenBackMax);
  return lately.length === 0 ? {} : { takenBack: lately };
}
