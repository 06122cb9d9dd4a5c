import type { Secret } from "../secret.ts";

/** Structurally the port's `Login`; a pure room may not import it. */
export interface Login {
  readonly username: string;
  readonly password: Secret;
}

/** Structurally the port's `PullSecretContent`. A null login is an entry that matches but stands for an anonymous pull. */
export type PullSecretContent =
  | { readonly state: "absent" }
  | { readonly state: "parsed"; readonly logins: Readonly<Record<string, Login | null>> }
  | { readonly state: "malformed"; readonly entry: string | null; readonly why: string };
