import type { Problem } from "../protocol/home-state.ts";
import type { Log, LogLine } from "./log.ts";

const framesMax = 12;

/**
 * Writes a defect of ours into the log and gives it as a problem. Its message stays out: it may quote what
 * was sent or read; the error's name and the frames of its stack tell where to look.
 */
export function logDefect(
  log: Log,
  where: Required<Pick<LogLine, "tick" | "credential" | "site" | "role">>,
  error: unknown,
): Problem {
  const name = error instanceof Error ? error.name : typeof error;
  const { credential, site, role } = where;
  const text = `${credential}: the ${role}'s run at ${site} was stopped by a defect (${name}); the others go on`;
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const frames = stack.split("\n").filter((line) => /^\s+at /.test(line));
  const shown = frames.slice(0, framesMax).map((line) => line.trim());
  const code = "internal-error";
  log({ level: "error", message: text, code, ...where, ...(shown.length === 0 ? {} : { frames: shown }) });
  return { code, text, blocks: true };
}
