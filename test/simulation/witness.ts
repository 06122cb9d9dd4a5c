import type { CallReply, CallResults, PortCall } from "../../core/engine/calls.ts";
import { slotOfName } from "../../core/protocol/mark.ts";
import { promiseTwo } from "./checkers.ts";
import { judgeApply, judgeFlip, judgeMade, noteLeaving } from "./judge-hand-outs.ts";
import { judgeRefresh, noteRenewed } from "./judge-refreshes.ts";
import { judgeRemoval } from "./judge-removals.ts";
import { judgeSave } from "./judge-saves.ts";
import { Known } from "./known.ts";
import type { Tick } from "./truth.ts";
import type { Place, World } from "./world.ts";

/** Sees every effect, before and after, and holds the promises against it. */
export class Witness {
  readonly reached: Record<string, number> = {};
  readonly #known: Known;

  constructor(world: World) {
    this.#known = new Known(world);
  }

  loadsMayBeStale(): void {
    this.#known.hasStaleLoads = true;
  }

  /** Faults have stopped. */
  calm(): void {
    this.#known.calmMs = this.#known.world.nowMs;
  }

  exempt(place: Place, username: string): void {
    this.#known.of(place).exempt.add(this.#known.keyOf(place, username));
  }

  /** Idle robots of fixed names whose secret was handed out once, and logs in. */
  leftovers(place: Place): readonly string[] {
    const { ledger, promoted } = this.#known.of(place);
    const idle = this.#known.world
      .registryOf(place)
      .state.robots.filter(({ id, name }) => slotOfName(place.name, name) !== null && id !== ledger?.current?.robot.id);
    return idle
      .filter(({ name }) => promoted.has(this.#known.keyOf(place, `robot$${name}`)))
      .map(({ name }) => `promise 4: the idle robot ${name} still has a secret that was handed out`);
  }

  revoke(place: Place, username: string, now: boolean): void {
    const key = this.#known.keyOf(place, username);
    this.#known.of(place).revoked.add(key);
    if (now) this.#known.of(place).exempt.add(key);
  }

  /** What was asked for since is not in the ledger that came back. */
  forget(place: Place): void {
    this.#known.of(place).revoked.clear();
  }

  /** Somebody puts a description of his own over our mark. */
  unmarked(robotName: string): void {
    this.#known.unmarkedMs.set(robotName, this.#known.world.nowMs);
  }

  /** A backup brought an older value back into this store. */
  restored(place: Place, site: string, username: string): void {
    this.#known.of(place).restored.set(site, { username, sinceMs: this.#known.world.nowMs });
  }

  /** Before somebody outside takes a Secret of ours away or over. */
  leaves(cluster: string, namespace: string, secret: string): void {
    noteLeaving(this.#known, cluster, namespace, secret);
  }

  /** Somebody else holds this username there from now on; back at once counts as never away. */
  outsider(place: Place, where: string, username: string): void {
    const { outsiders } = this.#known.of(place);
    const before = outsiders.get(where);
    const stays =
      before?.username === username && (before.untilMs === null || before.untilMs === this.#known.world.nowMs);
    outsiders.set(where, { username, sinceMs: stays ? before.sinceMs : this.#known.world.nowMs, untilMs: null });
  }

  /** Makes the call and judges it. `askedMs`: when its runner decided on it. */
  judge(call: PortCall, askedMs: number, tick: Tick, make: () => CallReply): [CallReply, string[]] {
    const broken = this.#before(call, tick);
    const ends = call.call === "registry.remove" || call.call === "registry.refresh";
    const robot = ends ? this.#robot(call.on, call.id) : null;
    const reply = make();
    if (!reply.ok) return [reply, []];
    if (call.call === "registry.mint") {
      const minted = reply.value as CallResults["registry.mint"];
      this.#known.expiryMs.set(minted.username, minted.expiresAtMs);
    }
    if (call.call === "registry.read") tick.readRobotMs.set(call.id, this.#known.world.nowMs);
    if (call.call === "registry.renew") noteRenewed(this.#known, call, this.#robot(call.on, call.id));
    if (robot !== null && call.call === "registry.remove")
      broken.push(...judgeRemoval(this.#known, call.on, robot, askedMs, tick));
    if (robot !== null && call.call === "registry.refresh")
      broken.push(...judgeRefresh(this.#known, call, robot, askedMs, tick));
    if (call.call === "ledger.save") {
      broken.push(...judgeSave(this.#known, this.reached, call, askedMs, tick));
      if (!call.key.includes("@site/")) tick.savedMs = this.#known.world.nowMs;
    }
    if (call.call === "store.discard") {
      for (const { place, exempt, ledger } of this.#known.truths)
        if (place.storeName === call.name)
          broken.push(...promiseTwo(this.#known.world, this.#known.excused(exempt), place, ledger));
    }
    if (call.call === "store.flip")
      for (const { place, restored } of this.#known.truths) if (place.storeName === call.name) restored.delete(call.on);
    if (call.call === "cluster.createEmptySecret") broken.push(...judgeMade(this.#known, call));
    if (call.call === "cluster.applySecret") this.#written(`${call.on}/${call.write.namespace}`);
    return [reply, broken];
  }

  #before(call: PortCall, tick: Tick): string[] {
    if (call.call === "store.flip") return judgeFlip(this.#known, call, tick);
    return call.call === "cluster.applySecret" ? judgeApply(this.#known, call) : [];
  }

  #robot(on: string, id: number) {
    return this.#known.world.ports.registries[on]?.state.robots.find((robot) => robot.id === id) ?? null;
  }

  #written(where: string): void {
    for (const { outsiders } of this.#known.truths) {
      const outsider = outsiders.get(where);
      if (outsider) outsiders.set(where, { ...outsider, untilMs: this.#known.world.nowMs });
    }
  }
}
