import type { Problem } from "../../core/config/problem.ts";
import { PortError } from "../../core/ports/errors.ts";
import { type ExitCode, exitCode } from "./exit-codes.ts";

/** A refusal with its exit status. The message is for people and holds no secret. */
export class Failure extends Error {
  readonly exitCode: ExitCode;
  /** Set when a configuration was refused. */
  readonly problems: readonly Problem[];

  constructor(code: ExitCode, message: string, problems: readonly Problem[] = []) {
    super(message);
    this.name = "Failure";
    this.exitCode = code;
    this.problems = problems;
  }
}

/**
 * What people are told about an error. Messages of errors that are not ours are left out: they may
 * quote what was sent. Their names and, with `--debug`, their stack frames are enough to find them.
 */
export function toFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof PortError) return new Failure(codeOf(error), error.message);
  if (error instanceof Error && error.name === "UnresolvedReference")
    return new Failure(exitCode.denied, error.message);
  const name = error instanceof Error ? error.name : typeof error;
  return new Failure(exitCode.failed, `internal error (${name}); --debug shows where`);
}

function codeOf(error: PortError): ExitCode {
  switch (error.kind) {
    case "denied":
      return exitCode.denied;
    case "throttled":
    case "conflict":
      return exitCode.temporary;
    case "unreachable":
      return exitCode.unreachable;
    case "not-found":
    case "invalid":
      return exitCode.failed;
  }
}

/** Frames of a stack without the message. */
export function framesOf(error: unknown): readonly string[] {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  return stack.split("\n").filter((line) => /^\s+at /.test(line));
}
