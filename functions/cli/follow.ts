import { act } from "../../core/app/rotate.ts";
import { credentialOf, registryPortOf } from "../../core/app/settings.ts";
import type { TickResult } from "../../core/app/tick.ts";
import type { Problem } from "../../core/protocol/home-state.ts";
import type { Act } from "../../core/protocol/settings.ts";
import { type ExitCode, exitCode } from "./exit-codes.ts";
import { startProgress } from "./progress.ts";
import type { Session } from "./session.ts";
import { homeRunOf } from "./tick-document.ts";
import { codeOfOutcome, codeOfRuns, kindsOfRun } from "./verdict.ts";

export interface Followed {
  readonly credential: string;
  readonly exitCode: ExitCode;
  readonly last: TickResult;
  /** The operator's wish is in the ledger, or was met. */
  readonly taken: boolean;
  /** What went wrong with the wish itself: refused, or attempts given up; of all ticks, newest last. */
  readonly failures: readonly Problem[];
}

interface FollowOptions {
  readonly wait: boolean;
  readonly timeoutMs: number | null;
}

/** A wish that a person has to change. */
const refusals: ReadonlySet<string> = new Set(["act-refused", "roll-back-refused"]);
/** An attempt that came to nothing; another follows. */
const givenUp: ReadonlySet<string> = new Set([
  "attempt-lost",
  "configuration-changed",
  "epoch-passed",
  "mint-failed",
  "proof-failed",
  "read-back-differs",
  "stage-failed",
  "too-old",
]);

/**
 * Takes an act to one credential and, with `wait`, follows it to its end. Where the first tick could
 * not even begin because ledger or registry are unreachable or denied, it does not wait for better times.
 */
export async function follow(
  session: Session,
  credential: string,
  wish: Act,
  options: FollowOptions,
): Promise<Followed> {
  const { context, tools } = session;
  const progress = startProgress(context, credential);
  const stuck = new AbortController();
  const failures = new Map<string, Problem>();
  let taken = false;
  let ticks = 0;
  try {
    const { end, last } = await act(tools, {
      credentials: [credential],
      act: wish,
      ...options,
      signal: AbortSignal.any([context.signal, stuck.signal]),
      ticked(result) {
        ticks += 1;
        progress.ticked(result);
        const home = homeRunOf(result, credential);
        taken ||= home?.actDone === true;
        for (const problem of home?.outcome.problems ?? [])
          if (refusals.has(problem.code) || givenUp.has(problem.code)) failures.set(problem.text, problem);
        const code = codeOfTick(session, credential, result);
        if (ticks === 1 && !taken && (code === exitCode.unreachable || code === exitCode.denied)) stuck.abort();
      },
    });
    const found = [...failures.values()];
    const code = codeOfEnd(end, codeOfTick(session, credential, last), found, stuck.signal.aborted);
    return { credential, exitCode: code, last, taken, failures: found };
  } finally {
    progress.stop();
  }
}

function codeOfEnd(
  end: Awaited<ReturnType<typeof act>>["end"],
  ofTick: ExitCode,
  failures: readonly Problem[],
  stuck: boolean,
): ExitCode {
  if (failures.some(({ code }) => refusals.has(code))) return exitCode.blocked;
  switch (end) {
    case "idle":
      return ofTick;
    case "blocked":
      return ofTick === exitCode.denied ? ofTick : exitCode.blocked;
    case "timed-out":
      return exitCode.timedOut;
    case "interrupted":
      return stuck ? ofTick : exitCode.interrupted;
    case "not-finished":
      return ofTick === exitCode.done ? exitCode.notFinished : ofTick;
  }
}

/** Exit status of a tick for one credential. */
export function codeOfTick({ kinds, tools }: Session, credential: string, result: TickResult): ExitCode {
  const registry = registryPortOf(credentialOf(tools.config, credential));
  const runs = result.runs.filter((run) => run.credential === credential);
  return codeOfRuns(runs, (run) => codeOfOutcome(run.outcome, kindsOfRun(kinds, run, registry)));
}
