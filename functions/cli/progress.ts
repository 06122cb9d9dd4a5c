import type { TickResult } from "../../core/app/tick.ts";
import type { CliContext } from "./actions.ts";

const heartbeatMs = 30_000;
const lookMs = 1_000;

interface Progress {
  /** To be told after every tick. */
  ticked(result: TickResult): void;
  stop(): void;
}

/** Lines on stderr while a credential is followed: targets served, what is waited for, and a sign of life every 30 s. */
export function startProgress(context: Pick<CliContext, "progress">, credential: string): Progress {
  const said = new Map<string, string>();
  let lastMs = performance.now();
  let waits = "";
  const say = (about: string, text: string): void => {
    if (said.get(about) === text) return;
    said.set(about, text);
    lastMs = performance.now();
    context.progress(`${credential}: ${text}`);
  };
  const timer = setInterval(() => {
    if (performance.now() - lastMs < heartbeatMs) return;
    lastMs = performance.now();
    context.progress(`${credential}: still at it${waits === "" ? "" : `: ${waits}`}`);
  }, lookMs);
  timer.unref();
  return {
    ticked({ runs }) {
      for (const run of runs) {
        if (run.credential !== credential) continue;
        if (run.role === "home") {
          waits = run.outcome.waits.join("; ");
          if (waits !== "") say("waits", `waiting for ${waits}`);
        } else if (run.outcome.report !== null) {
          const { served, wanted, epoch } = run.outcome.report;
          say(run.site, `${run.site}: ${served} of ${wanted} targets hold epoch ${epoch}`);
        }
      }
    },
    stop: () => clearInterval(timer),
  };
}
