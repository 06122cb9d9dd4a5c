import type { Act } from "../../core/protocol/settings.ts";
import type { Strategy } from "../../core/protocol/state.ts";

/** What may go wrong, or be asked, in a world; each has its own budget. */
export type Fault =
  | "crash"
  /** A request never arrives, or takes effect and its reply is lost. */
  | "lost"
  /** No reply comes, and a write takes effect at any later moment. */
  | "late"
  | "refused"
  /** A store answers from before its last change. */
  | "stale"
  /** A ledger answers from before its last save, as Google's annotations may. */
  | "stale-ledger"
  | "restored-ledger"
  /** All of home's ledger store: its site's ledger, too. */
  | "restored-table"
  | "lost-ledger"
  | "restored-store"
  | "secret-deleted"
  /** An administrator changes what the issuer may do. Given back before a world must come to rest. */
  | "rights"
  | "roll-back"
  | "revoke"
  | "dark";

/** How a world must come to rest once faults have stopped. */
export type Rest =
  /** Idle, every store and target served, one robot. A ledger that is behind was rebuilt on the way. */
  | "idle"
  /** As `idle`, or: the ledger is behind a second time within a day, which is said, and stops all deletions and promotions. */
  | "idle-or-stopped"
  /** As `idle` but for what the dark site holds back: its own targets, and the generations that they may hold. */
  | "idle-but-dark";

/** One small world: its sizes, where it begins, what may happen in it, and how it must end. */
export interface Plan {
  readonly name: string;
  readonly about: string;
  /** `generations` when left out. */
  readonly strategy?: Strategy | "auto";
  /** The first is home. */
  readonly sites: readonly string[];
  /** Cluster → its site. */
  readonly clusters: Readonly<Record<string, string>>;
  /** Namespaces (so targets) in each cluster. */
  readonly namespaces: number;
  /** Done in this order, each to its end, before the search begins: a site's tick, or minutes that pass. */
  readonly prelude: readonly (string | number)[];
  /** Ticks that may be started, by site; home's is followed by its own site's tick. */
  readonly ticks: Readonly<Record<string, number>>;
  /** Runners that may be under way at once. */
  readonly runners: number;
  /** Each may happen once, at any moment: time passes by so many minutes. */
  readonly jumps: readonly number[];
  /** Carried by so many of home's ticks, any of them: an event, doubled or late. */
  readonly event?: { readonly act: Act; readonly times: number };
  readonly faults: Readonly<Partial<Record<Fault, number>>>;
  /** Of all kinds together. */
  readonly faultsMax: number;
  /** Promotions that this world may see at most (promise 5: one event, one rotation). */
  readonly promotionsMax: number;
  readonly rest: Rest;
  /** A backup of home's ledger may be taken at any one moment; else the only copy is the one at the beginning. */
  readonly copyAnytime?: boolean;
  /** The ledger is restored only while no runner is under way. */
  readonly quietRestore?: boolean;
  /**
   * Assumed: a robot's DELETE arrives right after the last look at the sites' ledgers; nobody else moves in between.
   * Harbor takes no condition with a DELETE, so what a restored ledger makes possible in that moment nothing can stop.
   */
  readonly promptDeletion?: boolean;
  /** What is restored gets a revision of its own, as an ETag does; else it has the old one again, as a token inside the item has. */
  readonly newRevision?: boolean;
  /** A runner's parallel reads come back in any order, not only in one. */
  readonly anyReadOrder?: boolean;
  /** Bounds for an ordinary run; flags raise them. */
  readonly statesMax: number;
}

export const drainMinutes = 10;
export const rotateEveryMinutes = 7 * 24 * 60;
/** From any moment at which a generation is fresh: its schedule (with its jitter) has passed. */
export const toSchedule = rotateEveryMinutes + 1;
