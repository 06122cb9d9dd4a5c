import type { CallFailure, PortCall } from "../../core/engine/calls.ts";
import type { Random } from "./random.ts";
import type { World } from "./world.ts";

export type TroubleKind = "dark" | "throttling" | "slow";

const failures: Readonly<Record<"dark" | "throttling", CallFailure>> = {
  dark: { kind: "unreachable", text: "simulated: no answer" },
  throttling: { kind: "throttled", text: "simulated: 429" },
};

/** The part of the world that a call goes to. */
export function partOf(call: PortCall): string {
  const room = call.call.slice(0, call.call.indexOf("."));
  return `${room === "usage" ? "registry" : room}:${call.on}`;
}

/** Parts of the world that are dark, throttling or slow for a while. */
export class Troubles {
  readonly #parts: readonly string[];
  readonly #now = new Map<string, { readonly kind: TroubleKind; readonly untilMs: number }>();

  constructor({ ports }: World) {
    this.#parts = Object.entries({
      registry: ports.registries,
      store: ports.stores,
      ledger: ports.ledgers,
      cluster: ports.clusters,
    }).flatMap(([room, parts]) => Object.keys(parts).map((name) => `${room}:${name}`));
  }

  draw(random: Random, nowMs: number, lastsMs: number): string {
    const part = random.pick(this.#parts);
    const kind = random.pick(["dark", "dark", "throttling", "slow"] as const);
    this.#now.set(part, { kind, untilMs: nowMs + lastsMs });
    return `${kind} ${part.slice(0, part.indexOf(":"))}`;
  }

  darken(part: string, untilMs: number): void {
    this.#now.set(part, { kind: "dark", untilMs });
  }

  isSlow(call: PortCall, nowMs: number): boolean {
    return this.#at(call, nowMs) === "slow";
  }

  failure(call: PortCall, nowMs: number): CallFailure | null {
    const kind = this.#at(call, nowMs);
    return kind === null || kind === "slow" ? null : failures[kind];
  }

  clear(): void {
    this.#now.clear();
  }

  #at(call: PortCall, nowMs: number): TroubleKind | null {
    if (this.#now.size === 0) return null;
    const found = this.#now.get(partOf(call));
    return found === undefined || found.untilMs <= nowMs ? null : found.kind;
  }
}
