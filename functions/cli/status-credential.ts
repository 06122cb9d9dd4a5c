import { type PlannedStrategy, plannedStrategy } from "../../core/app/planned-strategy.ts";
import { credentialOf } from "../../core/app/settings.ts";
import type { CredentialConfig } from "../../core/config/complete.ts";
import { allSites, answerTo, type HomeState, type Problem, siteSeen } from "../../core/protocol/home-state.ts";
import type { Report } from "../../core/protocol/site-state.ts";
import { waveProblem } from "../../core/protocol/site-waves.ts";
import { formatTime } from "../../core/schedule/time.ts";
import { type ExitCode, exitCode } from "./exit-codes.ts";
import { type StandingDocument, standingOf } from "./home-document.ts";
import { codeOfLook, failureOf, lookHome } from "./look.ts";
import type { Session } from "./session.ts";

/** A site as home sees it. */
export interface SiteStatus {
  readonly site: string;
  /** Epoch of the value that the site's readers get; null: unreadable, or no value of ours. */
  readonly storeEpoch: number | null;
  readonly storeFailure: string | null;
  readonly ledgerFailure: string | null;
  /** What the site's runner last read back from its targets; null: none, or unreadable. */
  readonly report:
    | (Pick<Report, "epoch" | "generation" | "served" | "wanted" | "complete" | "unserved" | "foreign" | "wave"> & {
        readonly at: string;
        readonly ageMs: number;
      })
    | null;
}

/** One credential as `capstan status -o json` prints it. */
export interface CredentialStatus extends StandingDocument {
  readonly credential: string;
  /** What `--exit-code` makes of it. */
  readonly exitCode: ExitCode;
  readonly strategy: PlannedStrategy;
  readonly waits: readonly string[];
  readonly problems: readonly Problem[];
  readonly sites: readonly SiteStatus[];
}

/** Looks at home alone; changes nothing, and never fails over a part that does. */
export async function statusOf({ tools }: Pick<Session, "tools">, name: string): Promise<CredentialStatus> {
  const look = await lookHome(tools, name);
  const nowMs = tools.clock.nowMs();
  const code = codeOfLook(look);
  const credential = credentialOf(tools.config, name);
  // Something that the next tick would mend is not over yet.
  const open = code === exitCode.done && look.wouldDo.length > 0;
  return {
    credential: name,
    exitCode: open ? exitCode.notFinished : code,
    ...standingOf(look, name, credential),
    strategy: plannedStrategy(credential, look.state.ledger, look.choice),
    waits: look.waits,
    problems: [...look.problems, ...waveProblems(look.state, credential.limits)],
    sites: allSites(look.state).map((site) => siteStatus(look.state, site, nowMs)),
  };
}

/** What sites said of their waves; of an epoch that is over it is no news. */
function waveProblems(state: HomeState, limits: CredentialConfig["limits"]): readonly Problem[] {
  return allSites(state).flatMap((site) => {
    const report = siteSeen(state, site)?.report;
    if (report?.wave === undefined || report.epoch !== state.ledger?.epoch) return [];
    return [waveProblem({ site, limits }, report.wave)];
  });
}

function siteStatus(state: HomeState, site: string, nowMs: number): SiteStatus {
  const report = siteSeen(state, site)?.report ?? null;
  return {
    site,
    storeEpoch: answerTo(state, { type: "read-store", site })?.trace?.epoch ?? null,
    storeFailure: failureOf(state, { type: "read-store", site })?.text ?? null,
    ledgerFailure: failureOf(state, { type: "load-site", site })?.text ?? null,
    report: report === null ? null : reportDocument(report, nowMs),
  };
}

function reportDocument(report: Report, nowMs: number): SiteStatus["report"] {
  const { epoch, generation, served, wanted, complete, unserved, foreign, wave, atMs } = report;
  const ageMs = Math.max(0, nowMs - atMs);
  return { epoch, generation, served, wanted, complete, unserved, foreign, wave, at: formatTime(atMs), ageMs };
}
