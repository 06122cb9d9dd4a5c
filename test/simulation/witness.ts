import type { MemoryRobot } from "../../core/drivers/memory/registry-state.ts";
import type { CallReply, CallResults, PortCall } from "../../core/engine/calls.ts";
import { siteLedgerOf } from "../../core/engine/ledger-text.ts";
import { decodeValue } from "../../core/engine/value.ts";
import { markAnnotation, parseTargetMark } from "../../core/protocol/mark.ts";
import type { SiteLedger } from "../../core/protocol/site-state.ts";
import type { HomeLedger } from "../../core/protocol/state.ts";
import { homeLedger, promiseOne, promiseTwo } from "./checkers.ts";
import { statesOf, transitionsOf } from "./coverage.ts";
import { minuteMs, type Place, type World } from "./world.ts";

/** Delay of one call that is no freeze. */
const promptMs = 2 * minuteMs;

/** How long a Secret that somebody else wrote may hold an old username unseen: some ticks. */
const unseenTicks = 4;

interface Outsider {
  readonly username: string;
  readonly sinceMs: number;
  /** When we wrote over it; null: not yet. */
  readonly untilMs: number | null;
}

/** A tick, as far as its calls are judged by it. */
export interface Tick {
  readonly startedMs: number;
  /** When its first listing of targets took place. */
  lookedMs: number | null;
  /** Sites whose stores its flips went to, made or refused. */
  readonly flipped: Set<string>;
  /** Robot's id → when it was last looked at. */
  readonly readRobotMs: Map<number, number>;
  /** What its flips took out of stores, where a backup had brought it back: its next save must know of it. */
  readonly takenOut: string[];
}

/** One credential as the world knows it, whatever the runners believe. */
class Truth {
  readonly place: Place;
  ledger: HomeLedger | null = null;
  /** Username → when it last stood in a target or a store by our hand. */
  readonly heldMs = new Map<string, number>();
  /** Was current once. */
  readonly promoted = new Set<string>();
  /** Its end was asked for, or it was taken from us: not judged by promises 1 and 2. */
  readonly exempt = new Set<string>();
  readonly revoked = new Set<string>();
  /** `cluster/namespace` of an empty Secret → the site's epoch when it was made. */
  readonly made = new Map<string, number>();
  readonly outsiders = new Map<string, Outsider>();
  /** Round → when it came into the ledger. */
  readonly rounds = new Map<string, number>();
  /** `site round`: a report that stood in the site's ledger once, whatever was put back there since. */
  readonly echoes = new Set<string>();
  /** Site → username that somebody's backup brought back into its store, and since when. */
  readonly restored = new Map<string, { readonly username: string; readonly sinceMs: number }>();

  constructor(place: Place) {
    this.place = place;
  }
}

/** Sees every effect, before and after, and holds the promises against it. */
export class Witness {
  readonly reached: Record<string, number> = {};
  /** Faults have stopped; null: not yet. */
  calmMs: number | null = null;
  readonly #world: World;
  readonly #truths: readonly Truth[];
  readonly #expiryMs = new Map<string, number | null>();

  constructor(world: World) {
    this.#world = world;
    this.#truths = world.places.map((place) => new Truth(place));
  }

  #of(place: Place): Truth {
    const truth = this.#truths.find((one) => one.place === place);
    if (truth === undefined) throw new Error(`no credential ${place.name}`);
    return truth;
  }

  exempt(place: Place, username: string): void {
    this.#of(place).exempt.add(username);
  }

  revoke(place: Place, username: string, now: boolean): void {
    this.#of(place).revoked.add(username);
    if (now) this.#of(place).exempt.add(username);
  }

  /** What was asked for since is not in the ledger that came back. */
  forget(place: Place): void {
    this.#of(place).revoked.clear();
  }

  /** A backup brought an older value back into this store. */
  restored(place: Place, site: string, username: string): void {
    this.#of(place).restored.set(site, { username, sinceMs: this.#world.nowMs });
  }

  /** Before somebody outside takes a Secret of ours away or over. */
  leaves(cluster: string, namespace: string, secret: string): void {
    const facts = this.#world.ports.clusters[cluster]?.readSecretNow(namespace, secret);
    if (facts?.content.state !== "parsed" || facts.otherOwners.length > 0) return;
    for (const truth of this.#truths) {
      if (truth.place.secret !== secret) continue;
      const username = facts.content.logins[truth.place.registryKey]?.username;
      if (username !== undefined) truth.heldMs.set(username, this.#world.nowMs);
    }
  }

  /** Somebody else holds this username there from now on; back at once counts as never away. */
  outsider(place: Place, where: string, username: string): void {
    const { outsiders } = this.#of(place);
    const before = outsiders.get(where);
    const stays = before?.username === username && (before.untilMs === null || before.untilMs === this.#world.nowMs);
    outsiders.set(where, { username, sinceMs: stays ? before.sinceMs : this.#world.nowMs, untilMs: null });
  }

  /** Makes the call and judges it. `askedMs`: when its runner decided on it. */
  judge(call: PortCall, askedMs: number, tick: Tick, make: () => CallReply): [CallReply, string[]] {
    const broken = this.#before(call, tick);
    const removed = call.call === "registry.remove" ? this.#robot(call.on, call.id) : null;
    const reply = make();
    if (!reply.ok) return [reply, []];
    if (call.call === "registry.mint") {
      const minted = reply.value as CallResults["registry.mint"];
      this.#expiryMs.set(minted.username, minted.expiresAtMs);
    }
    if (call.call === "registry.read") tick.readRobotMs.set(call.id, this.#world.nowMs);
    if (removed !== null) broken.push(...this.#removed(call.on, removed, askedMs, tick));
    if (call.call === "ledger.save") broken.push(...this.#saved(call, askedMs, tick));
    if (call.call === "store.discard") {
      for (const { place, exempt, ledger } of this.#truths)
        if (place.storeName === call.name)
          broken.push(...promiseTwo(this.#world, this.#excused(exempt), place, ledger));
    }
    if (call.call === "store.flip")
      for (const { place, restored } of this.#truths) if (place.storeName === call.name) restored.delete(call.on);
    if (call.call === "cluster.createEmptySecret") broken.push(...this.#made(call));
    if (call.call === "cluster.applySecret") this.#written(`${call.on}/${call.write.namespace}`);
    return [reply, broken];
  }

  #robot(on: string, id: number) {
    return this.#world.ports.registries[on]?.state.robots.find((robot) => robot.id === id) ?? null;
  }

  #isExpired(username: string): boolean {
    const expiryMs = this.#expiryMs.get(username);
    return typeof expiryMs === "number" && expiryMs <= this.#world.nowMs;
  }

  /** In a storm runners may sleep until the end of a robot's life; in calm none may end while it is current. */
  #excused(exempt: ReadonlySet<string>): ReadonlySet<string> {
    const current = this.#truths.map(({ ledger }) => ledger?.current?.robot.username);
    const inTime = (name: string) =>
      this.calmMs !== null && current.includes(name) && (this.#expiryMs.get(name) ?? 0) > this.calmMs + 120 * minuteMs;
    const ended = [...this.#expiryMs.keys()].filter((name) => this.#isExpired(name) && !inTime(name));
    return ended.length === 0 ? exempt : new Set([...exempt, ...ended]);
  }

  #siteLedger(place: Place, site: string): SiteLedger | null {
    const record = this.#world.ports.ledgers[site]?.loadNow(`sim/${place.name}@site/${site}`).record;
    return record ? siteLedgerOf(record) : null;
  }

  #before(call: PortCall, tick: Tick): string[] {
    if (call.call === "store.flip") {
      const truth = this.#truths.find(({ place }) => place.storeName === call.name);
      tick.flipped.add(call.on);
      const current = this.#world.ports.stores[call.on]?.readCurrentNow(call.name);
      const decoded = current ? decodeValue(current.value) : null;
      if (!truth || decoded?.is !== "ours") return [];
      const { ledgerId, epoch, login } = decoded.value;
      // What a backup brought back and a flip takes out again is held until then, if the tick saves what it saw.
      if (truth.restored.get(call.on)?.username !== login.username) truth.heldMs.set(login.username, this.#world.nowMs);
      else if (current?.versionId === call.request.replaces) tick.takenOut.push(login.username);
      const { tag } = call.request;
      return tag.ledgerId === ledgerId && tag.epoch < epoch
        ? [`promise 1: the store of ${call.on} went back from epoch ${epoch} to ${tag.epoch}`]
        : [];
    }
    if (call.call !== "cluster.applySecret") return [];
    const { write, on } = call;
    const { namespace, name } = write;
    const facts = this.#world.ports.clusters[on]?.readSecretNow(namespace, name) ?? null;
    const current = facts?.uid === write.uid && facts.resourceVersion === write.resourceVersion;
    this.leaves(on, namespace, name);
    const broken: string[] = [];
    for (const truth of this.#truths) {
      const { place } = truth;
      const login = place.secret === name ? write.logins[place.registryKey] : undefined;
      if (login === undefined) continue;
      const where = `${on}/${namespace}`;
      const mark = parseTargetMark(write.annotations[markAnnotation(place.name)]);
      const was = parseTargetMark(facts?.annotations[markAnnotation(place.name)]);
      const made = truth.made.get(where);
      truth.made.delete(where);
      if (mark !== null && was?.ledgerId === mark.ledgerId && mark.epoch < was.epoch)
        broken.push(`promise 1: ${where}/${name} went back from epoch ${was.epoch} to ${mark.epoch}`);
      else if (mark !== null && was === null && made !== undefined && mark.epoch < made)
        broken.push(`promise 1: ${where}/${name} was made with epoch ${mark.epoch}, its site has seen ${made}`);
      else if (current && !this.#mayDie(truth, login.username) && this.#isDead(place, login.username))
        broken.push(`promise 1: ${where}/${name} was given ${login.username}, which is dead`);
    }
    return broken;
  }

  #mayDie(truth: Truth, username: string): boolean {
    return truth.exempt.has(username) || this.#isExpired(username);
  }

  #isDead(place: Place, username: string): boolean {
    return !this.#world.registryOf(place).state.robots.some((robot) => `robot$${robot.name}` === username);
  }

  #written(where: string): void {
    for (const { outsiders } of this.#truths) {
      const outsider = outsiders.get(where);
      if (outsider) outsiders.set(where, { ...outsider, untilMs: this.#world.nowMs });
    }
  }

  /** Does a Secret that we should serve still hold it? */
  #stillHolds(place: Place, where: string, username: string): boolean {
    const [on = "", namespace = ""] = where.split("/");
    const cluster = this.#world.ports.clusters[on];
    const { labels, terminating } = cluster?.state.namespaces[namespace] ?? { labels: {}, terminating: true };
    if (labels["pull"] !== "yes" || terminating) return false;
    const content = cluster?.readSecretNow(namespace, place.secret)?.content;
    return content?.state === "parsed" && content.logins[place.registryKey]?.username === username;
  }

  #made(call: Extract<PortCall, { call: "cluster.createEmptySecret" }>): string[] {
    const broken: string[] = [];
    const facts = this.#world.ports.clusters[call.on]?.readSecretNow(call.namespace, call.name);
    for (const truth of this.#truths) {
      const { place } = truth;
      const site = this.#world.shape.clusters[call.on];
      if (place.secret !== call.name || site === undefined) continue;
      const where = `${call.on}/${call.namespace}`;
      const epoch = this.#siteLedger(place, site)?.epoch ?? 0;
      truth.made.set(where, epoch);
      const login = facts?.content.state === "parsed" ? facts.content.logins[place.registryKey] : null;
      const mark = parseTargetMark(facts?.annotations[markAnnotation(place.name)]);
      if (login && mark !== null && mark.epoch < epoch)
        broken.push(`promise 1: ${where}/${call.name} was made with epoch ${mark.epoch}, its site has seen ${epoch}`);
    }
    return broken;
  }

  /** A robot of ours is gone: who still needed it? */
  #removed(on: string, robot: MemoryRobot, askedMs: number, tick: Tick): string[] {
    const truth = this.#truths.find(({ place }) => place.registry === on && robot.name.startsWith(`${place.name}-g`));
    if (truth === undefined || !robot.description.startsWith("capstan:")) {
      // Between our look and our deletion no fence stands: the registry deletes by id alone.
      const takenSince = robot.createdAtMs >= (tick.readRobotMs.get(robot.id) ?? askedMs);
      return takenSince ? [] : [`promise 3: robot ${robot.name} was deleted, which is not ours`];
    }
    const { place } = truth;
    const exempt = this.#excused(truth.exempt);
    const username = `robot$${robot.name}`;
    const broken = [...promiseOne(this.#world, exempt, place), ...promiseTwo(this.#world, exempt, place, truth.ledger)];
    const { next, replaced } = truth.ledger ?? {};
    if (next && next.state !== "minting" && next.robot.id === robot.id && !exempt.has(username))
      broken.push(`promise 2: ${robot.name} was deleted while its generation was ${next.state}`);
    if (this.#mayDie(truth, username) || !truth.promoted.has(username)) return broken;
    const { nowMs, shape } = this.#world;
    const drainedMs = nowMs - (truth.heldMs.get(username) ?? 0);
    // A revoked generation waits for its targets alone; the ledger knows of a revoke during a roll back, too.
    const isRevoked = truth.revoked.has(username) || replaced?.some((one) => one.revoked && one.robot.id === robot.id);
    if (drainedMs < shape.drainMs && !isRevoked)
      broken.push(
        `promise 1: ${robot.name} died ${Math.round(drainedMs / 1000)} s after it was last held, the drain is ${Math.round(shape.drainMs / 1000)} s`,
      );
    for (const [site, back] of truth.restored)
      if (back.username === username && back.sinceMs < tick.startedMs && this.#storeHolds(place, site, username))
        broken.push(`promise 1: ${robot.name} died, which a backup had brought back into the store of ${site}`);
    for (const [where, outsider] of truth.outsiders)
      if (
        outsider.username === username &&
        nowMs - outsider.sinceMs > unseenTicks * shape.tickEveryMs &&
        this.#stillHolds(place, where, username)
      )
        broken.push(`promise 1: ${robot.name} died, which somebody else wrote to ${where} long ago`);
    return broken;
  }

  #storeHolds(place: Place, site: string, username: string): boolean {
    const current = this.#world.ports.stores[site]?.readCurrentNow(place.storeName);
    const decoded = current ? decodeValue(current.value) : null;
    return decoded?.is === "ours" && decoded.value.login.username === username;
  }

  #saved(call: Extract<PortCall, { call: "ledger.save" }>, askedMs: number, tick: Tick): string[] {
    const [key = "", site] = call.key.split("@site/");
    const truth = this.#truths.find(({ place }) => key === `sim/${place.name}`);
    if (truth === undefined) return [];
    if (site !== undefined) return this.#siteSaved(truth, site, tick.lookedMs);
    const ledger = homeLedger(this.#world, truth.place);
    if (ledger === null) return [];
    for (const name of [...statesOf(ledger), ...transitionsOf(truth.ledger, ledger)])
      this.reached[name] = (this.reached[name] ?? 0) + 1;
    const broken = [...this.#promoted(truth, ledger, askedMs), ...this.#retired(truth, ledger, tick)];
    if (ledger.round !== null && !truth.rounds.has(ledger.round.id))
      truth.rounds.set(ledger.round.id, this.#world.nowMs);
    truth.ledger = ledger;
    for (const username of tick.takenOut.splice(0)) truth.heldMs.set(username, this.#world.nowMs);
    return [...broken, ...promiseTwo(this.#world, this.#excused(truth.exempt), truth.place, ledger)];
  }

  #promoted(truth: Truth, ledger: HomeLedger, askedMs: number): string[] {
    const { current } = ledger;
    if (current === null || current.epoch === truth.ledger?.current?.epoch) return [];
    const { nowMs, shape } = this.#world;
    truth.promoted.add(current.robot.username);
    truth.heldMs.set(current.robot.username, nowMs);
    const broken: string[] = [];
    if (
      truth.revoked.has(current.robot.username) &&
      nowMs - askedMs < promptMs &&
      truth.ledger?.next?.rollBack === undefined
    )
      broken.push(`generation ${current.generation} was revoked, and is current`);
    const { expiresAtMs } = current.robot;
    // What a hand-out, a drain and their margin need; a save that was late on its way is not judged.
    const leftMs = (expiresAtMs ?? Number.POSITIVE_INFINITY) - nowMs;
    if (nowMs - askedMs < promptMs && leftMs < 60 * minuteMs + shape.drainMs)
      broken.push(
        `promise 1: generation ${current.generation} was promoted ${Math.round(leftMs / minuteMs)} minutes before its expiry`,
      );
    return broken;
  }

  /** Fresh eyes: what drained goes only when every site has echoed the round that was drawn for it. */
  #retired(truth: Truth, ledger: HomeLedger, tick: Tick): string[] {
    const before = truth.ledger?.round ?? null;
    const drained = ledger.replaced.filter((record) => {
      const was = truth.ledger?.replaced.find((one) => one.generation === record.generation);
      const atOnce = record.endNow || this.#isExpired(record.robot.username);
      return record.state === "retiring" && was?.state === "draining" && !atOnce;
    });
    const echoed = ledger.sites.every((site) => before !== null && truth.echoes.has(`${site} ${before.id}`));
    if (!echoed)
      return drained.map(
        ({ generation }) => `promise 1: generation ${generation} retires without a fresh look of every site`,
      );
    return drained.flatMap(({ generation, robot }) =>
      [...tick.flipped]
        .filter((site) => this.#storeHolds(truth.place, site, robot.username))
        .map((site) => `promise 1: generation ${generation} retires, which the flip found in the store of ${site}`),
    );
  }

  /** Fresh eyes: a round is echoed by a look that began after it was drawn. */
  #siteSaved(truth: Truth, site: string, lookedMs: number | null): string[] {
    const round = this.#siteLedger(truth.place, site)?.report?.round;
    if (round != null) truth.echoes.add(`${site} ${round}`);
    const drawnMs = round == null ? undefined : truth.rounds.get(round);
    if (drawnMs === undefined || lookedMs === null || lookedMs >= drawnMs) return [];
    return [`promise 1: site ${site} echoed a round with a look that began before it was drawn`];
  }
}
