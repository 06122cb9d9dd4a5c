import type { MemoryClusterState } from "../../core/drivers/memory/cluster-state.ts";
import type { MemoryLedgerState } from "../../core/drivers/memory/ledger-store.ts";
import type { MemoryRegistryState } from "../../core/drivers/memory/registry-state.ts";
import type { MemorySecretState } from "../../core/drivers/memory/secret-store-state.ts";
import type { CallReply, PortCall, Wanted } from "../../core/engine/calls.ts";
import type { HomeOutcome } from "../../core/protocol/home-state.ts";
import type { Act } from "../../core/protocol/settings.ts";
import { minuteMs } from "../simulation/world.ts";
import { Bench, type Part } from "./bench.ts";
import { type Echoes, noteEcho } from "./echoes.ts";
import { at, type Layout, layoutOf } from "./layout.ts";
import type { Plan } from "./plan.ts";
import { type Process, Processes } from "./process.ts";
import { renameAll, renameSaved } from "./revisions.ts";
import { Table } from "./tables.ts";

/** How a call ends: its effect and its reply; the effect alone; neither; a refusal; or an answer from the past. */
export type How = "fine" | "lost-reply" | "lost-request" | "unheard" | "refused" | "stale";

/** What one call does to its runner and to the part of the world that it goes to. */
export interface Step {
  /** 0: it came to its end. */
  readonly process: number;
  readonly part: number;
  readonly home: HomeOutcome | null;
  /** The runner threw, or hangs. */
  readonly broken: string | null;
}

const unreachable: CallReply = { ok: false, failure: { kind: "unreachable", text: "searched: no answer" } };
const refused: CallReply = { ok: false, failure: { kind: "denied", text: "searched: refused" } };
const hows: readonly How[] = ["fine", "lost-reply", "lost-request", "unheard", "refused", "stale"];

/** Every part of a world's states under a number, and every step ever made, made once. */
export class Space {
  readonly plan: Plan;
  readonly layout: Layout;
  readonly bench: Bench;
  readonly processes = new Table<Process>();
  readonly registries = new Table<MemoryRegistryState>();
  readonly stores = new Table<MemorySecretState>();
  readonly ledgers = new Table<MemoryLedgerState>();
  readonly clusters = new Table<MemoryClusterState>();
  readonly echoes = new Table<Echoes>();
  readonly start: Int32Array;
  stepsMade = 0;
  readonly #runs: Processes;
  readonly #startMs: number;
  readonly #steps: Map<number, Step>[] = [];
  readonly #starts = new Map<string, number>();

  constructor(plan: Plan) {
    this.plan = plan;
    this.layout = layoutOf(plan);
    this.bench = new Bench(plan);
    this.#runs = new Processes(this.bench);
    const ticks = this.#prelude();
    this.#startMs = this.bench.world.nowMs;
    this.start = this.#read(ticks);
  }

  get home(): string {
    return this.bench.world.home;
  }

  #prelude(): Readonly<Record<string, number>> {
    const ticks: Record<string, number> = {};
    for (const item of this.plan.prelude) {
      if (typeof item === "number") {
        this.bench.world.nowMs += item * minuteMs;
        continue;
      }
      ticks[item] = (ticks[item] ?? 0) + 1;
      let process: Process | null = this.#runs.start(item, ticks[item], null);
      while (process !== null) {
        const wanted: Wanted | undefined = process.calls[0];
        if (wanted === undefined) throw new Error(`${process.name} hangs`);
        process = this.#runs.step(process, wanted.id, this.bench.perform(wanted.call)).process;
      }
    }
    return ticks;
  }

  /** The row of the bench's drivers as they stand. */
  #read(ticks: Readonly<Record<string, number>>): Int32Array {
    const { layout, bench } = this;
    const row = new Int32Array(layout.width);
    const { ports, registry } = bench.world;
    row[layout.registry] = this.registries.idOf(registry.state);
    for (const [site, i] of Object.entries(layout.stores)) row[i] = this.stores.idOf(named(ports.stores, site).state);
    for (const [site, i] of Object.entries(layout.ledgers))
      row[i] = this.ledgers.idOf(renameAll(named(ports.ledgers, site).state));
    for (const [name, i] of Object.entries(layout.clusters))
      row[i] = this.clusters.idOf(named(ports.clusters, name).state);
    for (const [site, i] of Object.entries(layout.ticks)) row[i] = ticks[site] ?? 0;
    for (const site of this.plan.sites) noteEcho(this, row, site);
    return row;
  }

  /** Puts a row's outside into the bench, for a checker or a call. */
  put(row: Int32Array): void {
    const { layout, bench } = this;
    const { ports, registry } = bench.world;
    registry.state = this.registries.valueOf(at(row, layout.registry));
    for (const [site, i] of Object.entries(layout.stores))
      named(ports.stores, site).state = this.stores.valueOf(at(row, i));
    for (const [site, i] of Object.entries(layout.ledgers))
      named(ports.ledgers, site).state = this.ledgers.valueOf(at(row, i));
    for (const [name, i] of Object.entries(layout.clusters))
      named(ports.clusters, name).state = this.clusters.valueOf(at(row, i));
    this.clock(at(row, layout.minutes));
  }

  clock(minutes: number): void {
    this.bench.world.nowMs = this.#startMs + minutes * minuteMs;
  }

  /** Which number of a row a call's effect may change. */
  partOf(call: PortCall): number {
    const { layout } = this;
    const room = call.call.split(".")[0];
    if (room === "store") return named(layout.stores, call.on);
    if (room === "ledger") return named(layout.ledgers, call.on);
    if (room === "cluster") return named(layout.clusters, call.on);
    return layout.registry;
  }

  tableOf(call: PortCall): Table<Part> {
    const room = call.call.split(".")[0];
    const table =
      room === "store"
        ? this.stores
        : room === "ledger"
          ? this.ledgers
          : room === "cluster"
            ? this.clusters
            : this.registries;
    return table as unknown as Table<Part>;
  }

  begin(site: string, tick: number, act: Act | null, row: Int32Array): number {
    const minutes = at(row, this.layout.minutes);
    const { registry } = this.bench.world;
    // What the issuer may do is looked at before a tick.
    registry.state = this.registries.valueOf(at(row, this.layout.registry));
    const key = `${site} ${tick} ${minutes} ${JSON.stringify([act, registry.state.issuer.permissions])}`;
    const before = this.#starts.get(key);
    if (before !== undefined) return before;
    this.clock(minutes);
    const id = this.processes.idOf(this.#runs.start(site, tick, act));
    this.#starts.set(key, id);
    return id;
  }

  /** A write of a process, left to arrive when nobody waits for it any more. */
  lateWrite(processId: number, callIndex: number): number {
    const { name, site, calls } = this.processes.valueOf(processId);
    return this.processes.idOf({ name, site, runner: null, calls: calls.slice(callIndex, callIndex + 1) });
  }

  /** Makes one call of a process against one state of its part; the same step is worked out once. */
  step(processId: number, callIndex: number, part: number, minutes: number, how: How, revision = 0): Step {
    let made = this.#steps[processId];
    if (made === undefined) {
      made = new Map();
      this.#steps[processId] = made;
    }
    const key = (((part * 32 + callIndex) * 8 + hows.indexOf(how)) * 8 + revision) * 65_536 + minutes;
    const before = made.get(key);
    if (before !== undefined) return before;
    const step = this.#make(processId, callIndex, part, minutes, how, revision);
    made.set(key, step);
    this.stepsMade += 1;
    return step;
  }

  #make(processId: number, callIndex: number, part: number, minutes: number, how: How, revision: number): Step {
    const process = this.processes.valueOf(processId);
    const wanted = process.calls[callIndex];
    if (wanted === undefined) throw new Error(`${process.name} has no call ${callIndex}`);
    this.clock(minutes);
    let after = part;
    let reply = how === "refused" ? refused : unreachable;
    if (how === "fine" || how === "lost-reply" || how === "stale") {
      const table = this.tableOf(wanted.call);
      const driver = this.bench.driver(wanted.call);
      driver.state = table.valueOf(part);
      reply = this.bench.perform(wanted.call);
      if (wanted.call.call === "ledger.save" && reply.ok)
        reply = renameSaved(driver, wanted.call, revision, this.bench.world.nowMs);
      after = table.idOf(driver.state);
      if (how === "lost-reply") reply = unreachable;
    }
    try {
      const stepped = this.#runs.step(process, wanted.id, reply);
      const next = stepped.process === null ? 0 : this.processes.idOf(stepped.process);
      return { process: next, part: after, home: stepped.home, broken: null };
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      return { process: 0, part: after, home: null, broken: `${process.name} throws: ${text}` };
    }
  }
}

export function named<T>(all: Readonly<Record<string, T>>, name: string): T {
  const found = all[name];
  if (found === undefined) throw new Error(`no ${name} in this world`);
  return found;
}
