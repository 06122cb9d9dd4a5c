import type { HeldPermission } from "./issuer.ts";
import type { Robot } from "./registry.ts";

export interface RobotEntry extends Robot {
  readonly level: "system" | "project";
  /** Null: of the system. */
  readonly project: string | null;
  /** Null where the registry does not tell (before 2.12). */
  readonly creator: { readonly type: "robot" | "user"; readonly id: number } | null;
  readonly permissions: readonly HeldPermission[];
}

/** A part that the login may not look into. */
export interface NotLooked {
  readonly place: string;
  readonly why: string;
}

/** What one pass over the log of pulls showed, newest first. */
export interface UsePass {
  /** Username → last pull, of all names seen. */
  readonly lastMs: ReadonlyMap<string, number>;
  /** The oldest row that was looked at; null: there was none. */
  readonly reachesBackToMs: number | null;
  /** The log was read to its end. */
  readonly whole: boolean;
  /** Why there is no evidence at all; null: there is. */
  readonly why: string | null;
}

/** Null where the login may not see it. */
export interface InstallationFacts {
  readonly version: string;
  readonly readOnly: boolean;
  /** Only administrators make projects; otherwise every system robot may. */
  readonly projectsByAdministratorsOnly: boolean;
  readonly robotNamePrefix: string | null;
  readonly tokenLifetimeMs: number | null;
  /** Pulls are kept out of the audit log by a setting. */
  readonly pullAuditOff: boolean | null;
  /** Names of those that nobody reads without a login. */
  readonly privateProjects: readonly string[];
  /** Webhook policies whose `Authorization` everybody reads who may list them. */
  readonly webhookHeaders: readonly { readonly project: string; readonly policy: string }[];
  /** User id → name, of all that may be seen. */
  readonly users: ReadonlyMap<number, string>;
  readonly notLooked: readonly NotLooked[];
}

/** Everything about robots at one registry, read only. Each throws `denied`, `throttled`, `unreachable`, `invalid`. */
export interface RegistryInventory {
  /** All robots, of the system and of every project that the login sees. */
  listAll(): Promise<{ readonly robots: readonly RobotEntry[]; readonly notLooked: readonly NotLooked[] }>;
  /** One pass, at most so many pages of a hundred; ends early once all of `usernames` were seen. */
  lastUses(usernames: ReadonlySet<string>, pagesMax: number): Promise<UsePass>;
  installation(): Promise<InstallationFacts>;
}
