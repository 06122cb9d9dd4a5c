import { siteLedgerOf } from "../../core/engine/ledger-text.ts";
import { decodeValue } from "../../core/engine/value.ts";
import type { SiteLedger } from "../../core/protocol/site-state.ts";
import { Truth } from "./truth.ts";
import { minuteMs, type Place, type World } from "./world.ts";

/** What is known of a world from outside of it, for all judgements alike. */
export class Known {
  readonly world: World;
  readonly truths: readonly Truth[];
  /** Username → end of its robot's life. */
  readonly expiryMs = new Map<string, number | null>();
  /** Robot's name → when somebody took our mark away from it. */
  readonly unmarkedMs = new Map<string, number>();
  /** Faults have stopped; null: not yet. */
  calmMs: number | null = null;

  constructor(world: World) {
    this.world = world;
    this.truths = world.places.map((place) => new Truth(place));
  }

  of(place: Place): Truth {
    const truth = this.truths.find((one) => one.place === place);
    if (truth === undefined) throw new Error(`no credential ${place.name}`);
    return truth;
  }

  isExpired(username: string): boolean {
    const expiryMs = this.expiryMs.get(username);
    return typeof expiryMs === "number" && expiryMs <= this.world.nowMs;
  }

  /** In a storm runners may sleep until the end of a robot's life; in calm none may end while it is current. */
  excused(exempt: ReadonlySet<string>): ReadonlySet<string> {
    const current = this.truths.map(({ ledger }) => ledger?.current?.robot.username);
    const inTime = (name: string) =>
      this.calmMs !== null && current.includes(name) && (this.expiryMs.get(name) ?? 0) > this.calmMs + 120 * minuteMs;
    const ended = [...this.expiryMs.keys()].filter((name) => this.isExpired(name) && !inTime(name));
    return ended.length === 0 ? exempt : new Set([...exempt, ...ended]);
  }

  siteLedger(place: Place, site: string): SiteLedger | null {
    const record = this.world.ports.ledgers[site]?.loadNow(`sim/${place.name}@site/${site}`).record;
    return record ? siteLedgerOf(record) : null;
  }

  mayDie(truth: Truth, username: string): boolean {
    return truth.exempt.has(username) || this.isExpired(username);
  }

  isDead(place: Place, username: string): boolean {
    return !this.world.registryOf(place).state.robots.some((robot) => `robot$${robot.name}` === username);
  }

  storeHolds(place: Place, site: string, username: string): boolean {
    const current = this.world.ports.stores[site]?.readCurrentNow(place.storeName);
    const decoded = current ? decodeValue(current.value) : null;
    return decoded?.is === "ours" && decoded.value.login.username === username;
  }
}
