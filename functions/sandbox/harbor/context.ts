import type { PartRequest } from "../listener.ts";
import type { TokenIssuer } from "./jwt.ts";
import type { HarborState, RobotRow, UserRow } from "./state.ts";

/** What the real server does now and then, to be switched on. */
export interface Nastiness {
  /** Time between reading and writing a robot's row: PUT and PATCH that overlap undo each other (harbor.md §10.50). */
  robotWriteMs: number;
  /** A component that `/health` calls unhealthy. */
  componentDown: string | null;
}

/** What handlers share: the state, the clock and the settings of this Harbor. */
export interface HarborContext {
  readonly state: HarborState;
  readonly nowMs: () => number;
  readonly tokens: TokenIssuer;
  readonly failedLoginDelayMs: number;
  /** Usernames whose failed login is being delayed right now (harbor.md §2.1). */
  readonly lockedLogins: Set<string>;
  /** Anti-forgery tokens given out, newest last. */
  readonly csrfTokens: Set<string>;
  /** Cookie `sid` → id of the user who logged in by the form. */
  readonly sessions: Map<string, number>;
  /** Uploads to `/v2` under way. */
  readonly uploads: Map<string, { readonly repository: string; readonly chunks: Buffer[] }>;
  readonly nastiness: Nastiness;
  /** Set once the listener is up: `http(s)://127.0.0.1:<port>`. */
  externalUrl: string;
}

/** Who asks. `token` is a bearer of the token service; only `/v2` knows those. */
export type Caller =
  | { readonly type: "anonymous" }
  | { readonly type: "user"; readonly user: UserRow }
  | { readonly type: "robot"; readonly robot: RobotRow }
  | {
      readonly type: "token";
      readonly subject: string | null;
      readonly access: readonly TokenAccess[];
      readonly issuedAtMs: number;
    };

export interface TokenAccess {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** A request with its caller known. */
export interface HarborCall {
  readonly context: HarborContext;
  readonly request: PartRequest;
  readonly caller: Caller;
}
