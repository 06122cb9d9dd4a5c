import type { Reply, ValueTrace } from "../../../core/protocol/effects.ts";
import { formatTargetMark, markAnnotation } from "../../../core/protocol/mark.ts";
import type {
  ClusterPlan,
  SiteEffect,
  SiteReplies,
  SiteSettings,
  TargetSeen,
} from "../../../core/protocol/site-effects.ts";
import { siteEffectId } from "../../../core/protocol/site-effects.ts";
import { type SiteOutcome, startSite } from "../../../core/protocol/site-run.ts";
import type { SiteLedger } from "../../../core/protocol/site-state.ts";
import { siteStep } from "../../../core/protocol/site-step.ts";
import { traceOf } from "./home-tick.ts";
import { credential, dayMs, ledgerId, minuteMs, t0 } from "./ledgers.ts";

type EffectOf<T extends SiteEffect["type"]> = Extract<SiteEffect, { type: T }>;
interface Failing {
  readonly fails: "not-found" | "conflict" | "denied" | "throttled" | "unreachable" | "invalid";
  readonly reason?: string;
}

export type SiteAnswers = {
  /** Undefined: as the working world answers. */
  readonly [T in SiteEffect["type"]]?: (effect: EffectOf<T>) => SiteReplies[T] | Failing | undefined;
};

export const failing = (kind: Failing["fails"], reason?: string): Failing =>
  reason === undefined ? { fails: kind } : { fails: kind, reason };

export function plan(cluster: string, canary = false): ClusterPlan {
  const namespaces = { by: "selector", labelSelector: "pull=yes", except: [] } as const;
  return { cluster, canary, targets: [{ namespaces, secret: "pull", adopt: false }] };
}

/** A Secret of ours as it stands at this epoch (0: empty, without a mark). */
export function target(namespace: string, epoch: number, changes: Partial<TargetSeen> = {}): TargetSeen {
  const trace = epoch === 0 ? null : traceOf(epoch);
  return {
    namespace,
    name: "pull",
    uid: `uid-${namespace}`,
    resourceVersion: `${epoch}`,
    type: "kubernetes.io/dockerconfigjson",
    immutable: false,
    installation: "here",
    marks: epoch === 0 ? {} : { [markAnnotation(credential)]: formatTargetMark({ ledgerId, epoch }) },
    otherOwners: [],
    malformed: null,
    username: trace?.username ?? null,
    hash: trace?.hash ?? null,
    ...changes,
  };
}

export interface SiteScene {
  /** Cluster → what its namespaces hold; undefined: nothing yet. */
  readonly clusters: Readonly<Record<string, Readonly<Record<string, TargetSeen | undefined>>>>;
  readonly plans?: readonly ClusterPlan[];
  readonly ledger?: SiteLedger | null;
  readonly value?: ValueTrace | null;
  readonly settings?: Partial<SiteSettings>;
  readonly limits?: Partial<SiteSettings["limits"]>;
  readonly answers?: SiteAnswers;
  /** Which of so many calls under way is answered next; the oldest where absent. */
  readonly answersNext?: (underWay: number) => number;
  /** What a write took; not measured where absent. */
  readonly tookMs?: (cluster: string, namespace: string) => number;
  /** Time at the n-th reply; stands still where absent. */
  readonly nowMs?: (replies: number) => number;
}

export interface SitePlayed {
  readonly outcome: SiteOutcome;
  readonly asked: readonly SiteEffect[];
  /** Ids in the order of asking. */
  readonly order: readonly string[];
  readonly writes: readonly string[];
  readonly ledger: SiteLedger | null;
  readonly mostAtOnce: number;
}

export function siteSettings(scene: SiteScene): SiteSettings {
  return {
    credential,
    installation: "here",
    site: "aws",
    clusters: scene.plans ?? Object.keys(scene.clusters).map((cluster) => plan(cluster)),
    limits: {
      targetWritesPerTickMax: 100,
      concurrencyPerClusterMax: 4,
      triesPerTargetMax: 3,
      canaryWaitMaxMs: 30 * minuteMs,
      waves: [],
      waveFailuresMax: 0,
      waveSlowdownMax: 5,
      waveLatencyMinMs: 2_000,
      waveWaitMaxMs: 20 * minuteMs,
      contestedPauseMs: 10 * minuteMs,
      contestedPauseMaxMs: 60 * minuteMs,
      contestedEndsMs: dayMs,
      pollMs: minuteMs,
      ...scene.limits,
    },
    resume: false,
    deadlineMs: t0 + dayMs,
    ...scene.settings,
  };
}

/** A world of working clusters that keep what they are given; values of epoch n are `traceOf(n)`. */
function workingWorld(scene: SiteScene, stored: () => SiteLedger | null): Required<SiteAnswers> {
  const held = new Map(
    Object.entries(scene.clusters).flatMap(([cluster, namespaces]) =>
      Object.entries(namespaces).map(([namespace, seen]) => [`${cluster}/${namespace}`, seen] as const),
    ),
  );
  const value = scene.value === undefined ? traceOf(2) : scene.value;
  let revision = 0;
  return {
    "load-site-ledger": () => ({ ledger: scene.ledger ?? null, revision: scene.ledger ? "r0" : null }),
    "read-round": () => ({ round: "cc" }),
    "read-value": () => ({ trace: value, present: value !== null }),
    "save-site": () => ({ revision: `r${++revision}` }),
    "prove-value": () => ({ verdict: "accepted" }),
    "prove-copy": () => ({ verdict: "accepted" }),
    "list-namespaces": ({ cluster }) => ({
      namespaces: Object.keys(scene.clusters[cluster] ?? {}).map((name) => ({ name, terminating: false })),
    }),
    "list-secrets": ({ cluster }) => ({
      targets: [...held].flatMap(([key, seen]) => (key.startsWith(`${cluster}/`) && seen ? [seen] : [])),
      continueToken: null,
    }),
    "read-target": ({ cluster, namespace }) => ({ target: held.get(`${cluster}/${namespace}`) ?? null }),
    "read-sync": ({ namespace }) => ({ text: `how it fares in ${namespace}` }),
    "create-target": ({ cluster, namespace }) => {
      const made = target(namespace, 0);
      held.set(`${cluster}/${namespace}`, made);
      return { target: made };
    },
    "reload-ledger": () => ({ ledgerId: stored()?.ledgerId ?? null, epoch: stored()?.epoch ?? 0 }),
    "apply-target": ({ cluster, namespace, marks }) => {
      held.set(`${cluster}/${namespace}`, target(namespace, value?.epoch ?? 0, { marks }));
      return { tookMs: scene.tookMs?.(cluster, namespace) ?? null };
    },
  };
}

/** One whole site tick against scripted answers. */
export function playSite(scene: SiteScene): SitePlayed {
  const nowMs = scene.nowMs ?? (() => t0);
  let saved = scene.ledger ?? null;
  const working = workingWorld(scene, () => saved) as Record<string, (effect: SiteEffect) => unknown>;
  const scripted = (scene.answers ?? {}) as Record<string, (effect: SiteEffect) => unknown>;
  const asked: SiteEffect[] = [];
  let step = siteStep(startSite(siteSettings(scene), nowMs(0)), { type: "go" }, nowMs(0));
  const queue = [...step.effects];
  let mostAtOnce = 0;
  const take = () => queue.splice(scene.answersNext?.(queue.length) ?? 0, 1)[0];
  for (let effect = take(); effect !== undefined; effect = take()) {
    mostAtOnce = Math.max(mostAtOnce, [effect, ...queue].filter((one) => "namespace" in one).length);
    asked.push(effect);
    if (asked.length > 1_000) throw new Error("this tick does not end");
    const special = scripted[effect.type]?.(effect);
    const answer = (special === undefined ? working[effect.type]?.(effect) : special) as object | null;
    const reply: Reply<never> =
      answer !== null && "fails" in answer
        ? {
            ok: false,
            failure: { kind: (answer as Failing).fails, text: "scripted", reason: (answer as Failing).reason },
          }
        : { ok: true, value: answer as never };
    if (effect.type === "save-site" && reply.ok) saved = effect.ledger;
    step = siteStep(step.state, { type: "reply", effect, reply }, nowMs(asked.length));
    queue.push(...step.effects);
  }
  const { outcome } = step.state;
  if (outcome === null) throw new Error("this tick stopped without an outcome");
  const order = asked.map((effect) => siteEffectId(effect).replace(/#\d+$/, ""));
  const writes = order.filter((id) => /^(create|apply)-target/.test(id));
  return { outcome, asked, order, writes, ledger: saved, mostAtOnce };
}
