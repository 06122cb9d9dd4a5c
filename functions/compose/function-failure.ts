import { CommandRefused } from "../../core/app/invoke.ts";
import { EventRefused } from "../../core/config/event.ts";
import { PortError } from "../../core/ports/errors.ts";

/** What a failed invocation answers. */
export interface FailureDocument {
  readonly error: string;
  /** One line per problem of a refused configuration. */
  readonly problems?: readonly string[];
}

export interface FunctionFailure {
  /** 400: the caller must ask differently. */
  readonly status: 400 | 500;
  readonly body: FailureDocument;
  /** Where it happened, for an error that is not ours. */
  readonly frames: readonly string[];
}

const framesMax = 12;

/** The function cannot work as it is deployed: its configuration is refused, or its environment lacks something. */
export class SetupRefused extends Error {
  readonly problems: readonly string[];

  constructor(message: string, problems: readonly string[] = []) {
    super(message);
    this.name = "SetupRefused";
    this.problems = problems;
  }
}

/**
 * What may be told about an error. Messages of errors that are not ours are left out, since they may quote
 * what was sent or read: their names and frames must do.
 */
export function failureOf(error: unknown): FunctionFailure {
  if (error instanceof EventRefused || error instanceof CommandRefused)
    return { status: 400, body: { error: error.message }, frames: [] };
  if (error instanceof SetupRefused) {
    const { message, problems } = error;
    return { status: 500, body: { error: message, ...(problems.length === 0 ? {} : { problems }) }, frames: [] };
  }
  if (error instanceof PortError) return { status: 500, body: { error: error.message }, frames: [] };
  const name = error instanceof Error ? error.name : typeof error;
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  return {
    status: 500,
    body: { error: `internal error (${name})` },
    frames: frames.slice(0, framesMax).map((line) => line.trim()),
  };
}
