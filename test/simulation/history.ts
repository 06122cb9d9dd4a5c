import { slotOfName } from "../../core/protocol/mark.ts";
import type { Act } from "../../core/protocol/settings.ts";
import { drawAct } from "./acts.ts";
import { homeLedger, unfinished } from "./checkers.ts";
import { Fleet } from "./fleet.ts";
import { Log } from "./log.ts";
import { Outside } from "./outside.ts";
import { Queue } from "./queue.ts";
import { Random } from "./random.ts";
import { drawRights } from "./rights.ts";
import { type Drawn, drawShape } from "./shape.ts";
import { Troubles } from "./troubles.ts";
import { calm, drawWeather, type Weather } from "./weather.ts";
import { Witness } from "./witness.ts";
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

/** Rotations that are due by the schedule alone come no more once everything must come to rest. */
const restMs = 365 * 24 * 60 * minuteMs;

/** One history: a world, its runners, its weather; then calm, in which everything must come to rest. */
export class History {
  readonly #seed: number;
  readonly #random: Random;
  readonly #drawn: Drawn;
  readonly #weather: Weather;
  readonly #world: World;
  readonly #log: Log;
  readonly #witness: Witness;
  readonly #outside: Outside;
  readonly #troubles: Troubles;
  readonly #queue = new Queue();
  readonly #fleet: Fleet;

  constructor(seed: number, tell = false, aim: Aim = {}) {
    this.#seed = seed;
    const random = new Random(seed);
    const drawn = drawShape(random, aim.only);
    const shape = { ...drawn.shape, ...aim.shape };
    const weather = { ...drawWeather(random, shape.tickEveryMs), ...aim.weather };
    const world = new World(shape, random);
    const log = new Log(world, tell);
    const witness = new Witness(world);
    if (weather.staleLoad > 0) witness.loadsMayBeStale();
    const outside = new Outside(world, random, witness);
    const troubles = new Troubles(world);
    this.#random = random;
    this.#drawn = { ...drawn, shape };
    this.#weather = weather;
    this.#world = world;
    this.#log = log;
    this.#witness = witness;
    this.#outside = outside;
    this.#troubles = troubles;
    this.#fleet = new Fleet({ world, random, queue: this.#queue, log, witness, outside, troubles }, weather);
    for (const site of shape.sites) this.#fleet.skew[site] = Math.round((random.next() * 2 - 1) * weather.skewMsMax);
  }

  /** Everything that has happened so far, where it is told. */
  get story(): readonly string[] {
    return this.#log.story;
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
    this.#settle(new Set());
    return {
      seed: this.#seed,
      large,
      broken: this.#log.broken,
      story: this.#log.story,
      faults: this.#log.faults,
      reached: this.#witness.reached,
      calls: this.#log.calls,
    };
  }

  #drain(): void {
    while (this.#log.broken.length === 0) {
      const quietMs = (this.#queue.nextMs ?? 0) - this.#world.nowMs;
      // A schedule goes on while calls of those who sleep are late; pauses of less than an hour change nothing.
      const quietMsMax = Math.max(60 * minuteMs, this.#drawn.shape.tickEveryMs);
      if (this.#fleet.calm && quietMs > quietMsMax) {
        this.#world.nowMs += quietMsMax;
        for (const site of this.#drawn.shape.sites) this.#tick(site);
      }
      const event = this.#queue.take();
      if (event === undefined) return;
      this.#world.nowMs = Math.max(this.#world.nowMs, event.atMs);
      event.run();
    }
  }

  #darken(cluster: string): void {
    this.#log.count("dark for ever");
    this.#log.say(() => `cluster ${cluster} goes dark for ever`);
    this.#troubles.darken(`cluster:${cluster}`, Number.MAX_SAFE_INTEGER);
  }

  #scheduleTicks(site: string, fromMs: number, untilMs: number): void {
    this.#queue.put(fromMs, () => {
      this.#weatherTick(site);
      this.#tick(site);
      if (this.#random.chance(this.#weather.doubledTick)) {
        this.#log.count("doubled tick");
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
      this.#log.count(what);
      this.#log.say(() => `${what} for ${Math.round(lastsMs / 1000)} s`);
    }
    if (this.#random.chance(clockJump)) {
      this.#log.count("clock jump");
      this.#fleet.skew[site] = Math.round(
        (this.#random.next() * 2 - 1) * this.#random.pick([10, 120, 2_000]) * minuteMs,
      );
      this.#log.say(
        () => `the clock of ${site} jumps to ${Math.round((this.#fleet.skew[site] ?? 0) / minuteMs)} minutes`,
      );
    }
    if (this.#drawn.shape.strategy === "auto" && this.#random.chance(0.2))
      this.#queue.put(this.#world.nowMs + this.#random.int(0, 4_000), () => this.#changeRights());
    if (outsiders.length === 0 || !this.#random.chance(outside)) return;
    const delayMs = this.#random.chance(0.5) ? 0 : this.#random.int(0, 4_000);
    this.#queue.put(this.#world.nowMs + delayMs, () => {
      if (this.#fleet.calm) return;
      const kind = this.#random.pick(outsiders);
      const where = this.#outside.act(kind);
      if (where === null) return;
      this.#log.count(kind);
      this.#log.say(() => `outside: ${kind} at ${where}`);
      if (kind === "robot disabled" && this.#random.chance(0.6))
        this.#queue.put(this.#world.nowMs + this.#random.int(1, 2 * tickEveryMs), () => this.#outside.enable(where));
    });
  }

  /** An administrator gives or takes rights of the issuer, between two calls of a tick as well. */
  #changeRights(): void {
    if (this.#fleet.calm) return;
    const permissions = drawRights(this.#random);
    for (const registry of Object.values(this.#world.ports.registries))
      registry.state = { ...registry.state, issuer: { ...registry.state.issuer, permissions } };
    this.#log.count("rights changed");
    this.#log.say(() => `the issuer may: ${permissions === null ? "everything" : JSON.stringify(permissions)}`);
  }

  #act(place: Place): Act | null {
    const boost = this.#fleet.died.has(place.name) ? 3 : 1;
    if (this.#fleet.calm || !this.#random.chance(this.#weather.act * boost)) return null;
    const ledger = homeLedger(this.#world, place);
    const act = drawAct(this.#random, this.#weather.acts, ledger);
    if (act === null) return null;
    this.#log.count(`act ${act.type}${act.type === "revoke" && act.now ? " now" : ""}`);
    if (act.type === "revoke") {
      // By its number: a ledger that was put back may not know its robot yet, and be rebuilt with it before the act is taken.
      const prefix = `${place.name}-g${act.generation}-`;
      const all = [ledger?.current, ledger?.next, ...(ledger?.replaced ?? [])];
      for (const one of all)
        if (one?.generation === act.generation && "robot" in one && slotOfName(place.name, one.robot.username) !== null)
          this.#witness.revoke(place, one.robot.username, act.now);
      for (const { name } of this.#world.registryOf(place).state.robots)
        if (name.startsWith(prefix)) this.#witness.revoke(place, `robot$${name}`, act.now);
    }
    this.#log.say(() => `an operator asks: ${JSON.stringify(act)}`);
    return act;
  }

  #tick(site: string): void {
    this.#fleet.tick(site, (place) => this.#act(place));
  }

  #calm(): void {
    this.#witness.calm();
    this.#fleet.calm = true;
    this.#fleet.weather = calm;
    const dark = Object.keys(this.#drawn.shape.clusters)[0];
    this.#troubles.clear();
    if (this.#weather.darkForEver && dark !== undefined)
      this.#troubles.darken(`cluster:${dark}`, Number.MAX_SAFE_INTEGER);
    this.#outside.leave();
    for (const registry of Object.values(this.#world.ports.registries))
      registry.state = { ...registry.state, issuer: { ...registry.state.issuer, permissions: null } };
    this.#world.rotateEveryMs = restMs;
    this.#log.say(() => "the storm is over");
  }

  /** A dark cluster holds back nothing but the end of what it may still hold: a rotation asked for goes through. */
  #liveInTheDark(cluster: string): void {
    const dark = new Set([cluster]);
    this.#settle(dark);
    const [place] = this.#world.places;
    const { epoch = 0, replaced = [] } = homeLedger(this.#world, place) ?? {};
    const { replacedMax } = this.#world.homeInput("nobody", this.#world.nowMs, null, place).settings.limits;
    // As many as there may be wait for the cluster already (of two fixed robots one): only what cannot wait is rotated now.
    const isFull = replaced.length >= (this.#drawn.shape.strategy === "alternating" ? 1 : replacedMax);
    if (isFull) {
      this.#log.count("dark until the limit of replaced ones");
      this.#troubles.clear();
      return;
    }
    // Attempts that failed by a clock that was ahead may hold the next one back for an hour and its pause.
    const untilMs = this.#world.nowMs + Math.max(80 * minuteMs, 4 * this.#drawn.shape.tickEveryMs);
    while (this.#world.nowMs <= untilMs && this.#log.broken.length === 0) {
      this.#fleet.ask(place, { type: "rotate" });
      this.#drain();
      this.#world.nowMs += this.#drawn.shape.tickEveryMs;
      if ((homeLedger(this.#world, place)?.epoch ?? 0) > epoch) break;
    }
    if (this.#log.broken.length === 0 && (homeLedger(this.#world, place)?.epoch ?? 0) === epoch)
      this.#log.broken.push(`promise 7: no rotation while cluster ${cluster} is dark`);
    this.#troubles.clear();
  }

  /** Once faults stop, a bounded number of ticks reaches rest. */
  #settle(dark: ReadonlySet<string>): void {
    // A refreshed robot may live a day longer than it was asked for, and its end mends what nothing else does.
    const roundsMax = (this.#drawn.shape.strategy ?? "generations") === "generations" ? 80 : 110;
    const left = () =>
      this.#world.places.flatMap((place) => [
        ...unfinished(this.#world, place, dark),
        ...(dark.size === 0 ? this.#witness.leftovers(place) : []),
      ]);
    for (let round = 0; round < roundsMax && this.#log.broken.length === 0; round += 1) {
      for (const site of this.#drawn.shape.sites) this.#tick(site);
      this.#drain();
      if (this.#log.broken.length > 0 || left().length === 0) return;
      // Ticks come more slowly while nothing but time is waited for.
      this.#world.nowMs += Math.max(this.#drawn.shape.tickEveryMs, (round < 10 ? 1 : round < 30 ? 10 : 60) * minuteMs);
    }
    if (this.#log.broken.length === 0) this.#log.broken.push(...left());
  }
}
