import { tick as tickAll } from "../../core/app/tick.ts";
import { formatTime } from "../../core/schedule/time.ts";
import type { CliActions } from "./actions.ts";
import { readConfigFile } from "./config-file.ts";
import { worstExitCode } from "./exit-codes.ts";
import { codeOfTick } from "./follow.ts";
import { credentialsAt, pickSites } from "./pick.ts";
import { openSession } from "./session.ts";
import { renderTable } from "./table.ts";
import { tickedCredential, tickedHeadings, tickedRow } from "./tick-document.ts";

/**
 * `capstan tick`: one tick of these sites' runners. Document: `{tick, nextAt, exitCode, credentials:
 * TickedCredential[]}`. Exit status 0 idle, 3 not finished, 4 a person must act, 69/77 ledger or
 * registry unreachable/denied, 75 another runner is at work.
 */
export const tick: CliActions["tick"] = async (options, context) => {
  const file = await readConfigFile(context);
  const sites = pickSites(file, options.sites);
  const names = credentialsAt(file, sites);
  const session = openSession(context, file, sites);
  // No name would mean all of them, also those of other sites.
  const result = names.length === 0 ? null : await tickAll(session.tools, request(sites, names, options.resume));
  const ticked = names.flatMap((name) =>
    result === null ? [] : [tickedCredential(result, name, codeOfTick(session, name, result))],
  );
  const code = worstExitCode(ticked.map((one) => one.exitCode));
  const nextAt = result === null ? null : formatTime(result.nextAtMs);
  if (nextAt !== null) context.progress(`next tick at ${nextAt}`);
  return {
    exitCode: code,
    data: { tick: result?.tick ?? null, nextAt, exitCode: code, credentials: ticked },
    table: renderTable(tickedHeadings, ticked.map(tickedRow), context.style),
  };
};

function request(sites: readonly string[], credentials: readonly string[], resume: boolean) {
  return { sites, credentials, acts: {}, resume, deadlineMs: null };
}
