import type { PartRequest } from "../listener.ts";
import type { TokenIssuer } from "./jwt.ts";
import type { HarborState, RobotRow, UserRow } from "./state.ts";

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
