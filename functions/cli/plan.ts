import { lookAtInstallations } from "../../core/app/installation-findings.ts";
import type { CliActions, CliContext } from "./actions.ts";
import { readConfigFile } from "./config-file.ts";
import { exitCode, worstExitCode } from "./exit-codes.ts";
import { installationLines } from "./finding-lines.ts";
import { commandLine } from "./hint.ts";
import { issuerLines } from "./issuer-lines.ts";
import { lifeLines } from "./life-lines.ts";
import { loginLines } from "./login-lines.ts";
import { pickCredentials } from "./pick.ts";
import { type PlannedCredential, type PlannedSite, planCredential } from "./plan-credential.ts";
import { allSitesOf, openSession } from "./session.ts";
import { standingLines } from "./standing-lines.ts";
import { optionLines, strategyLines } from "./strategy-lines.ts";
import { type Cell, renderTable } from "./table.ts";

/**
 * `capstan plan`: looks, and changes nothing. Document: `{exitCode, wouldChange, credentials:
 * PlannedCredential[], installations: InstallationLook[]}`. Exit status 0, or with `--detailed-exitcode` 2 when something would change;
 * 4 a person must act first, 69/77 ledger or registry unreachable/denied.
 */
export const plan: CliActions["plan"] = async (options, context) => {
  const file = await readConfigFile(context);
  const names = pickCredentials(file, options.credentials);
  const session = openSession(context, file, allSitesOf(file, names));
  const [installations, ...planned] = await Promise.all([
    lookAtInstallations(session.tools, names),
    ...names.map((name) => planCredential(session, name)),
  ]);
  const wouldChange = planned.some((one) => one.wouldChange);
  const codes = planned.map((one) => one.exitCode);
  if (options.detailedExitcode && wouldChange) codes.push(exitCode.differs);
  const code = worstExitCode(codes);
  if (wouldChange) context.progress(`nothing was changed; next: ${commandLine(context, "tick")} does it`);
  else if (code !== exitCode.done) context.progress("nothing was changed; what is marked ! comes first");
  else context.progress(`nothing would change; ${commandLine(context, "rotate")} begins a new generation anyway`);
  return {
    exitCode: code,
    data: { exitCode: code, wouldChange, credentials: planned, installations },
    table: [
      ...planned.flatMap((one, at) => [...(at === 0 ? [] : [""]), ...lines(one, context)]),
      ...installations.flatMap((one) => installationLines(one, context.style)),
    ],
  };
};

const siteHeadings = ["site", "cluster", "wanted", "served", "to write", "foreign"] as const;

function lines(planned: PlannedCredential, context: CliContext): readonly string[] {
  const steps = planned.nextTick.map((step, at) => `  ${at + 1}. ${step}`);
  const rows = planned.sites.flatMap((site) => {
    const count = (of: number | null) => (of === null ? "?" : String(of));
    const whole: Cell[] = [site.site, "", count(site.wanted), count(site.served)];
    const clusters = site.clusters.map(({ cluster, toWrite, foreign }): Cell[] => [
      "",
      cluster,
      "",
      "",
      site.wanted === null ? "?" : named(toWrite),
      site.wanted === null ? "?" : foreign.map(({ target, why }) => `${target}: ${why}`).join("; "),
    ]);
    return [whole, ...clusters];
  });
  const siteProblems = planned.sites.flatMap(({ problems }) => problems.map(({ text }) => `  ${text}`));
  return [
    ...standingLines(planned, context.style),
    ...strategyLines(planned.strategy, context.style),
    ...optionLines(planned.strategy),
    ...lifeLines(planned.kept, Date.now()),
    steps.length > 0 ? "next tick:" : "next tick: nothing",
    ...steps,
    ...renderTable(siteHeadings, rows, context.style).map((line) => `  ${line}`),
    ...planned.sites.flatMap(waveLine),
    ...siteProblems,
    ...loginLines(planned.logins, planned.staticKeys, context.style),
    ...issuerLines(planned.issuer, context.style),
  ];
}

function waveLine({ site, wave }: PlannedSite): readonly string[] {
  if (wave === null) return [];
  return [`  ${site}: the wave of ${wave.percent} %; ${wave.held} targets keep their login until a later one`];
}

const namedMax = 3;

function named(targets: readonly string[]): string {
  if (targets.length === 0) return "0";
  const shown = targets.slice(0, namedMax).join(", ");
  return `${targets.length}: ${shown}${targets.length > namedMax ? " …" : ""}`;
}
