import type { Report } from "../../core/protocol/site-state.ts";
import type { HomeLedger } from "../../core/protocol/state.ts";
import type { Place } from "./world.ts";

interface Outsider {
  readonly username: string;
  readonly sinceMs: number;
  /** When we wrote over it; null: not yet. */
  readonly untilMs: number | null;
}

/** What a backup brought back into a store, and when. */
export interface PutBack {
  readonly username: string;
  readonly sinceMs: number;
}

/** A tick, as far as its calls are judged by it. */
export interface Tick {
  readonly startedMs: number;
  /** When it last saved home's ledger: until then it knew what stood there. */
  savedMs: number | null;
  /** When its first listing of targets took place. */
  lookedMs: number | null;
  /** Site → what a backup had brought back into its store when a flip of this tick went there, made or refused. */
  readonly flipped: Map<string, PutBack | undefined>;
  /** Robot's id → when it was last looked at. */
  readonly readRobotMs: Map<number, number>;
  /** What its flips took out of stores, where a backup had brought it back: its next save must know of it. */
  readonly takenOut: string[];
}

/** One credential as the world knows it, whatever the runners believe. */
export class Truth {
  readonly place: Place;
  ledger: HomeLedger | null = null;
  /** Username → when it last stood in a target or a store by our hand. */
  readonly heldMs = new Map<string, number>();
  /** Was current once. */
  readonly promoted = new Set<string>();
  /** Its end was asked for, or it was taken from us: not judged by promises 1 and 2. */
  readonly exempt = new Set<string>();
  readonly revoked = new Set<string>();
  /** `cluster/namespace` of an empty Secret → the site's epoch when it was made. */
  readonly made = new Map<string, number>();
  readonly outsiders = new Map<string, Outsider>();
  /** Round → when it came into the ledger. */
  readonly rounds = new Map<string, number>();
  /** `site round`: a report that stood in the site's ledger once, whatever was put back there since. */
  readonly echoes = new Set<string>();
  /** Site → its last report. */
  readonly reports = new Map<string, Report>();
  /** Site → username that somebody's backup brought back into its store, and since when. */
  readonly restored = new Map<string, PutBack>();

  /** Robot of a fixed name → when its generation was promoted, as far as that is not gone. */
  readonly inUseMs = new Map<number, number>();
  /** Version id of what is staged → the login in it, as long as the store gave it back once. */
  readonly staged = new Map<string, string>();
  /** When home's ledger was last written, by whomever. */
  savedMs = 0;
  /** Robot of a fixed name → when its secret was last written. */
  readonly refreshedMs = new Map<number, number>();

  constructor(place: Place) {
    this.place = place;
  }
}
