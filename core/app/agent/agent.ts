import { credentialOf, sitesOf } from "../settings.ts";
import { type TickResult, tick } from "../tick.ts";
import type { Tools } from "../tools.ts";
import { type Again, lookAgain } from "./again.ts";
import { News } from "./news.ts";
import { newsGapMsOf, pauseMsOf, randomOf, verdictOf } from "./pace.ts";
import { asleep, duringTick, noPulse, type Pulse } from "./pulse.ts";
import { startWatches } from "./start-watches.ts";

export interface AgentOptions {
  /** Tools and the sites whose runner this is; asked before every tick, and others where the configuration changed. */
  readonly open: () => Promise<{ readonly tools: Tools; readonly sites: readonly string[] }>;
  /** Fires once: the tick under way makes no new call, and the agent returns. */
  readonly signal: AbortSignal;
  /** Told at every change. */
  readonly pulse: (pulse: Pulse) => void;
}

/** Where an agent has nothing to do it looks at its configuration so often. */
const idlePauseMs = 60_000;

/**
 * A site's runner that stays: ticks by the schedule that ticks ask for, and at once for the credentials that a
 * new namespace concerns. Several of one site at the same time are safe, as several ticks are: ledgers are
 * written by compare-and-set, Secrets under their uid and version. Returns when `signal` fires; throws what
 * `open` throws, and defects.
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const agent = new Agent(options);
  try {
    await agent.run();
  } finally {
    agent.stop();
  }
}

class Agent {
  readonly #options: AgentOptions;
  readonly #news = new News();
  /** Of the watches of the tools at hand. */
  #watches = new AbortController();
  #tools: Tools | null = null;
  #defect: unknown = null;
  #pulse: Pulse = noPulse;
  #failuresInRow = 0;
  /** The next scheduled tick. */
  #nextMs = 0;
  /** News waits until then. */
  #newsFromMs = 0;
  #again: Again | null = null;

  constructor(options: AgentOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const { open, signal } = this.#options;
    while (!signal.aborted) {
      const { tools, sites } = await open();
      if (tools !== this.#tools) this.#take(tools, sites);
      if (this.#defect !== null) throw this.#defect;
      const nowMs = tools.clock.nowMs();
      const scheduled = nowMs >= this.#nextMs;
      const asked = (this.#news.waiting && nowMs >= this.#newsFromMs) || nowMs >= this.#againMs;
      if (scheduled || asked) await this.#tick(tools, sites, scheduled);
      else await this.#wait(tools, nowMs);
    }
  }

  stop(): void {
    this.#watches.abort();
  }

  get #againMs(): number {
    return this.#again?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Tools of a changed configuration: what they want is looked at at once. */
  #take(tools: Tools, sites: readonly string[]): void {
    this.#watches.abort();
    this.#watches = new AbortController();
    this.#tools = tools;
    this.#nextMs = tools.clock.nowMs();
    const signal = AbortSignal.any([this.#options.signal, this.#watches.signal]);
    startWatches(tools, sites, this.#news, signal, (defect) => {
      this.#defect = defect;
      // Wakes the loop, which throws it.
      this.#news.add([""]);
    });
  }

  async #wait({ clock }: Tools, nowMs: number): Promise<void> {
    const { signal } = this.#options;
    const { waiting, arrived } = this.#news;
    const untilMs = Math.min(this.#nextMs, this.#againMs, waiting ? this.#newsFromMs : Number.POSITIVE_INFINITY);
    await clock.sleep(Math.max(1, untilMs - nowMs), waiting ? signal : AbortSignal.any([signal, arrived]));
  }

  async #tick(tools: Tools, sites: readonly string[], scheduled: boolean): Promise<void> {
    const { clock, entropy } = tools;
    const { signal } = this.#options;
    const taken = this.#news.take();
    const nowMs = clock.nowMs();
    const again = nowMs >= this.#againMs ? this.#again : null;
    const asked = [...taken, ...(again?.credentials ?? [])];
    const credentials = credentialsOf(tools, sites).filter((name) => scheduled || asked.includes(name));
    this.#show(duringTick(this.#pulse, nowMs, nowMs + tickMsMax(tools, credentials)));
    // No name would mean all of them, also those of other sites.
    const result: Omit<TickResult, "tick"> =
      credentials.length === 0
        ? { runs: [], nextAtMs: nowMs + idlePauseMs }
        : logged(tools, await tick(tools, { sites, credentials, acts: {}, deadlineMs: null, signal }));
    const verdict = verdictOf(result);
    this.#failuresInRow = verdict === "failed" ? this.#failuresInRow + 1 : 0;
    const endedMs = clock.nowMs();
    this.#newsFromMs = endedMs + newsGapMsOf(this.#failuresInRow);
    const looks = taken.length > 0 ? 0 : again?.looks;
    if (looks !== undefined) this.#again = lookAgain(looks, result, endedMs);
    const wantedMs = result.nextAtMs - endedMs;
    const pace = { verdict, failuresInRow: this.#failuresInRow, wantedMs, random: randomOf(entropy) };
    // News of one credential moves nobody's schedule, unless it shows that something has to be looked at sooner.
    if (scheduled || verdict === "contended") this.#nextMs = endedMs + pauseMsOf(pace);
    this.#show(asleep(verdict !== "failed", endedMs, Math.max(0, this.#nextMs - endedMs)));
  }

  #show(pulse: Pulse): void {
    this.#pulse = pulse;
    this.#options.pulse(pulse);
  }
}

/** Credentials that one of these sites' runners works for. */
function credentialsOf({ config }: Tools, sites: readonly string[]): readonly string[] {
  return Object.keys(config.credentials).filter((name) =>
    sitesOf(credentialOf(config, name)).some((site) => sites.includes(site)),
  );
}

/** A tick ends by its deadline, but for the calls that are under way then. */
function tickMsMax({ config }: Tools, credentials: readonly string[]): number {
  const limits = credentials.map((name) => credentialOf(config, name).limits);
  return Math.max(0, ...limits.map(({ tickDeadlineMs, requestTimeoutMs }) => tickDeadlineMs + requestTimeoutMs));
}

function logged({ log }: Tools, result: TickResult): TickResult {
  const { tick: id, runs } = result;
  for (const { role, credential, site, outcome } of runs) {
    const report = "report" in outcome ? outcome.report : null;
    const counts = report === null ? "" : `, epoch ${report.epoch}, ${report.served} of ${report.wanted} served`;
    log({ level: "info", message: `${outcome.end}${counts}`, tick: id, role, credential, site, code: "tick-ended" });
  }
  return result;
}
