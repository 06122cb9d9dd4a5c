import { stringify } from "yaml";
import { sandboxConfiguration } from "../configuration.ts";
import { environmentReferences, type SandboxFacts } from "../facts.ts";
import type { DemoStrategy } from "./options.ts";

/** How long Harbor's bearers live in the demo, and how long past their end they are taken. */
export const demoTokens = { tokenExpirationMs: 2_000, tokenLeewayMs: 500 } as const;

/**
 * What a run with a fault shortens besides: a killed runner's lease would be waited for five minutes, a
 * failed attempt for one. Two writes at a time let a crash find a cluster half served.
 */
const impatient = {
  lease: "5s",
  tickDeadline: "5s",
  requestTimeout: "3s",
  attemptBackoff: "300ms",
  attemptBackoffMax: "2s",
  attemptsPerHourMax: 60,
  concurrencyPerClusterMax: 2,
} as const;

interface DemoSettings {
  readonly strategy: DemoStrategy;
  readonly fault: string | null;
  readonly drainMs: number;
}

/**
 * The demo's `capstan.yaml`: the sandbox's own, with the drain shortened as the bearers are (2 s instead
 * of half an hour, longer for a large fleet). Nothing else is, unless something is to go wrong.
 */
export function demoConfiguration(
  facts: SandboxFacts,
  caFile: string,
  { strategy, fault, drainMs }: DemoSettings,
): string {
  const base = sandboxConfiguration(facts, environmentReferences, caFile);
  const drain = { overlap: `${drainMs}ms`, longestPull: `${drainMs}ms` };
  const credentials = Object.fromEntries(
    Object.entries(base.credentials).map(([name, credential]) => [
      name,
      { ...credential, strategy, drain, ...(fault === null ? {} : { limits: impatient }) },
    ]),
  );
  return stringify({ ...base, credentials });
}
