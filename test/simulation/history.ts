import type { CallReply, PortCall, Wanted } from "../../core/engine/calls.ts";
import { startHomeRunner } from "../../core/engine/home-runner.ts";
import { advance, type Runner } from "../../core/engine/shell.ts";
import { startSiteRunner } from "../../core/engine/site-runner.ts";
import type { Act } from "../../core/protocol/settings.ts";
import { brokenBy, homeLedger, unfinished } from "./checkers.ts";
import { performNow } from "./perform-now.ts";
import { Random } from "./random.ts";
import { drawShape, minuteMs, type Shape, World } from "./world.ts";

/** What can go wrong, as shares of calls or ticks; drawn per history, so that some are calm and some are wild. */
interface Weather {
  readonly lostRequest: number;
  readonly lostReply: number;
  readonly throttled: number;
  readonly staleRead: number;
  readonly slow: number;
  readonly frozen: number;
  readonly crash: number;
  readonly doubledTick: number;
  readonly skewMsMax: number;
  readonly outage: number;
  readonly act: number;
  readonly outside: number;
}

export interface HistoryResult {
  readonly seed: number;
  readonly broken: readonly string[];
  readonly story: readonly string[];
  readonly faults: Readonly<Record<string, number>>;
  readonly reached: Readonly<Record<string, number>>;
  readonly calls: number;
}

interface Process {
  readonly id: number;
  readonly site: string;
  alive: boolean;
  runner: Runner;
}

const unreachable: CallReply = { ok: false, failure: { kind: "unreachable", text: "simulated: no answer" } };
const throttled: CallReply = { ok: false, failure: { kind: "throttled", text: "simulated: 429" } };

function drawWeather(random: Random): Weather {
  const maybe = (share: number, max: number) => (random.chance(share) ? random.next() * max : 0);
  return {
    lostRequest: maybe(0.4, 0.05),
    lostReply: maybe(0.5, 0.05),
    throttled: maybe(0.3, 0.03),
    staleRead: maybe(0.3, 0.3),
    slow: maybe(0.5, 0.1),
    frozen: maybe(0.3, 0.01),
    crash: maybe(0.5, 0.02),
    doubledTick: maybe(0.5, 0.5),
    skewMsMax: random.chance(0.3) ? random.int(0, 90) * minuteMs : 0,
    outage: maybe(0.4, 0.02),
    act: maybe(0.4, 0.05),
    outside: maybe(0.4, 0.05),
  };
}

/** One history: a world, its runners, its weather; then calm, in which everything must come to rest. */
export class History {
  readonly #random: Random;
  readonly #world: World;
  readonly #shape: Shape;
  #weather: Weather;
  readonly #queue: { atMs: number; order: number; run: () => void }[] = [];
  readonly #down = new Set<string>();
  readonly #exempt = new Set<string>();
  readonly #skew: Record<string, number> = {};
  readonly #faults: Record<string, number> = {};
  readonly #reached: Record<string, number> = {};
  readonly #broken: string[] = [];
  readonly #story: string[] = [];
  readonly #stale = new Map<string, readonly { atMs: number; state: unknown }[]>();
  #order = 0;
  #processes = 0;
  #calls = 0;
  #stopped = false;
  readonly #seed: number;
  readonly #tell: boolean;

  constructor(seed: number, tell = false) {
    this.#seed = seed;
    this.#tell = tell;
    this.#random = new Random(seed);
    this.#shape = drawShape(this.#random);
    this.#weather = drawWeather(this.#random);
    this.#world = new World(this.#shape, this.#random);
    for (const site of this.#shape.sites)
      this.#skew[site] = Math.round((this.#random.next() * 2 - 1) * this.#weather.skewMsMax);
  }

  run(): HistoryResult {
    const start = this.#world.nowMs;
    const stormMs = this.#random.int(3, 14) * 60 * minuteMs;
    for (const site of this.#shape.sites)
      this.#scheduleTicks(site, start + this.#random.int(0, 3) * minuteMs, start + stormMs);
    this.#at(start + stormMs, () => this.#calm());
    this.#drain();
    if (this.#broken.length === 0) this.#liveness();
    return {
      seed: this.#seed,
      broken: this.#broken,
      story: this.#story,
      faults: this.#faults,
      reached: this.#reached,
      calls: this.#calls,
    };
  }

  #at(atMs: number, run: () => void): void {
    // A binary heap is not worth it: at most some dozens of events wait.
    this.#queue.push({ atMs, order: this.#order, run });
    this.#order += 1;
  }

  #drain(): void {
    while (this.#queue.length > 0 && this.#broken.length === 0) {
      let best = 0;
      for (let i = 1; i < this.#queue.length; i += 1) {
        const [a, b] = [this.#queue[i], this.#queue[best]];
        if (a && b && (a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order))) best = i;
      }
      const [event] = this.#queue.splice(best, 1);
      if (event === undefined) return;
      this.#world.nowMs = Math.max(this.#world.nowMs, event.atMs);
      event.run();
    }
  }

  #say(text: () => string): void {
    if (this.#tell)
      this.#story.push(
        `${String(Math.round((this.#world.nowMs - 1_800_000_000_000) / 1000)).padStart(7)} s  ${text()}`,
      );
  }

  #count(fault: string): void {
    this.#faults[fault] = (this.#faults[fault] ?? 0) + 1;
  }

  #scheduleTicks(site: string, fromMs: number, untilMs: number): void {
    this.#at(fromMs, () => {
      this.#weatherTick();
      this.#tick(site);
      if (this.#random.chance(this.#weather.doubledTick)) {
        this.#count("doubled tick");
        this.#tick(site);
      }
      const nextMs = this.#world.nowMs + Math.round(this.#shape.tickEveryMs * (0.7 + this.#random.next() * 0.6));
      if (nextMs < untilMs) this.#scheduleTicks(site, nextMs, untilMs);
    });
  }

  /** Outages and outsiders, drawn at ticks. */
  #weatherTick(): void {
    const { ports } = this.#world;
    const parts = [
      "registry:main",
      ...Object.keys(ports.stores).flatMap((site) => [`store:${site}`, `ledger:${site}`]),
      ...Object.keys(ports.clusters).map((name) => `cluster:${name}`),
    ];
    if (this.#random.chance(this.#weather.outage)) {
      const part = this.#random.pick(parts);
      this.#count(`outage of ${part.split(":")[0]}`);
      this.#say(() => `${part} goes down`);
      this.#down.add(part);
      this.#at(this.#world.nowMs + this.#random.int(1, 180) * minuteMs, () => this.#down.delete(part));
    }
    if (this.#random.chance(this.#weather.outside)) this.#outsider();
  }

  #outsider(): void {
    const clusters = Object.entries(this.#world.ports.clusters);
    if (clusters.length === 0) return;
    const [name, cluster] = this.#random.pick(clusters);
    const namespace = this.#random.pick(Object.keys(cluster.state.namespaces));
    const what = this.#random.pick(["secret deleted", "namespace added", "namespace unselected"] as const);
    this.#count(what);
    this.#say(() => `outside: ${what} in ${name}/${namespace}`);
    if (what === "secret deleted") cluster.deleteSecretOutside(namespace, "pull");
    else if (what === "namespace added") cluster.addNamespace(`late${this.#random.int(0, 2)}`, { pull: "yes" });
    else cluster.addNamespace(namespace, {});
  }

  #drawAct(): Act | null {
    if (!this.#random.chance(this.#weather.act)) return null;
    const ledger = homeLedger(this.#world);
    const act = this.#random.pick(["rotate", "roll-back", "revoke"] as const);
    this.#count(`act ${act}`);
    if (act !== "revoke") return act === "rotate" ? { type: act } : { type: act, generation: null };
    const living = [ledger?.current, ledger?.next, ...(ledger?.replaced ?? [])].filter((one) => one != null);
    if (living.length === 0) return null;
    return { type: "revoke", generation: this.#random.pick(living).generation, now: false };
  }

  #tick(site: string): void {
    const id = this.#processes;
    this.#processes += 1;
    const owner = `runner-${id}`;
    const nowMs = this.#now(site);
    if (site !== this.#world.home) {
      this.#begin(id, site, startSiteRunner(...this.#siteInput(site, nowMs), nowMs));
      return;
    }
    const { context, settings } = this.#world.homeInput(owner, nowMs, this.#stopped ? null : this.#drawAct());
    this.#begin(id, site, startHomeRunner(context, settings, nowMs));
  }

  #siteInput(site: string, nowMs: number) {
    const { context, settings } = this.#world.siteInput(site, nowMs);
    return [context, settings] as const;
  }

  #begin(id: number, site: string, started: { readonly runner: Runner; readonly calls: readonly Wanted[] }): void {
    const process: Process = { id, site, alive: true, runner: started.runner };
    this.#issue(process, started.calls);
  }

  #now(site: string): number {
    return this.#world.nowMs + (this.#stopped ? 0 : (this.#skew[site] ?? 0));
  }

  #issue(process: Process, calls: readonly Wanted[]): void {
    for (const { id, call } of calls) {
      const { lostRequest, lostReply, throttled: full, slow, frozen, crash } = this.#weather;
      const fate = this.#random.next();
      let delayMs = this.#random.int(5, 300);
      if (this.#random.chance(slow)) delayMs += this.#random.int(1_000, 50_000);
      if (this.#random.chance(frozen)) {
        this.#count("frozen runner");
        delayMs += this.#random.int(1, 240) * minuteMs;
      }
      const how =
        fate < lostRequest
          ? "lost request"
          : fate < lostRequest + lostReply
            ? "lost reply"
            : fate < lostRequest + lostReply + full
              ? "throttled"
              : "fine";
      if (how !== "fine") this.#count(how);
      if (this.#random.chance(crash)) {
        this.#count(`crash ${this.#random.chance(0.5) ? "before" : "after"} an effect`);
        if (this.#random.chance(0.5)) {
          process.alive = false;
          this.#say(() => `p${process.id} dies before ${describe(call)}`);
          continue;
        }
        this.#at(this.#world.nowMs + delayMs, () => this.#effect(process, call));
        process.alive = false;
        this.#say(() => `p${process.id} dies after asking for ${describe(call)}`);
        continue;
      }
      this.#at(this.#world.nowMs + delayMs, () => {
        const reply =
          how === "throttled" ? throttled : how === "lost request" ? unreachable : this.#effect(process, call);
        const backMs = this.#random.int(2, 100);
        this.#at(this.#world.nowMs + backMs, () =>
          this.#reply(process, id, how === "lost reply" ? unreachable : reply),
        );
      });
    }
  }

  /** What a call does, at the moment at which it reaches the other side. */
  #effect(process: Process, call: PortCall): CallReply {
    this.#calls += 1;
    const part = `${call.call.split(".")[0] === "usage" ? "registry" : call.call.split(".")[0]}:${call.on}`;
    if (this.#down.has(part)) return unreachable;
    if (
      (call.call === "store.readCurrent" || call.call === "store.readRound") &&
      this.#random.chance(this.#weather.staleRead)
    )
      return this.#staleRead(call);
    this.#remember(call);
    const reply = performNow(this.#world.ports, call);
    this.#say(
      () =>
        `p${process.id} ${process.runner.kind}@${process.site} ${describe(call)} → ${reply.ok ? "ok" : reply.failure.text}`,
    );
    if (reply.ok) {
      this.#noteReached(call);
      for (const broken of brokenBy(this.#world, call, this.#exempt)) this.#broken.push(broken);
    }
    return reply;
  }

  #remember(call: PortCall): void {
    if (call.call !== "store.flip" && call.call !== "store.writeRound") return;
    const store = this.#world.ports.stores[call.on];
    if (store === undefined) return;
    const past = this.#stale.get(call.on) ?? [];
    this.#stale.set(call.on, [...past.slice(-3), { atMs: this.#world.nowMs, state: store.state }]);
  }

  #staleRead(call: PortCall): CallReply {
    const store = this.#world.ports.stores[call.on];
    const past = (this.#stale.get(call.on) ?? []).filter((one) => this.#world.nowMs - one.atMs < 30 * minuteMs);
    const [oldest] = past;
    if (store === undefined || oldest === undefined) return performNow(this.#world.ports, call);
    this.#count("stale read");
    const present = store.state;
    store.state = oldest.state as typeof present;
    const reply = performNow(this.#world.ports, call);
    store.state = present;
    return reply;
  }

  #noteReached(call: PortCall): void {
    if (call.call !== "ledger.save" || call.on !== this.#world.home || call.key.includes("@")) return;
    const ledger = homeLedger(this.#world);
    if (ledger === null) return;
    const note = (state: string) => {
      this.#reached[state] = (this.#reached[state] ?? 0) + 1;
    };
    note(ledger.next === null ? "idle" : `${ledger.next.rollBack ? "roll back " : ""}${ledger.next.state}`);
    for (const record of ledger.replaced) note(record.state);
    if (ledger.round !== null) note("round");
    if (ledger.refusals !== null) note("refused");
  }

  #reply(process: Process, id: string, reply: CallReply): void {
    if (!process.alive) return;
    const next = advance(process.runner, id, reply, this.#now(process.site));
    process.runner = next.runner;
    this.#issue(process, next.calls);
    const { outcome, inFlight } = process.runner.state;
    if (outcome === null && Object.keys(inFlight).length === 0)
      this.#broken.push(`a runner hangs: ${process.runner.kind}@${process.site}`);
    if (outcome === null) return;
    this.#say(() => `p${process.id} ${process.runner.kind}@${process.site} ends: ${outcome.end}`);
    if (process.runner.kind === "home")
      this.#begin(
        process.id,
        process.site,
        startSiteRunner(...this.#siteInput(process.site, this.#now(process.site)), this.#now(process.site)),
      );
  }

  #calm(): void {
    this.#stopped = true;
    this.#weather = {
      lostRequest: 0,
      lostReply: 0,
      throttled: 0,
      staleRead: 0,
      slow: 0,
      frozen: 0,
      crash: 0,
      doubledTick: 0,
      skewMsMax: 0,
      outage: 0,
      act: 0,
      outside: 0,
    };
    this.#down.clear();
    this.#say(() => "the storm is over");
  }

  /** Once faults stop, a bounded number of ticks reaches rest. */
  #liveness(): void {
    const roundsMax = 150;
    for (let round = 0; round < roundsMax && this.#broken.length === 0; round += 1) {
      for (const site of this.#shape.sites) this.#tick(site);
      this.#drain();
      if (this.#broken.length > 0 || unfinished(this.#world).length === 0) return;
      this.#world.nowMs += this.#shape.tickEveryMs;
    }
    this.#broken.push(...unfinished(this.#world));
  }
}

function describe(call: PortCall): string {
  const { call: name, on, ...rest } = call;
  return `${name} ${on} ${JSON.stringify(rest).slice(0, 220)}`;
}

export function runHistory(seed: number, tell = false): HistoryResult {
  return new History(seed, tell).run();
}
