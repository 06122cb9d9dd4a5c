import type { Log, LogLine } from "../../core/app/log.ts";
import type { CliContext } from "./actions.ts";
import { callKey } from "./verdict.ts";

const repeatMs = 300_000;
/** Said by the table anyway, and no news while a first rotation is on its way. */
const quietCodes: ReadonlySet<string> = new Set(["no-value"]);

/** `<credential>: <site>: <what>`, each once: some messages begin with such a name themselves. */
function withPlace({ credential, role, site, message }: LogLine): string {
  const names = [credential, role === "site" ? site : undefined].filter((name) => name !== undefined);
  const bare = names.reduce(
    (text, name) => (text.startsWith(`${name}: `) ? text.slice(name.length + 2) : text),
    message,
  );
  return [...names, bare].join(": ");
}

/** Log lines of ticks as progress on stderr: a line per change, the same problem again only after five minutes. */
export function createTickLog(
  context: Pick<CliContext, "progress" | "debug">,
  scrub: (text: string) => string,
  kinds: Map<string, string>,
): Log {
  const said = new Map<string, number>();
  return (line) => {
    if (line.call !== undefined && line.credential !== undefined && line.role !== undefined) {
      kinds.set(callKey(line.credential, line.role, line.call, line.on ?? ""), line.outcome ?? "ok");
    }
    const text = scrub(withPlace(line));
    if (line.level === "debug" || quietCodes.has(line.code ?? "")) {
      const call = line.call === undefined ? "" : ` ${line.call} ${line.on} ${line.outcome} ${line.tookMs}ms`;
      context.debug(`${line.tick} ${text}${call}`);
      return;
    }
    for (const frame of line.frames ?? []) context.debug(`${line.tick} ${frame}`);
    const key = `${line.credential} ${line.message}`;
    const lastMs = said.get(key);
    if (line.level !== "info" && lastMs !== undefined && performance.now() - lastMs < repeatMs) return;
    said.set(key, performance.now());
    context.progress(line.level === "error" ? `${text} (a person must act)` : text);
  };
}
