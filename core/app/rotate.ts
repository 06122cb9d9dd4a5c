import type { Act } from "../protocol/settings.ts";
import { sitesOf } from "./settings.ts";
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
  readonly last: TickResult;
  readonly end: "idle" | "not-finished" | "blocked" | "timed-out" | "interrupted";
}

/** Takes an operator's act to each credential, playing the runners of all their sites, and follows it to its end if asked to. */
export async function act(tools: Tools, request: ActRequest): Promise<ActResult> {
  const names = request.credentials.length > 0 ? request.credentials : Object.keys(tools.config.credentials);
  const sites = [...new Set(names.flatMap((name) => sitesOf(tools.config.credentials[name] ?? missing(name))))];
  const endMs = request.timeoutMs === null ? Number.POSITIVE_INFINITY : tools.clock.nowMs() + request.timeoutMs;
  let open = new Set(names);
  // Asked again after a lost reply it is still the one wish.
  const wish: Act =
    request.act.type === "rotate" || request.act.type === "roll-back"
      ? { ...request.act, dedupeId: request.act.dedupeId ?? tools.entropy.hex(16) }
      : request.act;
  for (;;) {
    const acts = Object.fromEntries([...open].map((name) => [name, wish]));
    const last = await tick(tools, {
      sites,
      credentials: names,
      acts,
      deadlineMs: Number.isFinite(endMs) ? endMs : null,
    });
    request.ticked?.(last);
    const done = last.runs.flatMap((run) => (run.role === "home" && run.actDone ? [run.credential] : []));
    open = new Set([...open].filter((name) => !done.includes(name)));
    if (last.runs.some((run) => run.outcome.end === "blocked")) return { last, end: "blocked" };
    if (open.size === 0 && isIdle(last)) return { last, end: "idle" };
    if (!request.wait) return { last, end: "not-finished" };
    if (request.signal.aborted) return { last, end: "interrupted" };
    if (tools.clock.nowMs() >= endMs) return { last, end: "timed-out" };
    await tools.clock.sleep(Math.max(0, Math.min(last.nextAtMs, endMs) - tools.clock.nowMs()), request.signal);
    if (request.signal.aborted) return { last, end: "interrupted" };
  }
}

function missing(name: string): never {
  throw new Error(`no credential ${name} in the configuration`);
}
