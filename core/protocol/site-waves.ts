import type { ValueTrace } from "./effects.ts";
import type { Problem } from "./home-state.ts";
import { markAnnotation, parseTargetMark } from "./mark.ts";
import type { ClusterRun } from "./site-cluster.ts";
import type { SiteSettings, TargetAt, TargetSeen } from "./site-effects.ts";
import { type PaceLimits, type Paces, pacesOf, slowed } from "./site-paces.ts";
import type { Report, SiteLedger } from "./site-state.ts";

/** How far a tick got that wrote only a share of the site's targets; the counts are of all its clusters. */
export interface Wave {
  /** Of the targets outside canary clusters, in percent. */
  readonly percent: number;
  /** Writes that were tried and not read back as ours; a registry that refuses the value; a throttled listing. */
  readonly failed: number;
  /** Of this wave or an earlier one, and not come to: no time, too many for a tick, canaries not served. */
  readonly left: number;
  /** Keep an older login until a later wave. */
  readonly held: number;
  /** Absent: nothing was written in waves yet. */
  readonly paces?: Paces | undefined;
}

type WaveLimits = Pick<SiteSettings["limits"], "waveFailuresMax"> & PaceLimits;

const slowNamedMax = 3;
/** By so much a wave whose writes were slow grows in a tick, until they are quick again: somebody has to try. */
const trialPercent = 1;

/**
 * Share of the targets that this tick may write, in percent. A wave is a tick: the next one opens by the report of the
 * one before, where nothing of it was left, no more failed than may, and no cluster grew slow. A halt slows down and
 * never ends: after `waveWaitMaxMs` all is open.
 */
export function openPercent(settings: SiteSettings, ledger: SiteLedger, epoch: number, nowMs: number): number {
  const { waves, waveWaitMaxMs } = settings.limits;
  const [first] = waves;
  if (first === undefined || nowMs - ledger.epochSinceMs >= waveWaitMaxMs) return 100;
  if (ledger.report?.epoch !== epoch) return first;
  const { wave } = ledger.report;
  if (wave === undefined) return 100;
  const passed = wave.left === 0 && !hasFailed(wave, settings.limits);
  if (!passed && !settings.resume) return wave.percent;
  const isSlow = slowed(wave.paces, settings.limits).length > 0;
  if (isSlow && !settings.resume) return wave.percent + trialPercent;
  return waves.find((percent) => percent > wave.percent) ?? 100;
}

/**
 * Does this target keep what it holds until a later wave? Only where it holds a login that is not this epoch's: with
 * none, or ours spoiled by somebody, there is nothing that waiting could save.
 */
export function isHeld(
  at: TargetAt,
  seen: TargetSeen,
  credential: string,
  value: ValueTrace,
  percent: number,
): boolean {
  if (seen.username === null) return false;
  if (parseTargetMark(seen.marks[markAnnotation(credential)])?.epoch === value.epoch) return false;
  return placeInWaves(at) >= percent;
}

/** What a report says of the wave; nothing where all was open, or all is served. */
export function waveOf(
  clusters: readonly ClusterRun[],
  { complete, served, wanted }: Pick<Report, "complete" | "served" | "wanted">,
  before: Paces,
): Pick<Report, "wave"> {
  const percent = Math.min(100, ...clusters.map((run) => run.openPercent));
  if (percent === 100 || (complete && served === wanted)) return {};
  const sum = (of: "failed" | "left" | "held") => clusters.reduce((total, run) => total + run[of], 0);
  const paces = pacesOf(clusters, before);
  const measured = Object.keys(paces).length > 0 ? { paces } : {};
  return { wave: { percent, failed: sum("failed"), left: sum("left"), held: sum("held"), ...measured } };
}

function hasFailed({ failed }: Wave, limits: WaveLimits): boolean {
  return failed > limits.waveFailuresMax;
}

/** Why the next wave does not follow this one; empty: it does. */
function haltedBy(wave: Wave, limits: WaveLimits): readonly string[] {
  const slow = slowed(wave.paces, limits);
  const more = slow.length > slowNamedMax ? [`${slow.length - slowNamedMax} more are as slow`] : [];
  return [
    ...(hasFailed(wave, limits) ? [`${wave.failed} failed, ${limits.waveFailuresMax} may`] : []),
    ...slow.slice(0, slowNamedMax),
    ...more,
  ];
}

export function waveProblem(
  { site, limits }: { readonly site: string; readonly limits: WaveLimits },
  wave: Wave,
): Problem {
  const { percent, left, held } = wave;
  const keep = `${held} targets keep their login`;
  const reasons = haltedBy(wave, limits);
  if (reasons.length > 0) {
    const again = hasFailed(wave, limits) || left > 0 ? "It is tried again" : "One percent more is tried";
    const text = `${site}: halted at the wave of ${percent} %: ${reasons.join("; ")}; ${keep}. ${again} in the next tick; "tick --resume" opens the next wave all the same`;
    return { code: "wave-halted", text, blocks: false };
  }
  const text = `${site}: the wave of ${percent} % ${left > 0 ? `goes on, ${left} of it are left` : "is written"}; ${keep} until the next`;
  return { code: "wave-open", text, blocks: false };
}

/** 0 to 99, always the same for a target: FNV-1a over `cluster/namespace/name`, so that nobody keeps a list. */
export function placeInWaves({ cluster, namespace, name }: TargetAt): number {
  let hash = 0x811c9dc5;
  for (const char of `${cluster}/${namespace}/${name}`)
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash % 100;
}
