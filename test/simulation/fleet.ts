import type { CallReply, PortCall, Wanted } from "../../core/engine/calls.ts";
import { startHomeRunner } from "../../core/engine/home-runner.ts";
import { advance, type Runner } from "../../core/engine/shell.ts";
import { startSiteRunner } from "../../core/engine/site-runner.ts";
import { decodeValue } from "../../core/engine/value.ts";
import type { StoreVersion } from "../../core/ports/secret-store.ts";
import type { Act } from "../../core/protocol/settings.ts";
import type { Log } from "./log.ts";
import type { Outside } from "./outside.ts";
import { Past } from "./past.ts";
import { performNow } from "./perform-now.ts";
import type { Queue } from "./queue.ts";
import type { Random } from "./random.ts";
import type { Troubles } from "./troubles.ts";
import type { Tick } from "./truth.ts";
import type { Weather } from "./weather.ts";
import type { Witness } from "./witness.ts";
import { describe } from "./words.ts";
import type { Place, World } from "./world.ts";

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

export interface FleetParts {
  readonly world: World;
  readonly random: Random;
  readonly queue: Queue;
  readonly log: Log;
  readonly witness: Witness;
  readonly outside: Outside;
  readonly troubles: Troubles;
}

/** The runners of all sites, and what their calls meet on the way. */
export class Fleet {
  weather: Weather;
  /** The storm is over: clocks agree. */
  calm = false;
  /** By site, milliseconds ahead. */
  readonly skew: Record<string, number> = {};
  /** Its last tick died: what an operator does now meets a line half way. */
  readonly died = new Set<string>();
  readonly #world: World;
  readonly #random: Random;
  readonly #queue: Queue;
  readonly #log: Log;
  readonly #witness: Witness;
  readonly #outside: Outside;
  readonly #troubles: Troubles;
  readonly #past: Past;
  #processes = 0;

  constructor(parts: FleetParts, weather: Weather) {
    this.#world = parts.world;
    this.#random = parts.random;
    this.#queue = parts.queue;
    this.#log = parts.log;
    this.#witness = parts.witness;
    this.#outside = parts.outside;
    this.#troubles = parts.troubles;
    this.#past = new Past(parts.world);
    this.weather = weather;
  }

  /** A tick of every credential at this site; `act`: what home's is asked for. */
  tick(site: string, act: (place: Place) => Act | null): void {
    for (const place of this.#world.places) {
      const id = this.#processes;
      this.#processes += 1;
      if (site === place.home) this.#startHome(id, place, act(place));
      else this.#startSite(id, site, place);
    }
  }

  /** Home's tick alone. */
  ask(place: Place, act: Act): void {
    this.#startHome(this.#processes, place, act);
    this.#processes += 1;
  }

  #startHome(id: number, place: Place, act: Act | null): void {
    const nowMs = this.#now(place.home);
    this.died.delete(place.name);
    const { context, settings } = this.#world.homeInput(`runner-${id}`, nowMs, act, place);
    const { runner, calls } = startHomeRunner(context, settings, nowMs);
    this.#issue({ id, site: place.home, place, alive: true, runner, tick: this.#newTick() }, calls);
  }

  #startSite(id: number, site: string, place: Place): void {
    const nowMs = this.#now(site);
    const { context, settings } = this.#world.siteInput(site, nowMs, place);
    const { runner, calls } = startSiteRunner(context, settings, nowMs);
    this.#issue({ id, site, place, alive: true, runner, tick: this.#newTick() }, calls);
  }

  #newTick(): Tick {
    return {
      startedMs: this.#world.nowMs,
      savedMs: null,
      lookedMs: null,
      readRobotMs: new Map(),
      takenOut: [],
      flipped: new Map(),
    };
  }

  #now(site: string): number {
    return this.#world.nowMs + (this.calm ? 0 : (this.skew[site] ?? 0));
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
    const { crash, crashAtLine } = this.weather;
    const atLine = process.runner.kind === "home" && process.runner.state.ledger?.next;
    return atLine ? Math.max(crash, crashAtLine) : crash;
  }

  #delay(call: PortCall): number {
    const { slow, frozen, frozenMsMax } = this.weather;
    let delayMs = this.#random.int(5, 300);
    if (this.#random.chance(slow) || this.#troubles.isSlow(call, this.#world.nowMs))
      delayMs += this.#random.int(1_000, 50_000);
    if (this.#random.chance(frozen)) {
      this.#log.count("frozen runner");
      delayMs += this.#random.int(1, frozenMsMax);
    }
    return delayMs;
  }

  #fate(): Fate {
    const { lostRequest, lostReply, throttled: full } = this.weather;
    const drawn = this.#random.next();
    const fate =
      drawn < lostRequest
        ? "lost request"
        : drawn < lostRequest + lostReply
          ? "lost reply"
          : drawn < lostRequest + lostReply + full
            ? "throttled"
            : "fine";
    if (fate !== "fine") this.#log.count(fate);
    return fate;
  }

  #crash(process: Process, call: PortCall, delayMs: number): void {
    const after = this.#random.chance(0.5);
    this.#log.count(`crash ${after ? "after" : "before"} an effect`);
    this.#log.say(() => `p${process.id} dies ${after ? "after asking for" : "before"} ${describe(call)}`);
    if (process.runner.kind === "home") this.died.add(process.place.name);
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
      const tookMs = backMs - askedMs;
      const timed = reply.ok ? { ...reply, tookMs } : reply;
      this.#queue.put(backMs, () => this.#reply(process, id, fate === "lost reply" ? unreachable : timed));
    });
  }

  /** What a call does, at the moment at which it reaches the other side. */
  #effect(process: Process, call: PortCall, askedMs: number): CallReply {
    this.#log.calls += 1;
    const { nowMs } = this.#world;
    const failure = this.#troubles.failure(call, nowMs);
    if (failure !== null) return { ok: false, failure };
    if (this.#outside.beginsOverLost(call, process.tick.startedMs)) return unreachable;
    if (
      process.tick.lookedMs === null &&
      (call.call === "cluster.listNamespaces" || call.call === "cluster.listSecrets")
    )
      process.tick.lookedMs = nowMs;
    const make = () => (this.#isStale(call) ? this.#staleRead(call) : performNow(this.#world.ports, call));
    this.#remember(call);
    const taken = this.weather.takenBackAtOnce ? this.#outside.beforeTakeBack(process.place, call) : null;
    const [reply, broken] = this.#witness.judge(call, askedMs, process.tick, make);
    this.#log.say(() => {
      const said = reply.ok ? "ok" : reply.failure.text;
      return `p${process.id} ${process.runner.kind}@${process.site} ${describe(call)} → ${said}`;
    });
    this.#log.broken.push(...broken);
    if (!reply.ok) return reply;
    if (taken !== null) {
      this.#log.count("secret taken back at once");
      taken();
    }
    if (call.call === "registry.mint" && this.#random.chance(this.weather.spoilt)) {
      this.#log.count("robot spoilt at birth");
      const { username } = reply.value as { readonly username: string };
      this.#outside.spoil(process.place, username);
    }
    return reply;
  }

  #remember(call: PortCall): void {
    const { staleRead, staleLoad } = this.weather;
    if (staleLoad > 0 && call.call === "ledger.save") this.#past.keepLedger(call.on);
    if (staleRead > 0 && (call.call === "store.flip" || call.call === "store.writeRound"))
      this.#past.keepStore(call.on);
  }

  #isStale(call: PortCall): boolean {
    const { staleRead, staleLoad } = this.weather;
    if (call.call === "ledger.load") return staleLoad > 0 && this.#random.chance(staleLoad);
    return (call.call === "store.readCurrent" || call.call === "store.readRound") && this.#random.chance(staleRead);
  }

  #staleRead(call: PortCall): CallReply {
    const then = this.#past.reply(call, this.#world.nowMs - 3 * this.#world.shape.tickEveryMs);
    const hidesAll = this.#outside.isLastTrace(call) && then?.ok === true && !isOurs(then.value as StoreVersion | null);
    const reply = hidesAll ? null : then;
    if (reply !== null) this.#log.count(call.call === "ledger.load" ? "stale load" : "stale read");
    return reply ?? performNow(this.#world.ports, call);
  }

  #reply(process: Process, id: string, reply: CallReply): void {
    if (!process.alive) return;
    const next = advance(process.runner, id, reply, this.#now(process.site));
    process.runner = next.runner;
    this.#issue(process, next.calls);
    const { outcome, inFlight } = process.runner.state;
    const { kind } = process.runner;
    if (outcome === null) {
      if (Object.keys(inFlight).length === 0) this.#log.broken.push(`a runner hangs: ${kind}@${process.site}`);
      return;
    }
    this.#log.say(() => {
      const why = "waits" in outcome ? outcome.waits : [];
      const problems = outcome.problems.map(({ code, text }) => `${code} (${text})`);
      return `p${process.id} ${kind}@${process.site} ends: ${outcome.end}; ${[...why, ...problems].join("; ")}`;
    });
    if (outcome.problems.some(({ code }) => code === "configuration-changed"))
      this.#log.broken.push("an attempt was given up for another strategy, and nobody changed the file");
    if (kind === "home") this.#startSite(process.id, process.site, process.place);
  }
}

/** Gone, or written over by somebody else. */
function isOurs(read: StoreVersion | null): boolean {
  return read !== null && decodeValue(read.value).is === "ours";
}
