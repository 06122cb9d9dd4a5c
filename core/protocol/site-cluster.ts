import type { ProofVerdict, ValueTrace } from "./effects.ts";
import type { ClusterPlan, SiteSettings, TargetSeen, TargetWriter } from "./site-effects.ts";
import type { Took } from "./site-paces.ts";
import type { Report, TakenBack, UnservedReason } from "./site-state.ts";
import { emptyTally, type Tally } from "./site-tally.ts";
import type { Wanted } from "./site-target.ts";

/** A target to look at. `seen` undefined: not read yet; null: known to be absent. */
export interface Item {
  readonly namespace: string;
  readonly name: string;
  readonly adopt: boolean;
  readonly repair: boolean;
  readonly writer: TargetWriter | undefined;
  /** Selected by the configuration now; what is only marked is served too, but never made again. */
  readonly desired: boolean;
  readonly seen: TargetSeen | undefined;
  /** Effects so far: above 0 it was written in this tick, and waits to be read back. */
  readonly step: number;
  readonly tries: number;
}

/** A target that something is being done about. */
export interface ActiveItem {
  readonly item: Item;
  readonly doing: "read" | "sync" | "create" | "reload" | "apply" | "read-back";
  readonly seen: TargetSeen | null | undefined;
  /** Grows with every effect: names each call apart. */
  readonly step: number;
  readonly tries: number;
}

/** What was written and not read back yet, the latest first: a list that grows without being copied. */
export interface Written {
  readonly item: Item;
  readonly count: number;
  readonly before: Written | null;
}

/**
 * | phase | makes a queue of | left when |
 * |---|---|---|
 * | `look` | each page of the labelled Secrets, as it comes | the last page's targets are begun |
 * | `missing` | selected places in which no Secret was listed | nothing is under way |
 * | `read-back` | each page of a second listing: what was written | the last page's targets are begun |
 * | `rest` | what was written and stood in no second listing: read one by one | – |
 */
export type Phase = "look" | "missing" | "read-back" | "rest";

/** One cluster's part of a site tick: what was listed, what is being served, what it came to. */
export interface ClusterRun {
  readonly plan: ClusterPlan;
  readonly phase: Phase;
  /** By selection; null: not known yet. One by names is asked last, and only for what no listing showed. */
  readonly namespaces: readonly (readonly { readonly name: string; readonly terminating: boolean }[] | null)[];
  /** Counts the pages of both listings. */
  readonly page: number;
  readonly continueToken: string | null;
  /** A page that came and is not in the queue yet. */
  readonly arrived: readonly TargetSeen[] | null;
  /** The last page of this listing came. */
  readonly listed: boolean;
  /** `namespace/name` of what each page of this listing held: no more is kept of a page that is done. */
  readonly keys: readonly (readonly string[])[];
  /** Null: the next one waits for a listing. */
  readonly queue: readonly Item[] | null;
  readonly cursor: number;
  readonly active: Readonly<Record<string, ActiveItem>>;
  readonly written: Written | null;
  readonly tally: Tally;
  readonly takenBack: readonly TakenBack[];
  /** Share of its targets that may be written in this tick, in percent. */
  readonly openPercent: number;
  /** What the next wave depends on (`site-waves.ts`). */
  readonly failed: number;
  readonly left: number;
  readonly held: number;
  /** Null: none was measured. */
  readonly took: Took | null;
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
  /** As the last tick left it. */
  readonly report: Report | null;
  readonly startedMs: number;
  /** Verdict on the value before its first hand-out in this tick; null: not asked yet. */
  readonly verdict: ProofVerdict | null;
  readonly wave: "open" | "waiting" | "closed";
  readonly stopping: boolean;
}

export function startCluster(plan: ClusterPlan, openPercent: number, takenBack: readonly TakenBack[]): ClusterRun {
  return {
    plan,
    phase: plan.rights === "named" ? "missing" : "look",
    namespaces: plan.targets.map(() => null),
    page: 0,
    continueToken: null,
    arrived: null,
    listed: false,
    keys: [],
    queue: null,
    cursor: 0,
    active: {},
    written: null,
    tally: emptyTally,
    takenBack,
    openPercent,
    failed: 0,
    left: 0,
    held: 0,
    took: null,
    writes: 0,
    copy: null,
    copyWanted: false,
    unreachableInRow: 0,
    halted: null,
  };
}

export function clusterDone(run: ClusterRun): boolean {
  const copied = !run.copyWanted || run.copy !== null;
  const begun = run.phase === "rest" && run.queue !== null && run.cursor >= run.queue.length;
  return begun && Object.keys(run.active).length === 0 && copied;
}

/** Nobody answers, or wants to be left alone: what was written is not even read back. */
export function isLeftAlone({ halted }: ClusterRun): boolean {
  return halted?.reason === "unreachable" || halted?.reason === "throttled";
}

/** Did anything here fail in a way that should keep the next wave back? */
export function clusterFailed(run: ClusterRun): boolean {
  // What others fetch in their own time has not failed: the store is flipped already.
  const failed = run.tally.unserved.some(({ reason }) => reason !== "not-synced");
  return failed || (run.copy !== null && run.copy !== "accepted" && run.copy !== "unreachable");
}

export function wantedOf(context: ClusterContext, item: Pick<Item, "adopt" | "repair" | "writer">): Wanted {
  const { credential, installation } = context.settings;
  const { adopt, repair, writer } = item;
  return { credential, installation, adopt, repair, writer, value: context.value };
}

/** `namespace/name` */
export function keyOf(item: { readonly namespace: string; readonly name: string }): string {
  return `${item.namespace}/${item.name}`;
}

/** `cluster/namespace/name`, as reports name it. */
export function targetText(run: ClusterRun, item: { readonly namespace: string; readonly name: string }): string {
  return `${run.plan.cluster}/${keyOf(item)}`;
}
