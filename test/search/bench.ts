import { createHash } from "node:crypto";
import type { MemoryClusterState } from "../../core/drivers/memory/cluster-state.ts";
import type { MemoryLedgerState } from "../../core/drivers/memory/ledger-store.ts";
import type { MemoryRegistryState } from "../../core/drivers/memory/registry-state.ts";
import type { MemorySecretState } from "../../core/drivers/memory/secret-store-state.ts";
import type { CallReply, PortCall } from "../../core/engine/calls.ts";
import type { Entropy } from "../../core/ports/entropy.ts";
import { performNow } from "../simulation/perform-now.ts";
import { Random } from "../simulation/random.ts";
import { minuteMs, World } from "../simulation/world.ts";
import { drainMinutes, type Plan, rotateEveryMinutes } from "./plan.ts";

/** The whole state of one driver. */
export type Part = MemoryRegistryState | MemorySecretState | MemoryLedgerState | MemoryClusterState;

/** Randomness as a function of who draws, so that the same state always draws the same. */
class NamedDraws extends Random {
  who = "";
  #drawn = 0;

  for(who: string): void {
    this.who = who;
    this.#drawn = 0;
  }

  /** Nothing is left to chance: what may fail has a budget. */
  override chance(): boolean {
    return false;
  }

  override entropy(): Entropy {
    return {
      hex: (bytes) => {
        this.#drawn += 1;
        return createHash("sha256")
          .update(`${this.who}/${this.#drawn}`)
          .digest("hex")
          .slice(0, bytes * 2);
      },
    };
  }
}

/** One simulated world into which the drivers' states are put before each call, and read back after it. */
export class Bench {
  readonly world: World;
  readonly draws: NamedDraws;

  constructor(plan: Plan) {
    this.draws = new NamedDraws(1);
    this.world = new World(
      {
        sites: plan.sites,
        clusters: plan.clusters,
        namespacesPerCluster: plan.namespaces,
        tickEveryMs: minuteMs,
        drainMs: drainMinutes * minuteMs,
        rotateEveryMs: rotateEveryMinutes * minuteMs,
        durationDays: 90,
        ...(plan.strategy === undefined ? {} : { strategy: plan.strategy }),
      },
      this.draws,
    );
  }

  /** The driver that a call goes to. */
  driver(call: PortCall): { state: Part } {
    const { ports } = this.world;
    const room = call.call.split(".")[0];
    const all =
      room === "store"
        ? ports.stores
        : room === "ledger"
          ? ports.ledgers
          : room === "cluster"
            ? ports.clusters
            : ports.registries;
    const driver = all[call.on];
    if (driver === undefined) throw new Error(`no ${call.on} in this world`);
    return driver as { state: Part };
  }

  perform(call: PortCall): CallReply {
    if (call.call === "registry.mint") this.draws.for(`mint ${this.world.registry.state.nextRobotId}`);
    return performNow(this.world.ports, call);
  }
}
