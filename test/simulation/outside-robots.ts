import type { MemoryRobot } from "../../core/drivers/memory/registry-state.ts";
import { slots } from "../../core/protocol/mark.ts";
import { Secret } from "../../core/secret.ts";
import { homeLedger, isOurs } from "./checkers.ts";
import type { Random } from "./random.ts";
import type { OutsideKind } from "./weather.ts";
import type { Witness } from "./witness.ts";
import { minuteMs, type Place, type World } from "./world.ts";

const foreignDescription = "put by somebody else";

/** The registries' own administrators, and whoever pulls images. */
export class OutsideRobots {
  readonly #world: World;
  readonly #random: Random;
  readonly #witness: Witness;
  /** Robots as they were before their description was put over. */
  readonly #described: MemoryRobot[] = [];

  constructor(world: World, random: Random, witness: Witness) {
    this.#world = world;
    this.#random = random;
    this.#witness = witness;
  }

  /** Null: there is no robot of ours. */
  act(kind: OutsideKind, place: Place): string | null {
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

  /** A PUT says all of a robot anew: its life (Harbor counts it in days; here any moment), its rights, its description. */
  #put(robot: MemoryRobot): MemoryRobot {
    const { nowMs, shape } = this.#world;
    const isFixed = slots.some((slot) => robot.name.endsWith(`-g${slot}`));
    const how = this.#random.int(0, isFixed ? 4 : 3);
    // An overlapping PUT writes back the secret that it had read before (harbor.md §1.4).
    if (how === 4) return { ...robot, password: new Secret(`Cp1${this.#random.entropy().hex(16)}`) };
    if (how === 0) return { ...robot, permissions: [] };
    if (how === 1) return { ...robot, expiresAtMs: nowMs + this.#random.int(1, 30) * shape.tickEveryMs };
    if (how === 2) return { ...robot, expiresAtMs: nowMs + shape.durationDays * 24 * 60 * minuteMs };
    this.#described.push(robot);
    this.#witness.unmarked(robot.name);
    return { ...robot, description: foreignDescription };
  }

  /** Without its mark a robot is nobody's of ours, for ever: whoever took the mark away gives it back. */
  giveMarksBack(): void {
    for (const registry of Object.values(this.#world.ports.registries)) {
      const robots = registry.state.robots.map((one) => {
        const before = this.#described.find(
          ({ id, createdAtMs, password }) =>
            password === one.password ||
            (id === one.id && createdAtMs === one.createdAtMs && one.description === foreignDescription),
        );
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
}
