import type { PortCall } from "../../core/engine/calls.ts";
import { decodeValue } from "../../core/engine/value.ts";
import { isOurs } from "./checkers.ts";
import { OutsideBackups } from "./outside-backups.ts";
import { OutsideRobots } from "./outside-robots.ts";
import type { Random } from "./random.ts";
import type { OutsideKind } from "./weather.ts";
import type { Witness } from "./witness.ts";
import type { Place, World } from "./world.ts";

/** Everybody who is not us: people, other controllers, backups, and the registry's own administrators. */
export class Outside {
  readonly #world: World;
  readonly #random: Random;
  readonly #witness: Witness;
  readonly #backups: OutsideBackups;
  readonly #robots: OutsideRobots;

  constructor(world: World, random: Random, witness: Witness) {
    this.#world = world;
    this.#random = random;
    this.#witness = witness;
    this.#backups = new OutsideBackups(world, random, witness);
    this.#robots = new OutsideRobots(world, random, witness);
  }

  /** Keeps stores and ledgers as they are now, for a later restore. */
  backUp(): void {
    this.#backups.backUp();
  }

  beginsOverLost(call: PortCall, tickStartedMs: number): boolean {
    return this.#backups.beginsOverLost(call, tickStartedMs);
  }

  /** A lost ledger is known by the value in home's store: that value is older than what the store's reads may hide. */
  isLastTrace(call: PortCall): boolean {
    return call.call === "store.readCurrent" && this.#backups.isLost(call.on);
  }

  /** Does one thing of this kind; null: there was nothing to do it to. */
  act(kind: OutsideKind): string | null {
    const place = this.#random.pick(this.#world.places);
    if (kind.startsWith("robot") || kind === "image pulled") return this.#robots.act(kind, place);
    if (kind.startsWith("secret") || kind.startsWith("namespace")) return this.#atCluster(kind, place);
    if (kind === "store written") return this.#backups.writeStore(place);
    return this.#backups.restore(kind);
  }

  #atCluster(kind: OutsideKind, place: Place): string | null {
    const clusters = Object.entries(this.#world.ports.clusters);
    if (clusters.length === 0) return null;
    const [name, cluster] = this.#random.pick(clusters);
    const namespaces = Object.keys(cluster.state.namespaces);
    if (namespaces.length === 0) return null;
    const namespace = this.#random.pick(namespaces);
    const where = `${name}/${namespace}`;
    if (kind === "namespace added") cluster.addNamespace(`late${this.#random.int(0, 2)}`, { pull: "yes" });
    else if (kind === "namespace unselected") cluster.addNamespace(namespace, {});
    else if (kind === "namespace terminating") {
      const { terminating = false } = cluster.state.namespaces[namespace] ?? {};
      this.#witness.leaves(name, namespace, place.secret);
      if (terminating) cluster.removeNamespace(namespace);
      else cluster.addNamespace(namespace, { pull: "yes" }, true);
    } else if (kind === "secret deleted") {
      this.#witness.leaves(name, namespace, place.secret);
      cluster.deleteSecretOutside(namespace, place.secret);
    } else return this.#write(kind, place, name, namespace);
    return where;
  }

  /** An old copy comes back (by another controller, or a person with a file), or our marks go. */
  #write(kind: OutsideKind, place: Place, name: string, namespace: string): string | null {
    const cluster = this.#world.ports.clusters[name];
    const facts = cluster?.readSecretNow(namespace, place.secret);
    if (!cluster || facts?.content.state !== "parsed") return null;
    const where = `${name}/${namespace}`;
    this.#witness.leaves(name, namespace, place.secret);
    if (kind === "secret unmarked") {
      const text = cluster.state.secrets[`${namespace}/${place.secret}`]?.text?.reveal() ?? null;
      cluster.writeOutside(namespace, place.secret, { text, annotations: {} });
      return where;
    }
    const robots = this.#world.registryOf(place).state.robots.filter((one) => isOurs(one, place));
    if (robots.length === 0) return null;
    const robot = this.#random.pick(robots);
    this.takeBack(place, name, namespace, `robot$${robot.name}`, robot.password.reveal());
    return where;
  }

  /** A controller of somebody else's that owns every Secret of one cluster, too, and puts the old value back at once. */
  beforeTakeBack(place: Place, call: PortCall): (() => void) | null {
    if (call.call !== "cluster.applySecret" || call.on !== "c0") return null;
    const { namespace } = call.write;
    const facts = this.#world.ports.clusters["c0"]?.readSecretNow(namespace, place.secret);
    const login = facts?.content.state === "parsed" ? facts.content.logins[place.registryKey] : undefined;
    if (!login) return null;
    return () => this.takeBack(place, "c0", namespace, login.username, login.password.reveal());
  }

  takeBack(place: Place, name: string, namespace: string, username: string, password: string): void {
    const auth = Buffer.from(`${username}:${password}`).toString("base64");
    const text = JSON.stringify({ auths: { [place.registryKey]: { username, password, auth } } });
    this.#world.ports.clusters[name]?.writeOutside(namespace, place.secret, { text, manager: "somebody" });
    this.#witness.outsider(place, `${name}/${namespace}`, username);
  }

  enable(username: string): void {
    this.#robots.enable(username);
  }

  spoil(place: Place, username: string): void {
    this.#robots.spoil(place, username);
  }

  /** The storm is over: others leave our Secrets alone, and what they left is cleared away. */
  leave(): void {
    this.#robots.giveMarksBack();
    for (const store of Object.values(this.#world.ports.stores)) {
      for (const { storeName } of this.#world.places) {
        const current = store.readCurrentNow(storeName);
        const name = store.state.names[storeName];
        if (current === null || name === undefined || decodeValue(current.value).is === "ours") continue;
        store.state = { ...store.state, names: { ...store.state.names, [storeName]: { ...name, current: null } } };
      }
    }
    for (const cluster of Object.values(this.#world.ports.clusters)) {
      for (const { namespace, name: secret } of Object.values(cluster.state.secrets)) {
        const facts = cluster.readSecretNow(namespace, secret);
        const selected = cluster.state.namespaces[namespace]?.labels["pull"] === "yes";
        const unmarked = Object.keys(facts?.annotations ?? {}).length === 0;
        if (facts?.otherOwners.length === 0 && (selected || !unmarked)) continue;
        cluster.deleteSecretOutside(namespace, secret);
      }
      for (const [namespace, { terminating }] of Object.entries(cluster.state.namespaces))
        if (terminating) cluster.removeNamespace(namespace);
    }
  }
}
