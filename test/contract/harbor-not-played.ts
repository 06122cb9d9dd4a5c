const preheat = "preheat instances: nothing of the product touches them yet";
const taskLogs = "logs of replication tasks are text for people; the recording leaves their lines out too";
const webhooks = "webhooks are kept and shown, not delivered: there is nothing to tell of deliveries";

/** Files of the recording that are not here, with the number of their exchanges. */
export const filesLeftOut: Readonly<Record<string, { readonly exchanges: number; readonly reason: string }>> = {
  "08-robots-races": { exchanges: 0, reason: "no exchange in it, only counts of races" },
  "14-preheat": { exchanges: 16, reason: preheat },
};

/** Exchanges that are not played, and why. Names with `*` at the end stand for all that begin so. */
export const notPlayed: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "09-robot-as-admin": {
    "robot with robot rights only: GET /api/v2.0/p2p/preheat/providers": preheat,
    "robot with many read rights: GET /api/v2.0/p2p/preheat/providers": preheat,
  },
  "12-audit": {
    "purge audit*": "the purge of old rows is a job of Harbor's that the product never starts",
    "artifact pull_time": "artifacts: the product looks at manifests by /v2/, never at this list",
  },
  "13-registries-replication": {
    "good credential: log of first task": taskLogs,
    "push policy: good credential: task log": taskLogs,
    "push policy: dead credential: task log": taskLogs,
    "push to private: good credential: task log": taskLogs,
  },
  "17-webhooks": {
    "last trigger": webhooks,
    executions: webhooks,
  },
};

/** Why this exchange is not played; undefined: it is. */
export function reasonAgainst(theme: string, name: string): string | undefined {
  for (const [pattern, reason] of Object.entries(notPlayed[theme] ?? {})) {
    if (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern) return reason;
  }
  return undefined;
}
