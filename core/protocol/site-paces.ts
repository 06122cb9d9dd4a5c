import type { ClusterRun } from "./site-cluster.ts";
import type { SiteLimits } from "./site-effects.ts";

/** What a write to one cluster took in a wave: the median of one tick's writes, whole milliseconds. */
export interface Pace {
  /** In the quickest wave of this epoch. */
  readonly bestMs: number;
  /** In the last wave that wrote there. */
  readonly lastMs: number;
}

/** By cluster; those without waves (canaries) and those never written to are not in it. */
export type Paces = Readonly<Record<string, Pace>>;

/** Times of one tick's writes, the latest first: a list that grows without being copied. */
export interface Took {
  readonly ms: number;
  readonly before: Took | null;
}

/** Kept only where a wave is open: nobody else asks. */
export function withTook(run: ClusterRun, ms: number | null): ClusterRun {
  if (ms === null || run.openPercent >= 100) return run;
  return { ...run, took: { ms, before: run.took } };
}

/** Half of the writes took longer: a few that hang, a first connection or a pause move it little. */
function medianMs(took: Took): number {
  const all: number[] = [];
  for (let at: Took | null = took; at !== null; at = at.before) all.push(at.ms);
  all.sort((a, b) => a - b);
  return Math.round(all[all.length >> 1] ?? 0);
}

/** Each cluster is held to itself, for they differ. Where nothing was written nothing new is known. */
export function pacesOf(clusters: readonly ClusterRun[], before: Paces): Paces {
  const paces = clusters.flatMap(({ plan: { cluster }, took }): readonly (readonly [string, Pace])[] => {
    const known = before[cluster];
    if (took === null) return known === undefined ? [] : [[cluster, known]];
    const lastMs = medianMs(took);
    return [[cluster, { bestMs: Math.min(known?.bestMs ?? lastMs, lastMs), lastMs }]];
  });
  return Object.fromEntries(paces);
}

export type PaceLimits = Pick<SiteLimits, "waveSlowdownMax" | "waveLatencyMinMs">;

/** Clusters whose last wave took so much longer than their quickest that no wave should follow it, in words. */
export function slowed(paces: Paces | undefined, limits: PaceLimits): readonly string[] {
  const { waveSlowdownMax, waveLatencyMinMs } = limits;
  if (waveSlowdownMax === 0) return [];
  return Object.entries(paces ?? {}).flatMap(([cluster, { bestMs, lastMs }]) =>
    lastMs > waveLatencyMinMs && lastMs > waveSlowdownMax * bestMs
      ? [`${cluster} takes ${lastMs} ms for a write, ${bestMs} ms in its quickest wave`]
      : [],
  );
}
