import { credentialOf } from "../../core/app/settings.ts";
import { formatTime } from "../../core/schedule/time.ts";
import type { CliActions, CliContext } from "./actions.ts";
import { readConfigFile } from "./config-file.ts";
import { exitCode, worstExitCode } from "./exit-codes.ts";
import { pickCredentials } from "./pick.ts";
import { openSession } from "./session.ts";
import { standingLines } from "./standing-lines.ts";
import { type CredentialStatus, type SiteStatus, statusOf } from "./status-credential.ts";
import { type Cell, renderTable } from "./table.ts";
import { formatRelative } from "./time.ts";

/**
 * `capstan status`: where each credential stands; reads only, from home. What cannot be read is a row
 * with its reason. Document: `{exitCode, credentials: CredentialStatus[]}`. Exit status 0; with
 * `--exit-code` 3 something waits, 4 a person must act, 69/77 ledger or registry unreachable/denied.
 */
export const status: CliActions["status"] = async (options, context) => {
  const file = await readConfigFile(context);
  const names = pickCredentials(file, options.credentials);
  // Home reads every store and report; no cluster is asked.
  const homes = [...new Set(names.map((name) => credentialOf(file.config, name).home))];
  const session = openSession(context, file, homes);
  const found = await Promise.all(names.map((name) => statusOf(session, name)));
  const code = options.exitCode ? worstExitCode(found.map((one) => one.exitCode)) : exitCode.done;
  return {
    exitCode: code,
    data: { exitCode: code, credentials: found },
    table: found.flatMap((one, index) => [...(index === 0 ? [] : [""]), ...lines(one, context)]),
  };
};

function lines(found: CredentialStatus, context: CliContext): readonly string[] {
  const rows = found.sites.map((site): Cell[] => [
    site.site,
    storeCell(site, found.epoch),
    reportCell(site),
    site.report === null ? "-" : formatRelative(Date.parse(site.report.at), Date.now()),
    site.report === null ? "-" : String(site.report.foreign.length),
    [site.storeFailure, site.ledgerFailure].filter((text) => text !== null).join("; "),
  ]);
  const named = found.sites.flatMap(({ report }) => [
    ...(report?.unserved ?? []).map(({ target, reason, text }) => `  not served: ${target}: ${reason}: ${text}`),
    ...(report?.foreign ?? []).map(({ target, why, untilMs }) =>
      untilMs === undefined
        ? `  foreign: ${target}: ${why}`
        : `  ${target}: ${why}; written again after ${formatTime(untilMs)}`,
    ),
  ]);
  const headings = ["site", "store", "targets", "reported", "foreign", "reason"];
  return [
    ...standingLines(found, context.style),
    ...renderTable(headings, rows, context.style).map((line) => `  ${line}`),
    ...named,
  ];
}

function storeCell({ storeEpoch, storeFailure }: SiteStatus, epoch: number | null): Cell {
  if (storeFailure !== null) return { health: "bad", text: "unreadable" };
  if (storeEpoch === null) return { health: "warning", text: "no value" };
  return { health: storeEpoch === epoch ? "good" : "warning", text: `epoch ${storeEpoch}` };
}

function reportCell({ report, ledgerFailure }: SiteStatus): Cell {
  if (ledgerFailure !== null) return { health: "bad", text: "unreadable" };
  if (report === null) return { health: "warning", text: "no report" };
  const good = report.complete && report.served === report.wanted;
  return { health: good ? "good" : "warning", text: `${report.served} of ${report.wanted} at epoch ${report.epoch}` };
}
