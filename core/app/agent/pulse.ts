/** What probes are answered from. Plain values, written by the agent's loop. */
export interface Pulse {
  /** When the loop is to show itself again at the latest, milliseconds since the epoch; null: it has not begun. */
  readonly expectedByMs: number | null;
  /** The last tick came as far as a look at the targets of at least one credential. */
  readonly ready: boolean;
}

export const noPulse: Pulse = { expectedByMs: null, ready: false };

/** Slack on top of every time that is expected. */
const lateMsMax = 60_000;

/** A tick ends by its deadline, but for calls that are under way then; each has its own time-out. */
export function duringTick(pulse: Pulse, nowMs: number, deadlineMs: number): Pulse {
  return { ...pulse, expectedByMs: Math.max(nowMs, deadlineMs) + lateMsMax };
}

export function asleep(ready: boolean, nowMs: number, pauseMs: number): Pulse {
  return { ready, expectedByMs: nowMs + pauseMs + lateMsMax };
}

/** False: the loop hangs, and a new process would do better. Being unable to reach anything is no reason for one. */
export function isAlive({ expectedByMs }: Pulse, nowMs: number): boolean {
  return expectedByMs === null || nowMs <= expectedByMs;
}
