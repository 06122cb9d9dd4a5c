import type { TickResult } from "../tick.ts";

/** A further look that nobody's news asks for. */
export interface Again {
  readonly credentials: readonly string[];
  readonly atMs: number;
  /** So many were planned since the news. */
  readonly looks: number;
}

/** All of them within five seconds of the namespace. What is not there then may never be, and is left to the schedule. */
const pausesMs = [1_000, 1_000, 2_000];

/** A new namespace's ServiceAccounts are made by a controller, a moment after it. Null: all are there, or it was tried enough. */
export function lookAgain(looks: number, { runs }: Pick<TickResult, "runs">, endedMs: number): Again | null {
  const credentials = runs.flatMap((run) => (run.role === "site" && run.accountsAbsent > 0 ? [run.credential] : []));
  const pauseMs = pausesMs[looks];
  if (credentials.length === 0 || pauseMs === undefined) return null;
  return { credentials, atMs: endedMs + pauseMs, looks: looks + 1 };
}
