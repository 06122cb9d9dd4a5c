import { Arrivals } from "./arrivals.ts";
import type { CallReply, PortCall, Wanted } from "./calls.ts";
import { type Advance, advanceHome, type HomeRunner } from "./home-runner.ts";
import { perform } from "./perform.ts";
import type { Ports } from "./ports.ts";
import { advanceSite, type SiteRunner } from "./site-runner.ts";

export type Runner = HomeRunner | SiteRunner;

/** Told of every call and every step; for logs and progress. Sees no secret that it could print. */
export interface Watcher {
  called?(call: PortCall, reply: CallReply, tookMs: number): void;
  advanced?(before: Runner, after: Runner): void;
}

interface Answered {
  readonly id: string;
  readonly call: PortCall;
  readonly reply: CallReply;
  readonly startedMs: number;
}

export function advance(runner: Runner, id: string, reply: CallReply, nowMs: number): Advance<Runner> {
  return runner.kind === "home" ? advanceHome(runner, id, reply, nowMs) : advanceSite(runner, id, reply, nowMs);
}

/** From now on this runner's time is up: nothing new is begun, what is under way is taken in and written down. */
function outOfTime<R extends Runner>(runner: R, nowMs: number): R {
  const { settings } = runner.state;
  if (settings.deadlineMs <= nowMs) return runner;
  return { ...runner, state: { ...runner.state, settings: { ...settings, deadlineMs: nowMs } } };
}

/**
 * Runs a runner to its outcome: makes the calls it wants, hands back the replies, in the order in
 * which they come. Fan-out is bounded by the runner itself (what it does not want yet it does not ask).
 * When `signal` fires its deadline is now.
 */
export async function run<R extends Runner>(
  started: Advance<R>,
  ports: Ports,
  nowMs: () => number,
  watcher: Watcher = {},
  signal?: AbortSignal | undefined,
): Promise<R> {
  let runner: Runner = started.runner;
  let underWay = 0;
  const answers = new Arrivals<Answered>();
  const begin = (calls: readonly Wanted[]) => {
    underWay += calls.length;
    for (const { id, call } of calls) {
      const startedMs = nowMs();
      answers.add(perform(ports, call).then((reply) => ({ id, call, reply, startedMs })));
    }
  };
  begin(started.calls);
  while (underWay > 0) {
    const { id, call, reply, startedMs } = await answers.next();
    underWay -= 1;
    const atMs = nowMs();
    watcher.called?.(call, reply, atMs - startedMs);
    if (signal?.aborted === true) runner = outOfTime(runner, atMs);
    // A clock that was put back in between says nothing.
    const tookMs = Math.max(0, atMs - startedMs);
    const next = advance(runner, id, reply.ok ? { ...reply, tookMs } : reply, atMs);
    watcher.advanced?.(runner, next.runner);
    runner = next.runner;
    begin(next.calls);
  }
  if (runner.state.outcome === null) throw new Error("a runner stopped without an outcome");
  return runner as R;
}
