import type { Problem } from "../protocol/home-state.ts";
import type { HomeRun, SiteRun } from "./run-credential.ts";

type RunEnd = HomeRun["outcome"]["end"] | SiteRun["outcome"]["end"];

/** One role of one credential in one tick. What was not read is absent. */
export interface InvokedRun {
  readonly credential: string;
  readonly role: "home" | "site";
  readonly site: string;
  readonly end: RunEnd;
  readonly problems: readonly Problem[];
  readonly waits?: readonly string[];
  readonly epoch?: number;
  readonly generation?: number;
  readonly served?: number;
  readonly wanted?: number;
  /** Only where an act was asked for: it is in the ledger (or was refused) and need not be asked for again. */
  readonly actTaken?: boolean;
}

/** A plain JSON document without secrets: what a function answers. */
export interface InvokeResult {
  /** Correlation id of the log lines. */
  readonly tick: string;
  /** When to come back, milliseconds since the epoch; of a status the moment of looking. */
  readonly nextAtMs: number;
  /** The same as ISO 8601. */
  readonly nextAt: string;
  /** The worst of all runs. */
  readonly end: RunEnd;
  readonly runs: readonly InvokedRun[];
}

const endsBestFirst: readonly RunEnd[] = [
  "served",
  "idle",
  "nothing",
  "busy",
  "lost-race",
  "waiting",
  "deadline",
  "blocked",
];

export function homeDocument({ credential, site, outcome, ledger, actDone }: HomeRun, acted: boolean): InvokedRun {
  return {
    credential,
    role: "home",
    site,
    end: outcome.end,
    problems: outcome.problems,
    waits: outcome.waits,
    ...(ledger === null ? {} : { epoch: ledger.epoch }),
    ...(ledger?.current ? { generation: ledger.current.generation } : {}),
    ...(acted ? { actTaken: actDone } : {}),
  };
}

export function siteDocument({ credential, site, outcome }: SiteRun): InvokedRun {
  const { end, problems, report } = outcome;
  const seen = report && {
    epoch: report.epoch,
    generation: report.generation,
    served: report.served,
    wanted: report.wanted,
  };
  return { credential, role: "site", site, end, problems, ...seen };
}

export function invokeResult(id: string, nextAtMs: number, runs: readonly InvokedRun[]): InvokeResult {
  const worst = Math.max(0, ...runs.map((run) => endsBestFirst.indexOf(run.end)));
  const end = endsBestFirst[worst] ?? "blocked";
  return { tick: id, nextAtMs, nextAt: new Date(nextAtMs).toISOString(), end, runs };
}
