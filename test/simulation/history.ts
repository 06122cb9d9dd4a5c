import type { CallReply, PortCall, Wanted } from "../../core/engine/calls.ts";
import { startHomeRunner } from "../../core/engine/home-runner.ts";
import { advance, type Runner } from "../../core/engine/shell.ts";
import { startSiteRunner } from "../../core/engine/site-runner.ts";
import type { Act } from "../../core/protocol/settings.ts";
import { drawAct } from "./acts.ts";
import { copies, homeLedger, unfinished } from "./checkers.ts";
import { Outside } from "./outside.ts";
import { performNow } from "./perform-now.ts";
import { Queue } from "./queue.ts";
import { Random } from "./random.ts";
import { type Drawn, drawShape } from "./shape.ts";
import { Troubles } from "./troubles.ts";
import { calm, drawWeather, type Weather } from "./weather.ts";
import { type Tick, Witness } from "./witness.ts";
import { describe } from "./words.ts";
import { minuteMs, type Place, type Shape, World } from "./world.ts";

export interface HistoryResult {
  readonly seed: number;
  readonly large: boolean;
  readonly broken: readonly string[];
  readonly story: readonly string[];
  readonly faults: Readonly<Record<string, number>>;
  readonly reached: Readonly<Record<string, number>>;
  readonly calls: number;
}

/** What is not left to the seed, for histories that look for one thing. */
export interface Aim {
  readonly only?: "small" | "large";
  readonly shape?: Partial<Shape>;
  readonly weather?: Partial<Weather>;
}

interface Process {
  readonly id: number;
  readonly site: string;
  readonly place: Place;
  alive: boolean;
  runner: Runner;
  readonly tick: Tick;
}

type Fate = "fine" | "lost request" | "lost reply" | "throttled";

const unreachable: CallReply = { ok: false, failure: { kind: "unreachable", text: "simulated: no answer" } };
const throttled: CallReply = { ok: false, failure: { kind: "throttled", text: "simulated: 429" } };

/** Rotations that are due by the schedule alone come no more once everything must come to rest. */
const restMs = 365 * 24 * 60 * minuteMs;

/** One history: a world, its runners, its weather; then calm, in which everything must come to rest. */
export class History {
  readonly #random: Random;
  readonly #world: World;
  readonly #drawn: Drawn;
  readonly #witness: Witness;
  readonly #outside: Outside;
  readonly #troubles: Troubles;
  #weather: Weather;
  readonly #queue = new Queue();
  readonly #skew: Record<string, number> = {};
  readonly #faults: Record<string, number> = {};
  readonly #broken: string[] = [];
  readonly #story: string[] = [];
  readonly #past = new Map<
    string,
    { readonly atMs: number; readonly state: World["ports"]["stores"][string]["state"] }[]
  >();
  readonly #pastLedgers = new Map<
    string,
    { readonly atMs: number; readonly state: World["ports"]["ledgers"][string]["state"] }[]
  >();
  /** Its last tick died: what an operator does now meets a line half way. */
  readonly #died = new Set<string>();
  #processes = 0;
  #calls = 0;
  #stopped = false;
  readonly #seed: number;
  readonly #tell: boolean;

  constructor(seed: number, tell = false, aim: Aim = {}) {
    this.#seed = seed;
    this.#tell = tell;
    this.#random = new Random(seed);
    const drawn = drawShape(this.#random, aim.only);
    const shape = { ...drawn.shape, ...aim.shape };
    this.#drawn = { ...drawn, shape };
    this.#weather = { ...drawWeather(this.#random, shape.tickEveryMs), ...aim.weather };
    this.#world = new World(shape, this.#random);
    this.#witness = new Witness(this.#world);
    this.#outside = new Outside(this.#world, this.#random, this.#witness);
    this.#troubles = new Troubles(this.#world);
    for (const site of shape.sites) this.#drawSkew(site);
  }

  run(): HistoryResult {
    const { shape, stormTicks, large } = this.#drawn;
    const start = this.#world.nowMs;
    const stormMs = (stormTicks + this.#weather.longer) * shape.tickEveryMs;
    for (const site of shape.sites)
      this.#scheduleTicks(site, start + this.#random.int(0, shape.tickEveryMs), start + stormMs);
    const [cluster] = Object.keys(shape.clusters);
    if (this.#weather.darkForEver && cluster !== undefined)
      this.#queue.put(start + Math.floor(this.#random.next() * stormMs), () => this.#darken(cluster));
    this.#queue.put(start + stormMs, () => this.#calm());
    this.#drain();
    if (this.#weather.darkForEver && cluster !== undefined) this.#liveInTheDark(cluster);
    this.#liveness();
    return {
      seed: this.#seed,
      large,
      broken: this.#broken,
      story: this.#story,
      faults: this.#faults,
      reached: this.#witness.reached,
      calls: this.#calls,
    };
  }

  #drain(): void {
    while (this.#broken.length === 0) {
      const event = this.#queue.take();
      if (event === undefined) return;
      this.#world.nowMs = Math.max(this.#world.nowMs, event.atMs);
      event.run();
    }
  }

  #say(text: () => string): void {
    if (!this.#tell) return;
    const seconds = Math.round((this.#world.nowMs - 1_800_000_000_000) / 1000);
    this.#story.push(`${String(seconds).padStart(7)} s  ${text()}`);
  }

  #count(fault: string): void {
    this.#faults[fault] = (this.#faults[fault] ?? 0) + 1;
  }

  #drawSkew(site: string): void {
    this.#skew[site] = Math.round((this.#random.next() * 2 - 1) * this.#weather.skewMsMax);
  }

  #darken(cluster: string): void {
    this.#count("dark for ever");
    this.#say(() => `cluster ${cluster} goes dark for ever`);
    this.#troubles.darken(`cluster:${cluster}`, Number.MAX_SAFE_INTEGER);
  }

  #scheduleTicks(site: string, fromMs: number, untilMs: number): void {
    this.#queue.put(fromMs, () => {
      this.#weatherTick(site);
      this.#tick(site);
      if (this.#random.chance(this.#weather.doubledTick)) {
        this.#count("doubled tick");
        this.#tick(site);
      }
      const { tickEveryMs } = this.#drawn.shape;
      const nextMs = this.#world.nowMs + Math.round(tickEveryMs * (0.7 + this.#random.next() * 0.6));
      if (nextMs < untilMs) this.#scheduleTicks(site, nextMs, untilMs);
    });
  }

  /** Troubles, clocks and outsiders, drawn at ticks; outsiders come somewhere in the tick. */
  #weatherTick(site: string): void {
    const { trouble, clockJump, outside, outsiders } = this.#weather;
    const { tickEveryMs } = this.#drawn.shape;
    if (site === this.#world.home) this.#outside.backUp();
    if (this.#random.chance(trouble)) {
      const lastsMs = Math.round(this.#random.next() * (this.#random.chance(0.2) ? 40 : 4) * tickEveryMs);
      const what = this.#troubles.draw(this.#random, this.#world.nowMs, lastsMs);
      this.#count(what);
      this.#say(() => `${what} for ${Math.round(lastsMs / 1000)} s`);
    }
    if (this.#random.chance(clockJump)) {
      this.#count("clock jump");
      this.#skew[site] = Math.round((this.#random.next() * 2 - 1) * this.#random.pick([10, 120, 2_000]) * minuteMs);
      this.#say(() => `the clock of ${site} jumps to ${Math.round((this.#skew[site] ?? 0) / minuteMs)} minutes`);
    }
    if (outsiders.length === 0 || !this.#random.chance(outside)) return;
    const delayMs = this.#random.chance(0.5) ? 0 : this.#random.int(0, 4_000);
    this.#queue.put(this.#world.nowMs + delayMs, () => {
      if (this.#stopped) return;
      const kind = this.#random.pick(outsiders);
      const where = this.#outside.act(kind);
      if (where === null) return;
      this.#count(kind);
      this.#say(() => `outside: ${kind} at ${where}`);
      if (kind === "robot disabled" && this.#random.chance(0.6))
        this.#queue.put(this.#world.nowMs + this.#random.int(1, 2 * tickEveryMs), () => this.#outside.enable(where));
    });
  }

  #act(place: Place): Act | null {
    const boost = this.#died.has(place.name) ? 3 : 1;
    if (this.#stopped || !this.#random.chance(this.#weather.act * boost)) return null;
    const ledger = homeLedger(this.#world, place);
    const act = drawAct(this.#random, this.#weather.acts, ledger);
    if (act === null) return null;
    this.#count(`act ${act.type}${act.type === "revoke" && act.now ? " now" : ""}`);
    if (act.type === "revoke") {
      const all = [ledger?.current, ledger?.next, ...(ledger?.replaced ?? [])];
      for (const meant of all)
        if (meant?.generation === act.generation && "robot" in meant)
          this.#witness.revoke(place, meant.robot.username, act.now);
    }
    this.#say(() => `an operator asks: ${JSON.stringify(act)}`);
    return act;
  }

  #tick(site: string): void {
    for (const place of this.#world.places) {
      const id = this.#processes;
      this.#processes += 1;
      const nowMs = this.#now(site);
      if (site === place.home) this.#startHome(id, place, nowMs, this.#act(place));
      else this.#startSite(id, site, place, nowMs);
    }
  }

  #startHome(id: number, place: Place, nowMs: number, act: Act | null): void {
    this.#died.delete(place.name);
    const { context, settings } = this.#world.homeInput(`runner-${id}`, nowMs, act, place);
    const { runner, calls } = startHomeRunner(context, settings, nowMs);
    this.#issue({ id, site: place.home, place, alive: true, runner, tick: this.#newTick() }, calls);
  }

  #startSite(id: number, site: string, place: Place, nowMs: number): void {
    const { context, settings } = this.#world.siteInput(site, nowMs, place);
    const { runner, calls } = startSiteRunner(context, settings, nowMs);
    this.#issue({ id, site, place, alive: true, runner, tick: this.#newTick() }, calls);
  }

  #newTick(): Tick {
    return { startedMs: this.#world.nowMs, lookedMs: null, readRobotMs: new Map(), takenOut: [], flipped: new Set() };
  }

  #now(site: string): number {
    return this.#world.nowMs + (this.#stopped ? 0 : (this.#skew[site] ?? 0));
  }

  #issue(process: Process, calls: readonly Wanted[]): void {
    for (const wanted of calls) {
      const delayMs = this.#delay(wanted.call);
      const fate = this.#fate();
      if (this.#random.chance(this.#crashShare(process))) this.#crash(process, wanted.call, delayMs);
      else this.#send(process, wanted, fate, delayMs);
    }
  }

  #crashShare(process: Process): number {
    const { crash, crashAtLine } = this.#weather;
    const atLine = process.runner.kind === "home" && process.runner.state.ledger?.next;
    return atLine ? Math.max(crash, crashAtLine) : crash;
  }

  #delay(call: PortCall): number {
    const { slow, frozen, frozenMsMax } = this.#weather;
    let delayMs = this.#random.int(5, 300);
    if (this.#random.chance(slow) || this.#troubles.isSlow(call, this.#world.nowMs))
      delayMs += this.#random.int(1_000, 50_000);
    if (this.#random.chance(frozen)) {
      this.#count("frozen runner");
      delayMs += this.#random.int(1, frozenMsMax);
    }
    return delayMs;
  }

  #fate(): Fate {
    const { lostRequest, lostReply, throttled: full } = this.#weather;
    const drawn = this.#random.next();
    const fate =
      drawn < lostRequest
        ? "lost request"
        : drawn < lostRequest + lostReply
          ? "lost reply"
          : drawn < lostRequest + lostReply + full
            ? "throttled"
            : "fine";
    if (fate !== "fine") this.#count(fate);
    return fate;
  }

  #crash(process: Process, call: PortCall, delayMs: number): void {
    const after = this.#random.chance(0.5);
    this.#count(`crash ${after ? "after" : "before"} an effect`);
    this.#say(() => `p${process.id} dies ${after ? "after asking for" : "before"} ${describe(call)}`);
    if (process.runner.kind === "home") this.#died.add(process.place.name);
    const askedMs = this.#world.nowMs;
    if (after) this.#queue.put(askedMs + delayMs, () => this.#effect(process, call, askedMs));
    process.alive = false;
  }

  #send(process: Process, { id, call }: Wanted, fate: Fate, delayMs: number): void {
    const askedMs = this.#world.nowMs;
    this.#queue.put(askedMs + delayMs, () => {
      const reply =
        fate === "throttled" ? throttled : fate === "lost request" ? unreachable : this.#effect(process, call, askedMs);
      const backMs = this.#world.nowMs + this.#random.int(2, 100);
      this.#queue.put(backMs, () => this.#reply(process, id, fate === "lost reply" ? unreachable : reply));
    });
  }

  /** What a call does, at the moment at which it reaches the other side. */
  #effect(process: Process, call: PortCall, askedMs: number): CallReply {
    this.#calls += 1;
    const { nowMs } = this.#world;
    const failure = this.#troubles.failure(call, nowMs);
    if (failure !== null) return { ok: false, failure };
    if (
      process.tick.lookedMs === null &&
      (call.call === "cluster.listNamespaces" || call.call === "cluster.listSecrets")
    )
      process.tick.lookedMs = nowMs;
    const make = () => (this.#isStale(call) ? this.#staleRead(call) : performNow(this.#world.ports, call));
    this.#remember(call);
    const taken = this.#beforeTakeBack(process, call);
    const [reply, broken] = this.#witness.judge(call, askedMs, process.tick, make);
    this.#say(() => {
      const said = reply.ok ? "ok" : reply.failure.text;
      return `p${process.id} ${process.runner.kind}@${process.site} ${describe(call)} → ${said}`;
    });
    this.#broken.push(...broken);
    if (!reply.ok) return reply;
    if (taken !== null) taken();
    if (call.call === "registry.mint" && this.#random.chance(this.#weather.spoilt)) {
      this.#count("robot spoilt at birth");
      const { username } = reply.value as { readonly username: string };
      this.#outside.spoil(process.place, username);
    }
    return reply;
  }

  /** A controller of somebody else's that owns the Secret, too, and puts the old value back at once. */
  #beforeTakeBack(process: Process, call: PortCall): (() => void) | null {
    if (!this.#weather.takenBackAtOnce || call.call !== "cluster.applySecret" || call.on !== "c0") return null;
    const { place } = process;
    const { namespace } = call.write;
    const old = copies(this.#world, place).find(({ where }) => where === `c0/${namespace}/${place.secret}`);
    const facts = this.#world.ports.clusters["c0"]?.readSecretNow(namespace, place.secret);
    const login =
      old?.login ?? (facts?.content.state === "parsed" ? facts.content.logins[place.registryKey] : undefined);
    if (!login) return null;
    return () => {
      this.#count("secret taken back at once");
      this.#outside.takeBack(place, "c0", namespace, login.username, login.password.reveal());
    };
  }

  #remember(call: PortCall): void {
    const { staleRead, staleLoad } = this.#weather;
    const { ports, nowMs: atMs } = this.#world;
    if (staleLoad > 0 && call.call === "ledger.save") {
      const { state } = ports.ledgers[call.on] ?? {};
      if (state) this.#pastLedgers.set(call.on, [...(this.#pastLedgers.get(call.on) ?? []).slice(-5), { atMs, state }]);
    }
    if (staleRead === 0 || (call.call !== "store.flip" && call.call !== "store.writeRound")) return;
    const { state } = ports.stores[call.on] ?? {};
    if (state) this.#past.set(call.on, [...(this.#past.get(call.on) ?? []).slice(-3), { atMs, state }]);
  }

  #isStale(call: PortCall): boolean {
    if (call.call === "ledger.load") return this.#weather.staleLoad > 0 && this.#random.chance(this.#weather.staleLoad);
    const reads = call.call === "store.readCurrent" || call.call === "store.readRound";
    return reads && this.#random.chance(this.#weather.staleRead);
  }

  #staleRead(call: PortCall): CallReply {
    const lately = this.#world.nowMs - 3 * this.#drawn.shape.tickEveryMs;
    if (call.call === "ledger.load") {
      const [then] = (this.#pastLedgers.get(call.on) ?? []).filter((one) => one.atMs > lately);
      if (then === undefined) return performNow(this.#world.ports, call);
      this.#count("stale load");
      const record = then.state.records[call.key] ?? null;
      return { ok: true, value: { record, serverMs: this.#world.nowMs } };
    }
    const store = this.#world.ports.stores[call.on];
    const [oldest] = (this.#past.get(call.on) ?? []).filter((one) => one.atMs > lately);
    if (store === undefined || oldest === undefined) return performNow(this.#world.ports, call);
    this.#count("stale read");
    const present = store.state;
    store.state = oldest.state;
    const reply = performNow(this.#world.ports, call);
    store.state = present;
    return reply;
  }

  #reply(process: Process, id: string, reply: CallReply): void {
    if (!process.alive) return;
    const next = advance(process.runner, id, reply, this.#now(process.site));
    process.runner = next.runner;
    this.#issue(process, next.calls);
    const { outcome, inFlight } = process.runner.state;
    const { kind } = process.runner;
    if (outcome === null) {
      if (Object.keys(inFlight).length === 0) this.#broken.push(`a runner hangs: ${kind}@${process.site}`);
      return;
    }
    this.#say(() => {
      const why = "waits" in outcome ? outcome.waits : [];
      const problems = outcome.problems.map(({ code, text }) => `${code} (${text})`);
      return `p${process.id} ${kind}@${process.site} ends: ${outcome.end}; ${[...why, ...problems].join("; ")}`;
    });
    if (kind === "home") this.#startSite(process.id, process.site, process.place, this.#now(process.site));
  }

  #calm(): void {
    this.#stopped = true;
    this.#witness.calmMs = this.#world.nowMs;
    this.#weather = { ...calm, darkForEver: this.#weather.darkForEver };
    const dark = Object.keys(this.#drawn.shape.clusters)[0];
    this.#troubles.clear();
    if (this.#weather.darkForEver && dark !== undefined)
      this.#troubles.darken(`cluster:${dark}`, Number.MAX_SAFE_INTEGER);
    this.#outside.leave();
    this.#world.rotateEveryMs = restMs;
    this.#say(() => "the storm is over");
  }

  /** A dark cluster holds back nothing but the end of what it may still hold: a rotation asked for goes through. */
  #liveInTheDark(cluster: string): void {
    const dark = new Set([cluster]);
    this.#settle(dark);
    const [place] = this.#world.places;
    const { epoch = 0, replaced = [] } = homeLedger(this.#world, place) ?? {};
    const { replacedMax } = this.#world.homeInput("nobody", this.#world.nowMs, null, place).settings.limits;
    // As many as there may be wait for the cluster already: only what cannot wait is rotated now.
    if (replaced.length >= replacedMax) {
      this.#count("dark until the limit of replaced ones");
      this.#troubles.clear();
      return;
    }
    // Attempts that failed by a clock that was ahead may hold the next one back for an hour and its pause.
    const untilMs = this.#world.nowMs + Math.max(80 * minuteMs, 4 * this.#drawn.shape.tickEveryMs);
    while (this.#world.nowMs <= untilMs && this.#broken.length === 0) {
      this.#startHome(this.#processes, place, this.#world.nowMs, { type: "rotate" });
      this.#processes += 1;
      this.#drain();
      this.#world.nowMs += this.#drawn.shape.tickEveryMs;
      if ((homeLedger(this.#world, place)?.epoch ?? 0) > epoch) break;
    }
    if (this.#broken.length === 0 && (homeLedger(this.#world, place)?.epoch ?? 0) === epoch)
      this.#broken.push(`promise 7: no rotation while cluster ${cluster} is dark`);
    this.#troubles.clear();
  }

  #liveness(): void {
    this.#settle(new Set());
  }

  /** Once faults stop, a bounded number of ticks reaches rest. */
  #settle(dark: ReadonlySet<string>): void {
    const roundsMax = 80;
    const left = () => this.#world.places.flatMap((place) => unfinished(this.#world, place, dark));
    for (let round = 0; round < roundsMax && this.#broken.length === 0; round += 1) {
      for (const site of this.#drawn.shape.sites) this.#tick(site);
      this.#drain();
      if (this.#broken.length > 0 || left().length === 0) return;
      // Ticks come more slowly while nothing but time is waited for.
      this.#world.nowMs += Math.max(this.#drawn.shape.tickEveryMs, (round < 10 ? 1 : round < 30 ? 10 : 60) * minuteMs);
    }
    if (this.#broken.length === 0) this.#broken.push(...left());
  }
}

export function runHistory(seed: number, tell = false, aim: Aim = {}): HistoryResult {
  return new History(seed, tell, aim).run();
}
