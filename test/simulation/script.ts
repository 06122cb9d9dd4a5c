import type { CallReply, PortCall, Wanted } from "../../core/engine/calls.ts";
import { startHomeRunner } from "../../core/engine/home-runner.ts";
import { advance, type Runner } from "../../core/engine/shell.ts";
import { startSiteRunner } from "../../core/engine/site-runner.ts";
import type { Act } from "../../core/protocol/settings.ts";
import { performNow } from "./perform-now.ts";
import { Random } from "./random.ts";
import type { Tick } from "./truth.ts";
import { Witness } from "./witness.ts";
import { describe } from "./words.ts";
import { minuteMs, type Shape, World } from "./world.ts";

const unreachable: CallReply = { ok: false, failure: { kind: "unreachable", text: "simulated: no answer" } };

/** A history that is written by hand: who does what when, instead of a seed. The witness judges it as it judges others. */
export class Script {
  readonly world: World;
  readonly witness: Witness;
  readonly lines: string[] = [];
  readonly broken: string[] = [];
  /** Which calls are not answered. */
  dark: (call: PortCall) => boolean = () => false;
  /** What somebody does as soon as a call was made. */
  after: (call: PortCall) => void = () => undefined;
  /** How far ahead the runners' clock is. */
  skewMs = 0;
  callMs = 1_000;
  #ticks = 0;

  constructor(shape: Partial<Shape> = {}) {
    const random = new Random(1);
    const alone: Shape = {
      sites: ["aws"],
      clusters: { c0: "aws" },
      namespacesPerCluster: 1,
      tickEveryMs: 5 * minuteMs,
      drainMs: 10 * minuteMs,
      rotateEveryMs: 7 * 24 * 60 * minuteMs,
      durationDays: 30,
    };
    this.world = new World({ ...alone, ...shape }, random);
    this.witness = new Witness(this.world);
  }

  say(line: string): void {
    this.lines.push(line);
  }

  pass(minutes: number): void {
    this.world.nowMs += minutes * minuteMs;
    this.say(`${minutes} minutes pass`);
  }

  /** Home's tick, and its site's after it. */
  tick(act: Act | null = null): void {
    this.home(act).finish();
    this.site().finish();
  }

  home(act: Act | null = null): Sleeper {
    const id = this.#begin("home");
    const nowMs = this.world.nowMs + this.skewMs;
    const { context, settings } = this.world.homeInput(id, nowMs, act);
    return new Sleeper(this, id, startHomeRunner(context, settings, nowMs));
  }

  site(): Sleeper {
    const id = this.#begin("site");
    const nowMs = this.world.nowMs + this.skewMs;
    const { context, settings } = this.world.siteInput(this.world.home, nowMs);
    return new Sleeper(this, id, startSiteRunner(context, settings, nowMs));
  }

  #begin(kind: string): string {
    this.#ticks += 1;
    return `${kind} ${this.#ticks}`;
  }

  perform(id: string, call: PortCall, tick: Tick): CallReply {
    const room = call.call.slice(0, call.call.indexOf("."));
    this.world.nowMs += this.callMs;
    if (room === "cluster") tick.lookedMs ??= this.world.nowMs;
    const make = () => (this.dark(call) ? unreachable : performNow(this.world.ports, call));
    const [reply, broken] = this.witness.judge(call, this.world.nowMs, tick, make);
    this.say(`${id}: ${describe(call)} → ${reply.ok ? "ok" : reply.failure.text}`);
    this.broken.push(...broken);
    this.after(call);
    return reply;
  }
}

/** A tick that goes on only when it is told to. Its calls are made one after another. */
class Sleeper {
  readonly #script: Script;
  readonly #id: string;
  readonly #tick: Tick;
  #runner: Runner;
  #calls: readonly Wanted[];
  #held: PortCall["call"] | null = null;

  constructor(script: Script, id: string, begun: { readonly runner: Runner; readonly calls: readonly Wanted[] }) {
    this.#script = script;
    this.#id = id;
    this.#runner = begun.runner;
    this.#calls = begun.calls;
    this.#tick = {
      startedMs: script.world.nowMs,
      savedMs: null,
      lookedMs: null,
      readRobotMs: new Map(),
      takenOut: [],
      flipped: new Map(),
    };
  }

  /** Goes on until right before a call of this name. Throws where it ends without one. */
  until(name: PortCall["call"], on?: string): this {
    while (this.#calls.length > 0) {
      const [next] = this.#calls;
      if (next?.call.call === name && (on === undefined || ("key" in next.call && next.call.key === on))) {
        this.#script.say(`${this.#id} falls asleep before ${name}`);
        return this;
      }
      this.#one();
    }
    throw new Error(`${this.#id} ended without ${name}`);
  }

  /** A call of this name stays on its way until there is no other one. */
  hold(name: PortCall["call"]): this {
    this.#held = name;
    return this;
  }

  finish(): void {
    while (this.#calls.length > 0) this.#one();
    if (this.#runner.state.outcome === null) this.#script.broken.push(`a runner hangs: ${this.#id}`);
  }

  #one(): void {
    const next = this.#calls.find(({ call }) => call.call !== this.#held) ?? this.#calls[0];
    if (next === undefined) return;
    const rest = this.#calls.filter((one) => one !== next);
    const reply = this.#script.perform(this.#id, next.call, this.#tick);
    const { world, skewMs } = this.#script;
    const step = advance(this.#runner, next.id, reply, world.nowMs + skewMs);
    this.#runner = step.runner;
    this.#calls = [...rest, ...step.calls];
  }
}
