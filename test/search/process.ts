import type { CallReply, PortCall, Wanted } from "../../core/engine/calls.ts";
import type { HomeContext, SiteContext } from "../../core/engine/context.ts";
import { type Advance, startHomeRunner } from "../../core/engine/home-runner.ts";
import { advance, type Runner } from "../../core/engine/shell.ts";
import { startSiteRunner } from "../../core/engine/site-runner.ts";
import type { HomeOutcome } from "../../core/protocol/home-state.ts";
import type { Act, HomeSettings } from "../../core/protocol/settings.ts";
import type { SiteSettings } from "../../core/protocol/site-effects.ts";
import type { Bench } from "./bench.ts";

/** One invocation between two calls: a home tick and then its site's, or a replica's tick. A plain value. */
export interface Process {
  /** `<site>#<n>`: the nth tick ever started there. */
  readonly name: string;
  readonly site: string;
  /** Null: a write that arrives late; its runner waits no more. */
  readonly runner: Runner | null;
  /** Not answered yet, by id. */
  readonly calls: readonly Wanted[];
}

/** Null process: it came to its end. */
export interface Stepped {
  readonly process: Process | null;
  /** Set by the step in which a home tick ended. */
  readonly home: HomeOutcome | null;
}

const never = Number.MAX_SAFE_INTEGER;

/**
 * Reads of what nothing in a world changes (namespaces, the issuer's login, the audit log in which nobody
 * pulls): answered at once, since they commute with everything.
 */
const constantReads: ReadonlySet<PortCall["call"]> = new Set([
  "cluster.listNamespaces",
  "registry.whoami",
  "usage.usedSince",
]);

const writes: ReadonlySet<PortCall["call"]> = new Set([
  "registry.mint",
  "registry.remove",
  "registry.renew",
  "registry.refresh",
  "store.stage",
  "store.flip",
  "store.writeRound",
  "store.discard",
  "ledger.save",
  "cluster.createEmptySecret",
  "cluster.applySecret",
]);

export const isWrite = (call: PortCall): boolean => writes.has(call.call);

/** Starts and steps processes; inputs of one tick are made once, so that equal runners share them. */
export class Processes {
  readonly #bench: Bench;
  readonly #home = new Map<string, { readonly context: HomeContext; readonly settings: HomeSettings }>();
  readonly #sites = new Map<string, { readonly context: SiteContext; readonly settings: SiteSettings }>();

  constructor(bench: Bench) {
    this.#bench = bench;
  }

  start(site: string, tick: number, act: Act | null): Process {
    const { world } = this.#bench;
    const name = `${site}#${tick}`;
    if (site !== world.home) return this.#settle({ name, site, ...this.#startSite(site) }).process ?? noProcess();
    const { context, settings } = this.#homeInput(name, act);
    const started: Advance<Runner> = startHomeRunner(context, settings, world.nowMs);
    return this.#settle({ name, site, ...started }).process ?? noProcess();
  }

  /** Takes in the reply to one of the calls. */
  step(process: Process, id: string, reply: CallReply): Stepped {
    if (process.runner === null) return { process: null, home: null };
    const next = advance(process.runner, id, reply, this.#bench.world.nowMs);
    const rest = process.calls.filter((wanted) => wanted.id !== id);
    return this.#settle({ ...process, runner: next.runner, calls: [...rest, ...next.calls] });
  }

  /** Answers what is constant, and goes on from a home tick to its site's. */
  #settle(before: Process): Stepped {
    let process = before;
    let home: HomeOutcome | null = null;
    for (;;) {
      const { runner } = process;
      if (runner === null) return { process, home };
      if (runner.state.outcome !== null) {
        if (runner.kind === "site") return { process: null, home };
        home = runner.state.outcome;
        process = { ...process, ...this.#startSite(process.site) };
        continue;
      }
      const constant = process.calls.find(({ call }) => constantReads.has(call.call));
      if (constant === undefined) break;
      const next = advance(runner, constant.id, this.#bench.perform(constant.call), this.#bench.world.nowMs);
      const rest = process.calls.filter((wanted) => wanted !== constant);
      process = { ...process, runner: next.runner, calls: [...rest, ...next.calls] };
    }
    if (process.calls.length === 0) throw new Error(`${process.name} hangs: no outcome, and nothing under way`);
    const calls = [...process.calls].sort((a, b) => (a.id < b.id ? -1 : 1));
    return { process: { ...process, calls }, home };
  }

  #startSite(site: string): Advance<Runner> {
    const { world } = this.#bench;
    let input = this.#sites.get(site);
    if (input === undefined) {
      const { context, settings } = world.siteInput(site, world.nowMs);
      input = { context, settings: { ...settings, deadlineMs: never } };
      this.#sites.set(site, input);
    }
    return startSiteRunner(input.context, input.settings, world.nowMs);
  }

  /** No lease and no deadline holds anybody back: every interleaving that a clock or a lease would spare us happens. */
  #homeInput(name: string, act: Act | null) {
    const { world, draws } = this.#bench;
    const key = `${name} ${JSON.stringify([act, world.registry.state.issuer.permissions])}`;
    const before = this.#home.get(key);
    if (before !== undefined) return before;
    draws.for(name);
    const { context, settings } = world.homeInput(name, world.nowMs, act);
    const limits = { ...settings.limits, leaseMs: 0 };
    const input = { context, settings: { ...settings, limits, deadlineMs: never } };
    this.#home.set(key, input);
    return input;
  }
}

function noProcess(): never {
  throw new Error("a tick ended before its first call");
}
