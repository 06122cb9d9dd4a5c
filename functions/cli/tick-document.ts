import type { HomeRun, SiteRun } from "../../core/app/run-credential.ts";
import type { TickResult } from "../../core/app/tick.ts";
import type { Problem } from "../../core/protocol/home-state.ts";
import { formatTime } from "../../core/schedule/time.ts";
import { type ExitCode, exitCode } from "./exit-codes.ts";
import type { Cell, Health } from "./table.ts";

/** One credential after a tick, as `-o json` prints it; times are ISO 8601 in UTC. */
export interface TickedCredential {
  readonly credential: string;
  readonly exitCode: ExitCode;
  /** Null: home's runner was not played, or could not read its ledger. */
  readonly generation: number | null;
  readonly epoch: number | null;
  readonly username: string | null;
  readonly home: { readonly site: string; readonly end: HomeRun["outcome"]["end"] } | null;
  readonly sites: readonly {
    readonly site: string;
    readonly end: SiteRun["outcome"]["end"];
    readonly epoch: number | null;
    readonly served: number | null;
    readonly wanted: number | null;
  }[];
  /** What is still under way, in words; empty: nothing, by home's word. */
  readonly waits: readonly string[];
  readonly problems: readonly Problem[];
  readonly nextAt: string;
}

export function homeRunOf({ runs }: TickResult, credential: string): HomeRun | undefined {
  return runs.filter((run) => run.role === "home").find((run) => run.credential === credential);
}

export function tickedCredential(result: TickResult, credential: string, code: ExitCode): TickedCredential {
  const runs = result.runs.filter((run) => run.credential === credential);
  const home = homeRunOf(result, credential);
  const sites = runs.filter((run) => run.role === "site");
  const problems = new Map(runs.flatMap((run) => run.outcome.problems).map((problem) => [problem.text, problem]));
  const current = home?.ledger?.current ?? null;
  return {
    credential,
    exitCode: code,
    generation: current?.generation ?? null,
    epoch: home?.ledger?.epoch ?? null,
    username: current?.robot.username ?? null,
    home: home === undefined ? null : { site: home.site, end: home.outcome.end },
    sites: sites.map(({ site, outcome: { end, report } }) => ({
      site,
      end,
      epoch: report?.epoch ?? null,
      served: report?.served ?? null,
      wanted: report?.wanted ?? null,
    })),
    waits: home?.outcome.waits ?? [],
    problems: [...problems.values()].filter(({ code: of }) => of !== "no-value"),
    nextAt: formatTime(Math.min(result.nextAtMs, ...runs.map((run) => run.outcome.nextAtMs))),
  };
}

const words: Readonly<Partial<Record<ExitCode, readonly [Health, string]>>> = {
  [exitCode.done]: ["good", "done"],
  [exitCode.notFinished]: ["warning", "not finished"],
  [exitCode.blocked]: ["bad", "blocked"],
  [exitCode.unreachable]: ["bad", "unreachable"],
  [exitCode.temporary]: ["warning", "busy"],
  [exitCode.denied]: ["bad", "denied"],
  [exitCode.timedOut]: ["warning", "timed out"],
  [exitCode.interrupted]: ["warning", "interrupted"],
};

/** An exit status as a word with its sign. */
export function resultCell(code: ExitCode): Cell {
  const [health, text] = words[code] ?? ["bad", "failed"];
  return { health, text };
}

export const tickedHeadings = ["credential", "result", "generation", "epoch", "targets", "next"] as const;

export function tickedRow(ticked: TickedCredential): readonly Cell[] {
  const { credential, generation, epoch, sites, waits, problems, nextAt } = ticked;
  const sum = (of: "served" | "wanted") => sites.reduce((total, site) => total + (site[of] ?? 0), 0);
  const known = sites.some(({ served }) => served !== null);
  const [wait] = [...problems.filter(({ blocks }) => blocks).map(({ text }) => text), ...waits];
  return [
    credential,
    resultCell(ticked.exitCode),
    generation === null ? "-" : String(generation),
    epoch === null ? "-" : String(epoch),
    known ? `${sum("served")} of ${sum("wanted")}` : "-",
    wait === undefined ? nextAt : `${nextAt}, waiting for ${wait}`,
  ];
}
