import type { PortCall } from "../../core/engine/calls.ts";
import { decodeValue } from "../../core/engine/value.ts";
import { Secret } from "../../core/secret.ts";
import { homeLedger } from "./checkers.ts";
import type { Random } from "./random.ts";
import type { OutsideKind } from "./weather.ts";
import type { Witness } from "./witness.ts";
import type { Place, World } from "./world.ts";

interface Kept {
  readonly stores: Readonly<Record<string, World["ports"]["stores"][string]["state"]>>;
  readonly ledgers: Readonly<Record<string, World["ports"]["ledgers"][string]["state"]>>;
}

/** Backups that come back, ledgers that are lost, and hands in the stores. */
export class OutsideBackups {
  readonly #world: World;
  readonly #random: Random;
  readonly #witness: Witness;
  readonly #backups: Kept[] = [];
  readonly #lostMs = new Map<string, number>();
  #restores = 0;
  #writes = 0;

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

  /** Somebody writes a value over ours. */
  writeStore(place: Place): string | null {
    const [site, store] = this.#random.pick(Object.entries(this.#world.ports.stores));
    if (this.isLost(site)) return null;
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

  /** Puts back what was kept, or loses it; null: there was nothing. */
  restore(kind: OutsideKind): string | null {
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
    this.#lostMs.set(`${place.home} sim/${place.name}`, this.#world.nowMs);
    return place.home;
  }

  /** Would this call begin a ledger, decided before one was there and is lost again? Nothing can fence that. */
  beginsOverLost(call: PortCall, tickStartedMs: number): boolean {
    if (call.call !== "ledger.save" || call.expected !== null) return false;
    const lostSince = (this.#lostMs.get(`${call.on} ${call.key}`) ?? 0) > tickStartedMs;
    return lostSince && (JSON.parse(call.text) as { epoch: number }).epoch === 0;
  }

  #restoreStore(site: string, oldest: Kept): string | null {
    const store = this.#world.ports.stores[site];
    const then = oldest.stores[site];
    if (store === undefined || then === undefined || this.isLost(site)) return null;
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
  isLost(site: string): boolean {
    const { places } = this.#world;
    return this.#restores > 0 && places.some((place) => place.home === site && homeLedger(this.#world, place) === null);
  }
}
