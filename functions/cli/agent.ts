import { runOnce, runUntilStopped } from "../agent/run.ts";
import { SetupRefused } from "../compose/function-failure.ts";
import type { CliActions } from "./actions.ts";
import { readConfigFile } from "./config-file.ts";
import { exitCode } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { pickSites } from "./pick.ts";

const codes = { done: exitCode.done, blocked: exitCode.blocked, failed: exitCode.failed } as const;

/**
 * `capstan agent`: the runner of one site, which stays until it is asked to stop; its log goes to stdout, JSON lines.
 * Document at the end: `{site, end}`. Exit status with `--once` 0, 1 store, ledger or cluster are away, 4 a person must act.
 */
export const agent: CliActions["agent"] = async (options, context) => {
  const file = await readConfigFile(context);
  const [site = options.site] = pickSites(file, [options.site]);
  const own = { CAPSTAN_CONFIG: file.path, CAPSTAN_SITE: site };
  const { probePort } = options;
  const running = { env: { ...context.env, ...own }, probePort, signal: context.signal, write: context.say };
  try {
    const end = options.once ? await runOnce(running) : await runUntilStopped(running).then(() => "done" as const);
    return { exitCode: codes[end], data: { site, end }, table: [] };
  } catch (error) {
    if (!(error instanceof SetupRefused)) throw error;
    throw new Failure(exitCode.configuration, [error.message, ...error.problems].join("\n"));
  }
};
