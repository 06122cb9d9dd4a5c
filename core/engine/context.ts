import type { Permission, ProbeScope } from "../ports/registry.ts";
import type { ScheduleRule } from "../schedule/rules.ts";
import type { Secret } from "../secret.ts";
import type { AutoStrategy } from "./choose-strategy.ts";

/** Constants of one credential that turn the protocol's effects into calls. */
export interface CredentialContext {
  readonly credential: string;
  readonly installation: string;
  /** Name of the registry in `Ports`. */
  readonly registry: string;
  /** Key in a pull Secret: `host[:port]`. */
  readonly registryKey: string;
  readonly proof: ProbeScope;
  readonly storeName: string;
}

export interface HomeContext extends CredentialContext {
  readonly home: string;
  readonly level: "system" | "project";
  readonly durationDays: number;
  readonly permissions: readonly Permission[];
  readonly scheduleRules: readonly ScheduleRule[];
  readonly distributionMaxMs: number;
  readonly drainMs: number;
  readonly marginMs: number;
  /** Random text for the value of this tick's attempt. */
  readonly hashKey: string;
  /** Random password for a fixed robot, as Harbor's rule wants it. Those of a strategy that was chosen before are ended by it, too. */
  readonly freshPassword: Secret;
  /** What the strategy is chosen by; null: the file names it. */
  readonly auto: AutoStrategy | null;
}

export interface SiteContext extends CredentialContext {
  readonly site: string;
}

export function homeLedgerKey(context: { readonly installation: string; readonly credential: string }): string {
  return `${context.installation}/${context.credential}`;
}

export function siteLedgerKey(
  context: { readonly installation: string; readonly credential: string },
  site: string,
): string {
  return `${homeLedgerKey(context)}@site/${site}`;
}
