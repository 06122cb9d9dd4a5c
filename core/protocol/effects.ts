import type { Slot } from "./mark.ts";
import type { SiteLedger } from "./site-state.ts";
import type { HomeLedger, RobotRef } from "./state.ts";

/** What a value in a store says of itself; no secret. */
export interface ValueTrace {
  readonly ledgerId: string;
  readonly epoch: number;
  readonly generation: number;
  readonly username: string;
  readonly hash: string;
}

export interface StoreSeen {
  /** Current version; null: none. */
  readonly versionId: string | null;
  /** Null: no value, or one that is not ours. */
  readonly trace: ValueTrace | null;
}

export interface RobotSeen {
  readonly id: number;
  readonly username: string;
  readonly description: string;
  readonly disabled: boolean;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
}

export type ProofVerdict = "accepted" | "refused" | "no-right" | "unreachable";

/**
 * `purpose` keeps the several logins of one tick apart: each must really be made. `out`: it should fail, and is tried
 * at one endpoint only.
 */
export type ProofPurpose = "watch" | "next" | "last" | "guard" | "repaired" | "out";

/** What a home tick may ask of the outside. One effect is one call through a port. */
export type HomeEffect =
  | { readonly type: "list-robots" }
  /** `before`: read anew, right before the robot of this id is deleted. */
  | { readonly type: "read-store"; readonly site: string; readonly before?: number }
  | { readonly type: "load-site"; readonly site: string; readonly before?: number }
  | { readonly type: "load-ledger"; readonly before?: number }
  | { readonly type: "save"; readonly ledger: HomeLedger; readonly expected: string | null; readonly why: string }
  | {
      readonly type: "mint";
      readonly generation: number;
      readonly attempt: string;
      readonly ledgerId: string;
      /** A robot of a fixed name; the secret that it is born with is not used. */
      readonly slot?: Slot;
    }
  /** PUT: life, rights and mark of a fixed robot, all anew; it is enabled by it. */
  | {
      readonly type: "renew";
      readonly id: number;
      readonly username: string;
      readonly generation: number;
      readonly attempt: string;
      readonly ledgerId: string;
      /** Days from its creation to its end. */
      readonly lifeDays: number;
    }
  /** PATCH: the secret of this version of the home store; null: one that nobody keeps. */
  | { readonly type: "refresh"; readonly id: number; readonly versionId: string | null }
  | {
      readonly type: "stage";
      readonly attempt: string;
      readonly ledgerId: string;
      readonly epoch: number;
      readonly generation: number;
      readonly robot: RobotRef;
      /** A roll back takes the value of this version; null: the secret just minted. */
      readonly fromVersionId: string | null;
      /** The secret is one that this tick drew: its robot will be given it later. */
      readonly drawn?: true;
    }
  | { readonly type: "read-version"; readonly versionId: string }
  | { readonly type: "prove"; readonly versionId: string; readonly purpose: ProofPurpose }
  | {
      readonly type: "flip";
      readonly site: string;
      readonly versionId: string;
      readonly epoch: number;
      readonly replaces: string | null;
    }
  | { readonly type: "read-round"; readonly site: string }
  | { readonly type: "write-round"; readonly site: string; readonly round: string }
  | { readonly type: "ask-usage"; readonly username: string; readonly sinceMs: number }
  | { readonly type: "whoami" }
  /** `renewed`: once more, after it was written. */
  | { readonly type: "read-robot"; readonly id: number; readonly renewed?: true }
  | { readonly type: "remove-robot"; readonly id: number }
  | { readonly type: "list-versions"; readonly site: string }
  | { readonly type: "discard"; readonly site: string; readonly versionIds: readonly string[] };

export type UsageSeen =
  | { readonly verdict: "quiet" }
  | { readonly verdict: "in-use"; readonly lastSeenMs: number; readonly resource?: string }
  | { readonly verdict: "no-evidence"; readonly why: string };

/** What each effect brings back. */
export interface HomeReplies {
  readonly "list-robots": { readonly robots: readonly RobotSeen[] };
  readonly "read-store": StoreSeen;
  readonly "load-site": { readonly ledger: SiteLedger | null };
  readonly "load-ledger": {
    readonly ledger: HomeLedger | null;
    readonly revision: string | null;
    /** By the schedule and by the current robot's expiry; null: there is no current one. */
    readonly due: DueDates | null;
  };
  readonly save: { readonly revision: string };
  readonly mint: RobotRef;
  readonly renew: null;
  readonly refresh: null;
  readonly stage: { readonly versionId: string; readonly hash: string };
  readonly "read-version": { readonly trace: ValueTrace | null };
  readonly prove: { readonly verdict: ProofVerdict };
  readonly flip: { readonly versionId: string };
  readonly "read-round": { readonly round: string | null };
  readonly "write-round": null;
  readonly "ask-usage": UsageSeen;
  readonly whoami: { readonly readOnly: boolean };
  readonly "read-robot": { readonly robot: RobotSeen | null };
  readonly "remove-robot": null;
  readonly "list-versions": {
    readonly versions: readonly {
      readonly versionId: string;
      readonly epoch: number | null;
      readonly current: boolean;
    }[];
  };
  readonly discard: null;
}

export interface DueDates {
  /** Null: no rule asks for one. */
  readonly scheduleMs: number | null;
  /** Expiry − distribution − drain − margin; null: never expires. Nothing moves this one. */
  readonly expiryMs: number | null;
}

export type FailureKind = "not-found" | "conflict" | "denied" | "throttled" | "unreachable" | "invalid";

export interface Failure {
  readonly kind: FailureKind;
  /** Safe to print. */
  readonly text: string;
  readonly reason?: string | undefined;
}

export type Reply<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** Names an effect within a tick. The same effect is asked for once a tick. */
export function effectId(effect: HomeEffect): string {
  switch (effect.type) {
    case "load-ledger":
      return effect.before === undefined ? effect.type : `${effect.type}:${effect.before}`;
    case "read-store":
    case "load-site":
      return `${effect.type}:${effect.site}${effect.before === undefined ? "" : `:${effect.before}`}`;
    case "read-round":
    case "list-versions":
      return `${effect.type}:${effect.site}`;
    case "mint":
    case "stage":
      return `${effect.type}:${effect.attempt}`;
    case "read-version":
      return `read-version:${effect.versionId}`;
    case "prove":
      return `prove:${effect.purpose}:${effect.versionId}`;
    case "flip":
      return `flip:${effect.site}:${effect.epoch}`;
    case "write-round":
      return `write-round:${effect.site}:${effect.round}`;
    case "ask-usage":
      return `ask-usage:${effect.username}`;
    case "read-robot":
      return `${effect.type}:${effect.id}${effect.renewed ? ":renewed" : ""}`;
    case "remove-robot":
    case "renew":
      return `${effect.type}:${effect.id}`;
    case "refresh":
      return `refresh:${effect.id}:${effect.versionId ?? "thrown away"}`;
    case "discard":
      return `discard:${effect.site}:${effect.versionIds.join(",")}`;
    default:
      return effect.type;
  }
}
