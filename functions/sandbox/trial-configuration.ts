import { stringify } from "yaml";
import type { sandboxConfiguration } from "./configuration.ts";

/** What is short so that a rotation is over in seconds; in production the defaults are right. */
const short = {
  drain: { overlap: "3s", longestPull: "3s" },
  limits: {
    poll: "300ms",
    lease: "10s",
    tickDeadline: "10s",
    requestTimeout: "5s",
    attemptBackoff: "1s",
    attemptBackoffMax: "5s",
    attemptsPerHourMax: 100,
    canaryWaitMax: "1m",
  },
} as const;

/** A `capstan.yaml` to try the CLI with: the sandbox's own configuration, its drain and pauses shortened. */
export function renderTrialConfiguration(configuration: ReturnType<typeof sandboxConfiguration>): string {
  const credentials = Object.fromEntries(
    Object.entries(configuration.credentials).map(([name, credential]) => [name, { ...credential, ...short }]),
  );
  const comment = "# A sandbox's configuration: drain, lease and pauses are shortened, nothing else is.\n";
  return comment + stringify({ ...configuration, credentials });
}
