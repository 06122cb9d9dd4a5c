import { siteLedgerOf } from "../../core/engine/ledger-text.ts";
import { decodeValue } from "../../core/engine/value.ts";
import { slotOfName } from "../../core/protocol/mark.ts";
import type { SiteLedger } from "../../core/protocol/site-state.ts";
import type { Secret } from "../../core/secret.ts";
import { loginKey } from "./checkers.ts";
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
  readonly #passwords = new Map<string, Secret>();
  /** Ledgers may be read from the past: then no look at them fences a hand-out. */
  hasStaleLoads = false;
  /** Faults have stopped; null: not yet. */
  calmMs: number | null = null;

  constructor(world: World) {
    this.world = world;
    this.truths = world.places.map((place) => new Truth(place));
  }

  /**
   * What stands for a robot in the books about it: its username, and for a fixed one, which goes on living, its secret
   * beside it: the one that it has, or had last.
   */
  keyOf(place: Place, username: string): string {
    if (slotOfName(place.name, username) === null) return username;
    const robot = this.world.registryOf(place).state.robots.find((one) => `robot$${one.name}` === username);
    if (robot !== undefined) this.#passwords.set(username, robot.password);
    const password = robot?.password ?? this.#passwords.get(username);
    return password === undefined ? username : loginKey({ username, password });
  }

  /** The login that a version of the home store holds. */
  keyOfVersion(place: Place, versionId: string | undefined, username: string): string {
    if (slotOfName(place.name, username) === null || versionId === undefined) return username;
    try {
      const read = this.world.ports.stores[place.home]?.readVersionNow(place.storeName, versionId);
      const decoded = read && decodeValue(read.value);
      return decoded?.is === "ours" ? loginKey(decoded.value.login) : username;
    } catch {
      return username;
    }
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
    // One tick may meet a dead runner's lease, the next gives its attempt up, the third makes the new robot.
    const neededMs = Math.max(120 * minuteMs, 4 * this.world.shape.tickEveryMs);
    const inTime = (name: string) =>
      this.calmMs !== null && current.includes(name) && (this.expiryMs.get(name) ?? 0) > this.calmMs + neededMs;
    const ended = [...this.expiryMs.keys()].filter((name) => this.isExpired(name) && !inTime(name));
    return ended.length === 0 ? exempt : new Set([...exempt, ...ended]);
  }

  siteLedger(place: Place, site: string): SiteLedger | null {
    const record = this.world.ports.ledgers[site]?.loadNow(`sim/${place.name}@site/${site}`).record;
    return record ? siteLedgerOf(record) : null;
  }

  /** `key`: as `keyOf` names it. */
  mayDie(truth: Truth, username: string, key = this.keyOf(truth.place, username)): boolean {
    return truth.exempt.has(key) || this.isExpired(username);
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
