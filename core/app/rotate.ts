import type { Act } from "../protocol/settings.ts";
import { playedSitesOf } from "./settings.ts";
import { isIdle, type TickResult, tick } from "./tick.ts";
import type { Tools } from "./tools.ts";

export interface ActRequest {
  readonly credentials: readonly string[];
  readonly act: Act;
  /** Ticks until idle; false: one tick, the scheduled ones do the rest. */
  readonly wait: boolean;
  readonly timeoutMs: number | null;
  readonly signal: AbortSignal;
  /** Told after every tick. */
  readonly ticked?: (result: TickResult) => void;
}

export interface ActResult {
  /** Of each credential its last tick. */
  readonly last: TickResult;
  /** `blocked`: at least one credential is; the others were followed to their end all the same. */
  readonly end: "idle" | "not-finished" | "blocked" | "timed-out" | "interrupted";
}

/** Takes an operator's act to each credential, playing the runners of all their sites, and follows it to its end if asked to. */
export async function act(tools: Tools, request: ActRequest): Promise<ActResult> {
  const names = request.credentials.length > 0 ? request.credentials : Object.keys(tools.config.credentials);
  const { config } = tools;
  const sites = [...new Set(names.flatMap((name) => playedSitesOf(config, config.credentials[name] ?? missing(name))))];
  const endMs = request.timeoutMs === null ? Number.POSITIVE_INFINITY : tools.clock.nowMs() + request.timeoutMs;
  const deadlineMs = Number.isFinite(endMs) ? endMs : null;
  const wish = namedOnce(request.act, tools);
  let going: readonly string[] = names;
  let open = new Set(names);
  let stopped: TickResult["runs"] = [];
  for (;;) {
    const acts = Object.fromEntries([...open].map((name) => [name, wish]));
    const ticked = await tick(tools, { sites, credentials: going, acts, deadlineMs });
    request.ticked?.(ticked);
    const last = { ...ticked, runs: [...stopped, ...ticked.runs] };
    const blocked = new Set(ticked.runs.filter((run) => run.outcome.end === "blocked").map((run) => run.credential));
    stopped = last.runs.filter((run) => blocked.has(run.credential) || !going.includes(run.credential));
    going = going.filter((name) => !blocked.has(name));
    const done = ticked.runs.flatMap((run) => (run.role === "home" && run.actDone ? [run.credential] : []));
    open = new Set([...open].filter((name) => going.includes(name) && !done.includes(name)));

    const left = { ...ticked, runs: ticked.runs.filter((run) => going.includes(run.credential)) };
    const overs: readonly (readonly [boolean, ActResult["end"]])[] = [
      [open.size === 0 && isIdle(left), "idle"],
      [!request.wait, "not-finished"],
      [request.signal.aborted, "interrupted"],
      [tools.clock.nowMs() >= endMs, "timed-out"],
    ];
    const over = overs.find(([is]) => is)?.[1];
    if (over !== undefined) return { last, end: stopped.length > 0 ? "blocked" : over };
    await tools.clock.sleep(Math.max(0, Math.min(last.nextAtMs, endMs) - tools.clock.nowMs()), request.signal);
    if (request.signal.aborted) return { last, end: stopped.length > 0 ? "blocked" : "interrupted" };
  }
}

/** Asked again after a lost reply it is still the one wish. */
function namedOnce(act: Act, { entropy }: Tools): Act {
  if (act.type !== "rotate" && act.type !== "roll-back") return act;
  return { ...act, dedupeId: act.dedupeId ?? entropy.hex(16) };
}

function missing(name: string): never {
  throw new Error(`no credential ${name} in the configuration`);
}
