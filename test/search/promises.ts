import type { MemoryLedgerState } from "../../core/drivers/memory/ledger-store.ts";
import type { MemorySecretState } from "../../core/drivers/memory/secret-store-state.ts";
import { parseHomeLedger } from "../../core/engine/ledger-text.ts";
import { decodeValue } from "../../core/engine/value.ts";
import { brokenInvariants } from "../../core/protocol/invariants.ts";
import { markAnnotation, parseTargetMark } from "../../core/protocol/mark.ts";
import type { HomeLedger } from "../../core/protocol/state.ts";
import { promiseOne, promiseTwo, secretsInLedgers } from "../simulation/checkers.ts";
import { credential } from "../simulation/world.ts";
import { homeKey } from "./copies.ts";
import { hastySteps, siteFalls } from "./evidence.ts";
import { at } from "./layout.ts";
import { named, type Space } from "./space.ts";

const nobody: ReadonlySet<string> = new Set();

/**
 * What a state, and the step that led to it, may never be. A check is made when one of the parts that it
 * looks at has changed, and once for each combination of them.
 */
export class Promises {
  readonly #space: Space;
  readonly #known = new Map<string, readonly string[]>();
  readonly #epochAtStart: number;

  constructor(space: Space) {
    this.#space = space;
    this.#epochAtStart = this.#ledger(at(space.start, named(space.layout.ledgers, space.home)))?.epoch ?? 0;
  }

  check(before: Int32Array, after: Int32Array, restores: boolean): readonly string[] {
    const { layout, home } = this.#space;
    const changed = (place: number) => before[place] !== after[place];
    const broken: string[] = [];
    const registry = changed(layout.registry) || changed(layout.minutes);
    // In place pulls fail by consent, and the current value is dead from the refresh until the promotion.
    const byConsent = this.#space.plan.strategy === "in-place";
    for (const place of Object.values(layout.clusters)) {
      if (!byConsent && (registry || changed(place)))
        broken.push(...this.#whole("1", after, [layout.registry, layout.minutes, ...Object.values(layout.clusters)]));
      if (changed(place)) broken.push(...this.#targetsFall(before, after, place));
    }
    const [ledger, store] = [named(layout.ledgers, home), named(layout.stores, home)];
    // A store that was put back may have lost what is current: a reason to rotate, and no broken promise.
    const isLost = layout.faults["restored-store"] !== undefined && at(after, layout.faults["restored-store"]) > 0;
    if (!isLost && !byConsent && (registry || changed(ledger) || changed(store)))
      broken.push(...this.#whole("2", after, [layout.registry, layout.minutes, ledger, store]));
    if (Object.values(layout.ledgers).some(changed))
      broken.push(...this.#whole("6", after, [layout.registry, ...Object.values(layout.ledgers)]));
    if (changed(ledger)) broken.push(...this.#ledgerStep(at(before, ledger), at(after, ledger), restores));
    if (changed(ledger) && !restores) broken.push(...this.#records(before, after));
    if (Object.values(layout.ledgers).some(changed) && !restores) broken.push(...this.#sitesFall(before, after));
    for (const place of Object.values(layout.stores))
      if (changed(place) && !restores) broken.push(...this.#storeFalls(at(before, place), at(after, place)));
    return broken;
  }

  /** A promise over the whole outside, of which only these parts matter. */
  #whole(promise: "1" | "2" | "6", row: Int32Array, places: readonly number[]): readonly string[] {
    return this.#once(`${promise} ${places.map((place) => row[place]).join(" ")}`, () => {
      this.#space.put(row);
      const { world } = this.#space.bench;
      if (promise === "1") return promiseOne(world, nobody);
      if (promise === "6") return secretsInLedgers(world);
      return promiseTwo(world, nobody);
    });
  }

  #once(key: string, judge: () => readonly string[]): readonly string[] {
    const before = this.#known.get(key);
    if (before !== undefined) return before;
    const broken = judge();
    this.#known.set(key, broken);
    return broken;
  }

  #ledger(id: number): HomeLedger | null {
    const state: MemoryLedgerState = this.#space.ledgers.valueOf(id);
    const text = state.records[homeKey]?.text;
    return text === undefined ? null : parseHomeLedger(text);
  }

  /** Ledger invariants and promise 5, for what stands in the ledger and not for what a runner believes. */
  #ledgerStep(before: number, after: number, restores: boolean): readonly string[] {
    return this.#once(`ledger ${before} ${after} ${restores}`, () => {
      const ledger = this.#ledger(after);
      if (ledger === null) return restores || this.#ledger(before) === null ? [] : ["the home's ledger is gone"];
      const broken = brokenInvariants(restores ? null : this.#ledger(before), ledger).map((text) => `ledger: ${text}`);
      // A rebuild lifts the epoch by a thousand, which is no promotion.
      const promotions = (ledger.epoch - this.#epochAtStart) % 1_000;
      if (promotions > this.#space.plan.promotionsMax)
        broken.push(`promise 5: ${promotions} promotions, where ${this.#space.plan.promotionsMax} were asked for`);
      return broken;
    });
  }

  #records(before: Int32Array, after: Int32Array): readonly string[] {
    const { ledgers, echoes, minutes } = this.#space.layout;
    const home = named(ledgers, this.#space.home);
    const key = [minutes, ...Object.values(ledgers), ...Object.values(echoes)].map((place) => after[place]).join(" ");
    return this.#once(`records ${before[home]} ${key}`, () => {
      const [old, now] = [this.#ledger(at(before, home)), this.#ledger(at(after, home))];
      return old === null || now === null ? [] : hastySteps(this.#space, old, now, after);
    });
  }

  #sitesFall(before: Int32Array, after: Int32Array): readonly string[] {
    const places = Object.values(this.#space.layout.ledgers);
    const key = [...places.map((place) => before[place]), ...places.map((place) => after[place])].join(" ");
    return this.#once(`sites ${key}`, () => siteFalls(this.#space, before, after));
  }

  /** A runner never hands out backwards: the same Secret never gets a mark of a lower epoch. */
  #targetsFall(before: Int32Array, after: Int32Array, place: number): readonly string[] {
    const [old, now] = [at(before, place), at(after, place)];
    return this.#once(`targets ${place} ${old} ${now}`, () => {
      const { clusters } = this.#space;
      const broken: string[] = [];
      const later = clusters.valueOf(now).secrets;
      for (const [key, secret] of Object.entries(clusters.valueOf(old).secrets)) {
        const then = parseTargetMark(secret.annotations[markAnnotation(credential)])?.epoch ?? 0;
        const next = later[key];
        const epoch = parseTargetMark(next?.annotations[markAnnotation(credential)])?.epoch ?? 0;
        if (next?.uid === secret.uid && epoch < then)
          broken.push(`fence: ${key} went from epoch ${then} back to ${epoch}`);
      }
      return broken;
    });
  }

  #storeFalls(before: number, after: number): readonly string[] {
    return this.#once(`store ${before} ${after}`, () => {
      const [old, now] = [this.#epochOf(before), this.#epochOf(after)];
      return now < old ? [`fence: a store went from epoch ${old} back to ${now}`] : [];
    });
  }

  #epochOf(id: number): number {
    const state: MemorySecretState = this.#space.stores.valueOf(id);
    const name = state.names["platform-pull"];
    const value = name?.versions.find((version) => version.versionId === name.current)?.value;
    const decoded = value === undefined ? null : decodeValue(value);
    return decoded?.is === "ours" ? decoded.value.epoch : 0;
  }
}
