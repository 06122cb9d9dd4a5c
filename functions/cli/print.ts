import type { CliResult } from "./actions.ts";
import type { Failure } from "./failure.ts";
import type { GlobalFlags } from "./global-flags.ts";
import type { CliIo } from "./io.ts";

/** Data on stdout: one JSON document, or the table. Sets the exit status. */
export function printResult(result: CliResult, global: Pick<GlobalFlags, "output">, io: CliIo): void {
  io.setExitCode(result.exitCode);
  if (global.output === "json") io.stdout.write(`${JSON.stringify(result.data, null, 2)}\n`);
  else if (result.table.length > 0) io.stdout.write(`${result.table.join("\n")}\n`);
}

/** The sentence on stderr; with `-o json` a document on stdout as well, so that a script always finds one. */
export function printFailure(failure: Failure, asJson: boolean, io: CliIo): void {
  io.setExitCode(failure.exitCode);
  io.stderr.write(`error: ${failure.message}\n`);
  if (!asJson) return;
  const error = { exitCode: failure.exitCode, message: failure.message, problems: failure.problems };
  io.stdout.write(`${JSON.stringify({ error }, null, 2)}\n`);
}
