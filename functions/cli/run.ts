import { CommanderError } from "commander";
import type { ActionLoaders } from "./actions.ts";
import { exitCode } from "./exit-codes.ts";
import { Failure, framesOf, toFailure } from "./failure.ts";
import { readGlobalFlags } from "./global-flags.ts";
import type { Interruption } from "./interrupt.ts";
import type { CliIo } from "./io.ts";
import { printFailure } from "./print.ts";
import { createProgram } from "./program.ts";

/** One call of `capstan` with the arguments after its name. Never throws; the exit status is set on `io`. */
export async function runCli(
  argv: readonly string[],
  io: CliIo,
  loaders: ActionLoaders,
  interruption: Pick<Interruption, "signal" | "exitCode">,
): Promise<void> {
  const program = createProgram(io, loaders, interruption.signal);
  try {
    await program.parseAsync([...argv], { from: "user" });
    // Cut short, the action has returned what it knows; the status tells that there is more to do.
    const interrupted = interruption.exitCode();
    if (interrupted !== null) io.setExitCode(interrupted);
  } catch (error) {
    if (error instanceof CommanderError) {
      // commander has printed it; its own status for wrong usage is 1.
      io.setExitCode(error.exitCode === 0 ? exitCode.done : exitCode.usage);
      return;
    }
    const flags = program.opts();
    if (flags["debug"] === true) io.stderr.write(`${framesOf(error).join("\n")}\n`);
    printFailure(failureOf(error, interruption), wantsJson(flags, io), io);
  }
}

function failureOf(error: unknown, interruption: Pick<Interruption, "exitCode">): Failure {
  const interrupted = interruption.exitCode();
  if (interrupted === null) return toFailure(error);
  const code = interrupted === exitCode.terminated ? exitCode.terminated : exitCode.interrupted;
  return new Failure(code, "stopped; `capstan tick` goes on from here");
}

function wantsJson(flags: Readonly<Record<string, unknown>>, io: CliIo): boolean {
  try {
    return readGlobalFlags(flags, io.env).output === "json";
  } catch {
    return false;
  }
}
