import type { CallReply, PortCall } from "../../core/engine/calls.ts";
import { performNow } from "./perform-now.ts";
import type { World } from "./world.ts";

interface Then<State> {
  readonly atMs: number;
  readonly state: State;
}

/** What stores and ledgers were before their last changes: stale reads answer from here. */
export class Past {
  readonly #world: World;
  readonly #stores = new Map<string, readonly Then<World["ports"]["stores"][string]["state"]>[]>();
  readonly #ledgers = new Map<string, readonly Then<World["ports"]["ledgers"][string]["state"]>[]>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Before a store's value or round changes. */
  keepStore(name: string): void {
    const { ports, nowMs: atMs } = this.#world;
    const { state } = ports.stores[name] ?? {};
    if (state) this.#stores.set(name, [...(this.#stores.get(name) ?? []).slice(-3), { atMs, state }]);
  }

  /** Before a ledger is saved. */
  keepLedger(name: string): void {
    const { ports, nowMs: atMs } = this.#world;
    const { state } = ports.ledgers[name] ?? {};
    if (state) this.#ledgers.set(name, [...(this.#ledgers.get(name) ?? []).slice(-5), { atMs, state }]);
  }

  /** The reply as it was since then; null: nothing is known of so lately. */
  reply(call: PortCall, sinceMs: number): CallReply | null {
    if (call.call === "ledger.load") {
      const then = (this.#ledgers.get(call.on) ?? []).find((one) => one.atMs > sinceMs);
      if (then === undefined) return null;
      return { ok: true, value: { record: then.state.records[call.key] ?? null, serverMs: this.#world.nowMs } };
    }
    const store = this.#world.ports.stores[call.on];
    const then = (this.#stores.get(call.on) ?? []).find((one) => one.atMs > sinceMs);
    if (store === undefined || then === undefined) return null;
    const present = store.state;
    store.state = then.state;
    const reply = performNow(this.#world.ports, call);
    store.state = present;
    return reply;
  }
}
