import type { ProofVerdict, ValueTrace } from "./effects.ts";
import type { SiteLedger } from "./site-state.ts";

export type NamespaceQuery =
  | { readonly by: "names"; readonly names: readonly string[] }
  | { readonly by: "selector"; readonly labelSelector: string; readonly except: readonly string[] };

/** What a cluster is to hold of one credential. */
export interface TargetPlan {
  readonly namespaces: NamespaceQuery;
  readonly secret: string;
  /** Take over a Secret of this name that somebody else made. */
  readonly adopt: boolean;
  /** Drop entries of its that stop every pull. Absent: they are named, and it is not written. */
  readonly repair?: boolean;
  /** Who writes it in our place: it is only read. Absent: we do. */
  readonly writer?: TargetWriter | undefined;
}

/**
 * External Secrets fetches the value from the store by itself, in its own time; a copier copies it from a Secret
 * (`namespace/name`) that is a target of its own.
 */
export type TargetWriter =
  | { readonly by: "external-secrets" }
  | { readonly by: CopySeen["by"]; readonly source: string };

/** What a copy tells of how it came to be. */
export interface CopySeen {
  readonly by: "replicator" | "reflector" | "kyverno";
  /** `namespace/name`; null: it does not say. */
  readonly source: string | null;
  /** Words for the state of the source that it is; null: it does not say. */
  readonly state: string | null;
}

export interface ClusterPlan {
  readonly cluster: string;
  /** Served before the clusters that are none. */
  readonly canary: boolean;
  /** `named`: Secrets are read one by one, for there is no right to list any. Absent: `list`. */
  readonly rights?: "list" | "named";
  readonly targets: readonly TargetPlan[];
}

export interface SiteLimits {
  readonly targetWritesPerTickMax: number;
  readonly concurrencyPerClusterMax: number;
  readonly triesPerTargetMax: number;
  readonly canaryWaitMaxMs: number;
  /** Growing shares in percent; each is a tick of its own. Empty: all at once. */
  readonly waves: readonly number[];
  /** Failed writes of one wave that do not stop the next. */
  readonly waveFailuresMax: number;
  /** A write's time in a wave over that in the quickest one, in one cluster, beyond which the next is not opened. 0: any may. */
  readonly waveSlowdownMax: number;
  /** Up to here a write is quick, however much quicker others were. */
  readonly waveLatencyMinMs: number;
  /** From the first sight of an epoch until all may be written, whatever failed. */
  readonly waveWaitMaxMs: number;
  /** Before a target is written again that was taken back twice; doubles each further time. */
  readonly contestedPauseMs: number;
  readonly contestedPauseMaxMs: number;
  /** So long without being taken back: no longer contested. More than the longest pause. */
  readonly contestedEndsMs: number;
  readonly pollMs: number;
}

export interface SiteSettings {
  readonly credential: string;
  readonly installation: string;
  readonly site: string;
  readonly clusters: readonly ClusterPlan[];
  readonly limits: SiteLimits;
  /** The next wave is opened whatever the one before came to. */
  readonly resume: boolean;
  readonly deadlineMs: number;
}

/** One Secret as read back, as far as the protocol judges it. */
export interface TargetSeen {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly type: string;
  readonly immutable: boolean;
  /** Value of our installation label; null: not labelled. */
  readonly installation: string | null;
  /** The marks (annotations under our prefix), of all credentials. */
  readonly marks: Readonly<Record<string, string>>;
  readonly otherOwners: readonly string[];
  /** Absent: nothing shows that it is a copy. */
  readonly copy?: CopySeen | undefined;
  /** Words for what kubelet would stumble over; null: it parses. */
  readonly malformed: string | null;
  /** Under our registry key. */
  readonly username: string | null;
  readonly hash: string | null;
}

export interface TargetAt {
  readonly cluster: string;
  readonly namespace: string;
  readonly name: string;
}

export type SiteEffect =
  | { readonly type: "load-site-ledger" }
  | { readonly type: "read-round" }
  | { readonly type: "read-value" }
  | { readonly type: "save-site"; readonly ledger: SiteLedger; readonly expected: string | null }
  | { readonly type: "prove-value" }
  | {
      readonly type: "list-namespaces";
      readonly cluster: string;
      readonly plan: number;
      readonly query: NamespaceQuery;
    }
  | {
      readonly type: "list-secrets";
      readonly cluster: string;
      readonly page: number;
      readonly continueToken: string | null;
    }
  | ({ readonly type: "read-target"; readonly step: number } & TargetAt)
  | ({ readonly type: "read-sync"; readonly step: number } & TargetAt)
  | ({ readonly type: "create-target"; readonly step: number } & TargetAt)
  | ({ readonly type: "reload-ledger"; readonly step: number } & TargetAt)
  | ({
      readonly type: "apply-target";
      readonly step: number;
      readonly uid: string;
      readonly resourceVersion: string;
      readonly marks: Readonly<Record<string, string>>;
      /** Takes the Secret over from whoever else writes it. */
      readonly adopt: boolean;
      readonly repair: boolean;
    } & TargetAt)
  | { readonly type: "prove-copy"; readonly cluster: string };

/** Asked of one cluster. */
export type ClusterEffect = Extract<SiteEffect, { readonly cluster: string }>;

/** About one target. */
export type TargetEffect = Extract<SiteEffect, TargetAt>;

export interface SiteReplies {
  readonly "load-site-ledger": { readonly ledger: SiteLedger | null; readonly revision: string | null };
  readonly "read-round": { readonly round: string | null };
  readonly "read-value": { readonly trace: ValueTrace | null; readonly present: boolean };
  readonly "save-site": { readonly revision: string };
  readonly "prove-value": { readonly verdict: ProofVerdict };
  readonly "list-namespaces": {
    readonly namespaces: readonly { readonly name: string; readonly terminating: boolean }[];
  };
  readonly "list-secrets": { readonly targets: readonly TargetSeen[]; readonly continueToken: string | null };
  readonly "read-target": { readonly target: TargetSeen | null };
  /** Words for how its writer fares with it. */
  readonly "read-sync": { readonly text: string };
  readonly "create-target": { readonly target: TargetSeen };
  readonly "reload-ledger": { readonly ledgerId: string | null; readonly epoch: number };
  /** From the call to its answer; null: not measured. */
  readonly "apply-target": { readonly tookMs: number | null };
  readonly "prove-copy": { readonly verdict: ProofVerdict };
}

export function siteEffectId(effect: SiteEffect): string {
  switch (effect.type) {
    case "list-namespaces":
      return `list-namespaces:${effect.cluster}:${effect.plan}`;
    case "list-secrets":
      return `list-secrets:${effect.cluster}:${effect.page}`;
    case "prove-copy":
      return `prove-copy:${effect.cluster}`;
    case "read-target":
    case "read-sync":
    case "create-target":
    case "reload-ledger":
    case "apply-target":
      return `${effect.type}:${effect.cluster}/${effect.namespace}/${effect.name}#${effect.step}`;
    default:
      return effect.type;
  }
}
