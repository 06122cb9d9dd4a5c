import type { MemoryRobot } from "../../core/drivers/memory/registry-state.ts";
import { decodeValue } from "../../core/engine/value.ts";
import { Secret } from "../../core/secret.ts";
import { homeLedger, isOurs } from "./checkers.ts";
import type { Random } from "./random.ts";
import type { OutsideKind } from "./weather.ts";
import type { Witness } from "./witness.ts";
import { minuteMs, type Place, type World } from "./world.ts";

interface Kept {
  readonly stores: Readonly<Record<string, World["ports"]["stores"][string]["state"]>>;
  readonly ledgers: Readonly<Record<string, World["ports"]["ledgers"][string]["state"]>>;
}

/** Everybody who is not us: people, other controllers, backups, and the registry's own administrators. */
export class Outside {
  readonly #world: World;
  readonly #random: Random;
  readonly #witness: Witness;
  readonly #backups: Kept[] = [];
  #restores = 0;
  #writes = 0;
  /** Robots as they were before their description was put over. */
  readonly #described: MemoryRobot[] = [];

  constructor(world: World, random: Random, witness: Witness) {
    this.#world = world;
    this.#random = random;
    this.#witness = witness;
  }

  /** Keeps stores and ledgers as they are now, for a later restore. */
  backUp(): void {
    const states = <T>(parts: Readonly<Record<string, { state: T }>>) =>
      Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.state]));
    this.#backups.push({ stores: states(this.#world.ports.stores), ledgers: states(this.#world.ports.ledgers) });
    if (this.#backups.length > 6) this.#backups.shift();
  }

  /** Does one thing of this kind; null: there was nothing to do it to. */
  act(kind: OutsideKind): string | null {
    const place = this.#random.pick(this.#world.places);
    if (kind.startsWith("robot") || kind === "image pulled") return this.#atRegistry(kind, place);
    if (kind.startsWith("secret") || kind.startsWith("namespace")) return this.#atCluster(kind, place);
    if (kind === "store written") return this.#writeStore(place);
    return this.#restore(kind);
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

  takeBack(place: Place, name: string, namespace: string, username: string, password: string): void {
    const auth = Buffer.from(`${username}:${password}`).toString("base64");
    const text = JSON.stringify({ auths: { [place.registryKey]: { username, password, auth } } });
    this.#world.ports.clusters[name]?.writeOutside(namespace, place.secret, { text, manager: "somebody" });
    this.#witness.outsider(place, `${name}/${namespace}`, username);
  }

  #writeStore(place: Place): string | null {
    const [site, store] = this.#random.pick(Object.entries(this.#world.ports.stores));
    if (this.#isLost(site)) return null;
    this.#writes += 1;
    store.flipNow(place.storeName, {
      value: new Secret(`written by hand ${this.#writes}`),
      tag: { ledgerId: "0".repeat(32), epoch: Number.MAX_SAFE_INTEGER, generation: 1 },
      token: `by-hand-${this.#writes}`,
      replaces: store.readCurrentNow(place.storeName)?.versionId ?? null,
      stagedVersionId: null,
    });
    return site;
  }

  #restore(kind: OutsideKind): string | null {
    const [oldest] = this.#backups;
    const isHomes = kind === "ledger restored" || kind === "ledger lost";
    // Of the home's ledger once: a second rebuild within a day is not done.
    if (oldest === undefined || (isHomes && this.#restores > 0)) return null;
    const { ports, places } = this.#world;
    if (kind === "ledger lost") return this.#loseLedger(this.#random.pick(places));
    const site = isHomes ? this.#random.pick(places).home : this.#random.pick(Object.keys(ports.stores));
    const [store, ledger] = [ports.stores[site], ports.ledgers[site]];
    if (store === undefined || ledger === undefined) return null;
    if (kind === "store restored") return this.#restoreStore(site, oldest);
    // Versions are drawn by the store, and never twice.
    const then = oldest.ledgers[site]?.records ?? {};
    const wanted = Object.entries(then).filter(([key]) => key.includes("@site/") !== isHomes);
    if (wanted.length === 0) return null;
    if (isHomes) {
      this.#restores += 1;
      for (const place of places) if (place.home === site) this.#witness.forget(place);
    }
    let { serial, records } = ledger.state;
    for (const [key, { text }] of wanted) {
      serial += 1;
      records = { ...records, [key]: { revision: `r${serial}`, text } };
    }
    ledger.state = { serial, records };
    return site;
  }

  /** Its value in the home store gives the ledger's id back; without one it would be a person's to decide. */
  #loseLedger(place: Place): string | null {
    const ledgers = this.#world.ports.ledgers[place.home];
    const current = this.#world.ports.stores[place.home]?.readCurrentNow(place.storeName);
    if (ledgers === undefined || !current || decodeValue(current.value).is !== "ours") return null;
    this.#restores += 1;
    const { [`sim/${place.name}`]: lost, ...records } = ledgers.state.records;
    if (lost === undefined) return null;
    ledgers.state = { ...ledgers.state, records };
    this.#witness.forget(place);
    return place.home;
  }

  #restoreStore(site: string, oldest: Kept): string | null {
    const store = this.#world.ports.stores[site];
    const then = oldest.stores[site];
    if (store === undefined || then === undefined || this.#isLost(site)) return null;
    const lost = this.#world.places.filter((place) => place.home === site);
    for (const place of lost) {
      // Values that only this store had are gone, and nobody can bring them back.
      const ledger = homeLedger(this.#world, place);
      for (const generation of [ledger?.current, ledger?.next])
        if (generation && "robot" in generation) this.#witness.exempt(place, generation.robot.username);
    }
    store.state = { ...then, serial: store.state.serial };
    for (const place of this.#world.places) {
      const current = store.readCurrentNow(place.storeName);
      const decoded = current ? decodeValue(current.value) : null;
      if (decoded?.is === "ours") this.#witness.restored(place, site, decoded.value.login.username);
    }
    return site;
  }

  /** A ledger that was lost here is not there again: the store's value is all that it can be rebuilt from. */
  #isLost(site: string): boolean {
    const { places } = this.#world;
    return this.#restores > 0 && places.some((place) => place.home === site && homeLedger(this.#world, place) === null);
  }

  #atRegistry(kind: OutsideKind, place: Place): string | null {
    const registry = this.#world.registryOf(place);
    const ours = registry.state.robots.filter((robot) => isOurs(robot, place));
    if (ours.length === 0) return null;
    const currentId = homeLedger(this.#world, place)?.current?.robot.id;
    const current = ours.filter((one) => one.id === currentId && kind !== "image pulled");
    const robot = this.#random.pick(current.length > 0 && this.#random.chance(0.5) ? current : ours);
    const username = `robot$${robot.name}`;
    if (kind === "image pulled") {
      registry.notePullNow(username);
      return username;
    }
    this.#witness.exempt(place, username);
    const robots = registry.state.robots.flatMap((one) => {
      if (one !== robot) return [one];
      if (kind === "robot deleted") return [];
      if (kind === "robot disabled") return [{ ...one, disabled: true }];
      if (kind === "robot put") return [this.#put(one)];
      return [{ ...one, name: `ci-${one.id}`, description: "somebody else's", createdAtMs: this.#world.nowMs }];
    });
    registry.state = { ...registry.state, robots };
    return username;
  }

  /** A PUT says all of a robot anew: its life, its rights, its description. */
  #put(robot: MemoryRobot): MemoryRobot {
    const { nowMs, shape } = this.#world;
    const how = this.#random.int(0, 3);
    if (how === 0) return { ...robot, permissions: [] };
    if (how === 1) return { ...robot, expiresAtMs: nowMs + this.#random.int(1, 30) * shape.tickEveryMs };
    if (how === 2) return { ...robot, expiresAtMs: nowMs + shape.durationDays * 24 * 60 * minuteMs };
    this.#described.push(robot);
    return { ...robot, description: "put by somebody else" };
  }

  /** Without its mark a robot is nobody's of ours, for ever: whoever took the mark away gives it back. */
  #giveMarksBack(): void {
    for (const registry of Object.values(this.#world.ports.registries)) {
      const robots = registry.state.robots.map((one) => {
        const before = this.#described.find(({ password }) => password === one.password);
        return before === undefined ? one : { ...one, description: before.description };
      });
      registry.state = { ...registry.state, robots };
    }
  }

  enable(username: string): void {
    for (const registry of Object.values(this.#world.ports.registries)) {
      const robots = registry.state.robots.map((one) =>
        `robot$${one.name}` === username ? { ...one, disabled: false } : one,
      );
      registry.state = { ...registry.state, robots };
    }
  }

  /** Somebody's rule at the registry spoils a robot as soon as it is made. */
  spoil(place: Place, username: string): void {
    const registry = this.#world.registryOf(place);
    const how = this.#random.int(0, 2);
    const robots = registry.state.robots.flatMap((one) => {
      if (`robot$${one.name}` !== username) return [one];
      return how === 0 ? [] : [how === 1 ? { ...one, disabled: true } : { ...one, permissions: [] }];
    });
    registry.state = { ...registry.state, robots };
  }

  /** The storm is over: others leave our Secrets alone, and what they left is cleared away. */
  leave(): void {
    this.#giveMarksBack();
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
