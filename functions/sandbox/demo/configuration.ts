import { stringify } from "yaml";
import { sandboxConfiguration } from "../configuration.ts";
import { environmentReferences, type SandboxFacts } from "../facts.ts";

/** How long Harbor's bearers live in the demo, and how long past their end they are taken. */
export const demoTokens = { tokenExpirationMs: 2_000, tokenLeewayMs: 500 } as const;

/**
 * The demo's `capstan.yaml`: the sandbox's own, with the drain shortened (bearers live 2 s there, not
 * half an hour). What else is short paces ticks and leases: the demo's schedulers call every fraction
 * of a second instead of every five minutes.
 */
export function demoConfiguration(facts: SandboxFacts, caFile: string): string {
  const base = sandboxConfiguration(facts, environmentReferences, caFile);
  const credentials = Object.fromEntries(
    Object.entries(base.credentials).map(([name, credential]) => [
      name,
      {
        ...credential,
        drain: { overlap: "2s", longestPull: "2s" },
        limits: {
          poll: "200ms",
          lease: "5s",
          tickDeadline: "5s",
          concurrencyPerClusterMax: 2,
          requestTimeout: "3s",
          attemptBackoff: "300ms",
          attemptBackoffMax: "2s",
          attemptsPerHourMax: 60,
          canaryWaitMax: "20s",
        },
      },
    ]),
  );
  return stringify({ ...base, credentials });
}
