import type { MintedRobot } from "../ports/registry.ts";
import type { Secret } from "../secret.ts";
import type { StoreValue } from "./value.ts";

/** A value as it stands in a store, text and meaning. */
export interface HeldValue {
  readonly text: Secret;
  readonly value: StoreValue;
}

/** Secrets that one runner holds for the length of one tick: in memory, never in a ledger. */
export interface Vault {
  /** By attempt. */
  readonly minted: Readonly<Record<string, MintedRobot>>;
  /** By version id of the home store. */
  readonly values: Readonly<Record<string, HeldValue>>;
}

export const emptyVault: Vault = { minted: {}, values: {} };
