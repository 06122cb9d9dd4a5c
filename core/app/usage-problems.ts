import type { UsageSeen } from "../protocol/effects.ts";
import { usageOf } from "../protocol/home-records.ts";
import { answerTo, type HomeState, type Problem } from "../protocol/home-state.ts";
import type { Replaced } from "../protocol/state.ts";
import { formatTime } from "../schedule/time.ts";

/** A pull that was under way when the drain began; and `Date` headers, by which clocks are compared, have whole seconds. */
const underWayMs = 60_000;

/** When the drain began that the log was asked about: what it said may have begun it anew since. By the registry's clock where known. */
function drainBeganMs(state: HomeState, { generation }: Replaced): number {
  const loaded = answerTo(state, { type: "load-ledger" })?.ledger?.replaced;
  const from = loaded?.find((record) => record.generation === generation)?.drainFrom;
  return from?.registryMs ?? from?.localMs ?? Number.NEGATIVE_INFINITY;
}

/** What the audit log said in this tick of the use of a replaced generation; null: it was not asked, or did not answer. */
function usageSeen(state: HomeState, record: Replaced): UsageSeen | null {
  return answerTo(state, usageOf(record)) ?? null;
}

/** The same in words; null: nothing was said. Silence is that since the drain began. */
export function usageText(state: HomeState, record: Replaced): string | null {
  const usage = usageSeen(state, record);
  if (usage === null) return null;
  if (usage.verdict === "no-evidence") return `no evidence of use: ${usage.why}`;
  if (usage.verdict === "quiet") return `quiet since ${formatTime(usageOf(record).sinceMs)}`;
  const image = usage.resource === undefined ? "" : ` of ${usage.resource}`;
  return `in use: pulled with at ${formatTime(usage.lastSeenMs)}${image}`;
}

/**
 * Somebody pulls with a robot that every store and every target known here is past: its drain begins anew, and only a
 * person can find out who that is. The log names no address and no client (harbor.md §3): name, time and image are all.
 */
export function usageProblems(state: HomeState): readonly Problem[] {
  return (state.ledger?.replaced ?? []).flatMap((record): readonly Problem[] => {
    const usage = usageSeen(state, record);
    if (record.state !== "draining" || usage?.verdict !== "in-use") return [];
    if (usage.lastSeenMs - drainBeganMs(state, record) <= underWayMs) return [];
    const { generation, robot } = record;
    const image = usage.resource === undefined ? "" : `, of ${usage.resource}`;
    const end = robot.expiresAtMs === null ? "" : `; at latest it ends at ${new Date(robot.expiresAtMs).toISOString()}`;
    const text = `${robot.username} of generation ${generation} was pulled with at ${new Date(usage.lastSeenMs).toISOString()}${image}, though everybody known here holds a later one: look for a copy that nobody manages. Its drain begins anew${end}`;
    return [{ code: "still-used", text, blocks: false }];
  });
}
