import type { Secret } from "../secret.ts";

/** `username` is the full name as the registry answered it; it is never computed (prefixes change). */
export interface Login {
  readonly username: string;
  readonly password: Secret;
}

export interface Permission {
  readonly kind: "system" | "project";
  /** A project's name, `*` for all projects, `/` for the system. */
  readonly namespace: string;
  readonly access: readonly { readonly resource: string; readonly action: string }[];
}

export interface MintRequest {
  /** Without prefix; Harbor's rule is `^[a-z0-9]+(?:[._-][a-z0-9]+)*$`. */
  readonly name: string;
  readonly description: string;
  readonly level: "system" | "project";
  /** Whole days, or -1 for never. */
  readonly durationDays: number;
  readonly permissions: readonly Permission[];
}

/** Everything that a PUT says of a robot, all of it anew. */
export interface RenewRequest extends Omit<MintRequest, "name"> {
  /** Full name, unchanged. */
  readonly username: string;
  /** Whole days **from its creation**, not from now. */
  readonly durationDays: number;
}

export interface Robot {
  readonly id: number;
  readonly username: string;
  readonly description: string;
  readonly disabled: boolean;
  readonly createdAtMs: number;
  /** null = never expires. */
  readonly expiresAtMs: number | null;
}

export interface MintedRobot {
  readonly id: number;
  readonly username: string;
  readonly password: Secret;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
}

/** What the registry's clock said in the answer's `Date` header; null where it said nothing. */
export interface ServerTime {
  readonly serverMs: number | null;
}

/** A pull scope to ask for. The project must be private: a public one grants `pull` to anybody. */
export interface ProbeScope {
  /** `<project>/<repository>`; the repository need not exist, the project must. Null: login alone. */
  readonly repository: string | null;
  readonly action: "pull" | "push";
  /** At the first endpoint only: a login that should fail is tried once. */
  readonly once?: boolean;
}

/**
 * - `accepted`: logs in, and a token's actions contain the action asked for.
 * - `refused`: the registry answered that this login is none (wrong, disabled, expired, deleted).
 * - `no-right`: logs in, but the token grants nothing on the repository.
 * - `unreachable`: no verdict could be had.
 */
export type EndpointVerdict = "accepted" | "refused" | "no-right" | "unreachable";

export interface ProbeResult extends ServerTime {
  /** One row per endpoint through which nodes pull. Never empty. */
  readonly endpoints: readonly { readonly endpoint: string; readonly verdict: EndpointVerdict }[];
}

/** The issuer's view of one Harbor. */
export interface Registry {
  /**
   * Creates a robot. **A lost reply is a lost secret**: `unreachable` here means a robot may exist
   * whose secret nobody has. Throws `conflict` (`already-exists`), `denied` (`missing-right`,
   * `read-only`, `bad-credentials`), `throttled`, `unreachable`, `invalid`.
   */
  mint(request: MintRequest): Promise<MintedRobot & ServerTime>;

  /**
   * Every robot whose name without prefix starts with `namePrefix`: all pages or an error, never a
   * part. Throws `denied`, `throttled`, `unreachable`, `invalid`.
   */
  list(namePrefix: string): Promise<{ readonly robots: readonly Robot[] } & ServerTime>;

  /** One robot by id. Throws `not-found` as well as the above. */
  read(id: number): Promise<{ readonly robot: Robot } & ServerTime>;

  /** Deletes by id; an absent robot is success. */
  remove(id: number): Promise<void>;

  /**
   * Replaces life, rights and description of a robot, and enables it. Its secret stays; but there is no concurrency
   * control: a write that overlaps another one may undo it. Throws `not-found`, `denied`, `throttled`, `unreachable`,
   * `invalid`.
   */
  renew(id: number, request: RenewRequest): Promise<void>;

  /**
   * Gives a robot this secret (8 to 128 bytes, a lower-case and an upper-case letter and a digit); the one before is
   * refused from then on. The same again changes nothing. Throws as `renew`.
   */
  refresh(id: number, password: Secret): Promise<void>;

  /**
   * Tries a login at every endpoint: the login alone first (a token request *with* scope answers 200 to
   * dead secrets), then the scope, as a node would. Never throws for a refused login and never tries one
   * endpoint twice within the penalty of a failed login: who asks meanwhile gets the same verdict.
   */
  probe(login: Login, scope: ProbeScope): Promise<ProbeResult>;

  /** Does the issuer itself log in? Throws as `list`. Says who it is, and whether writing is off. */
  whoami(): Promise<{ readonly username: string; readonly version: string; readonly readOnly: boolean } & ServerTime>;
}
