import type { InstallationFacts } from "./inventory.ts";
import type { Permission, ServerTime } from "./registry.ts";

/** What the issuer is to make: robots of this level with these permissions. */
export interface IssuerNeeds {
  readonly level: "system" | "project";
  readonly permissions: readonly Permission[];
  /**
   * Robots are kept and given other secrets: `robot:update` is needed, deletion is not. `maybe`: the rights of both ways
   * are looked at, and who asks says which are needed.
   */
  readonly refreshes?: boolean | "maybe";
}

/** What a right lets the issuer do with robots. `hand-out`: give a robot that it creates this right. */
export type RobotAction = "create" | "hand-out" | "list" | "read" | "update" | "delete";

/**
 * - `held`: seen among the rights of the login.
 * - `missing`: seen to be absent, or ruled out by the registry's version.
 * - `unknown`: the login may not look at its own rights; the first call will tell.
 */
export type RightVerdict = "held" | "missing" | "unknown";

export interface NeededRight {
  /** `robot:create at system`, `repository:pull on project alpha`. */
  readonly right: string;
  /** What it is for, in a few words. */
  readonly purpose: string;
  readonly verdict: RightVerdict;
  /** Without it a rotation still works. */
  readonly optional: boolean;
  /** Absent: it is about something else than robots (the audit log). */
  readonly action?: RobotAction;
  /** Where it is not `held`: what stands against it, and the mend. */
  readonly why?: string;
}

/** One login of the issuer: `mint` creates robots, `retire` lists, reads and deletes them. */
export interface IssuerIdentity {
  readonly roles: readonly ("mint" | "retire")[];
  readonly username: string;
  readonly kind: "robot" | "administrator" | "user";
  readonly rights: readonly NeededRight[];
}

export interface IssuerReport {
  /** As the registry says it. */
  readonly version: string;
  readonly readOnly: boolean;
  readonly identities: readonly IssuerIdentity[];
  /** What this version cannot do, as far as it matters here. */
  readonly limits: readonly string[];
}

/** A permission as the registry tells it: in any order, and a scope perhaps in several entries. */
export interface HeldPermission {
  readonly kind: string;
  readonly namespace: string;
  readonly access: readonly {
    readonly resource: string;
    readonly action: string;
    readonly effect?: string | undefined;
  }[];
}

/** A robot as somebody looks it up by its name. */
export interface NamedRobot {
  readonly id: number;
  readonly permissions: readonly HeldPermission[];
  readonly disabled: boolean;
  /** null = never expires. */
  readonly expiresAtMs: number | null;
}

/** The robots among the issuer's logins whose end can be seen. People have none. */
export interface IssuerLives extends ServerTime {
  readonly robots: readonly { readonly username: string; readonly expiresAtMs: number | null }[];
}

/** Looks at who the issuer is and what it may do, without writing anything. */
export interface IssuerInspection {
  /** Throws `denied` (`bad-credentials`), `throttled`, `unreachable`, `invalid`. */
  issuerLives(): Promise<IssuerLives>;

  /** Throws `denied` (`bad-credentials`), `throttled`, `unreachable`, `invalid`. */
  inspectIssuer(needs: IssuerNeeds): Promise<IssuerReport>;

  /** Settings, and webhooks of these projects; people are left out. Throws `denied`, `throttled`, `unreachable`, `invalid`. */
  installation(projects: readonly string[]): Promise<InstallationFacts>;

  /** By its full name; null: there is none. Throws `denied`, `throttled`, `unreachable`, `invalid`. */
  robotNamed(username: string): Promise<NamedRobot | null>;

  /** What a robot may do now. Throws `not-found` as well as the above. */
  permissionsOf(id: number): Promise<readonly HeldPermission[]>;
}
