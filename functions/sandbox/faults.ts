import type { PartReply } from "./listener.ts";

/** The parts of the sandbox; each is one listener (Kubernetes: one per cluster, all of this name). */
export type PartName = "harbor" | "aws" | "azure" | "gcp" | "kubernetes";

/**
 * What happens to a request that a rule hits.
 * - `reply`: answered so, without effect.
 * - `cut-before` / `cut-after`: connection closed before the effect, or after it and before the reply.
 * - `delay`: answered `delayMs` later, effect first.
 * - `stale`: a read answers from before the last write, or (GCP) with what stood there at `asOfMs`, by the sandbox's clock.
 * - `mangle`: effect first, then the answer as somebody on the way makes it.
 */
export type FaultAction =
  | {
      readonly type: "reply";
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly type: "cut-before" }
  | { readonly type: "cut-after" }
  | { readonly type: "delay"; readonly delayMs: number }
  | { readonly type: "stale"; readonly asOfMs?: number }
  | { readonly type: "mangle"; readonly mangle: (reply: PartReply) => MangledReply };

/** What goes over the wire in place of an answer, status line and headers included. */
export interface MangledReply {
  readonly bytes: Buffer;
  /** `hold`: the connection stays open and nothing more comes. */
  readonly afterwards: "close" | "hold";
}

export interface FaultRule {
  readonly part: PartName;
  /** Name of the listener (`prod-1`) where a part has several; absent: any. */
  readonly instance?: string;
  /** Request kind as the part classifies it (`robot.create`, `PutSecretValue`, `secret.apply`); absent: any. */
  readonly kind?: string;
  /** Further condition on what is visible of the request. */
  readonly when?: (request: { readonly method: string; readonly path: string; readonly body: Buffer }) => boolean;
  /** Hits to let pass first. */
  readonly skip?: number;
  /** Hits after which the rule ends; absent: until removed. */
  readonly times?: number;
  readonly action: FaultAction;
  /** Called at every hit, before the action (a crash kills its process from here). */
  readonly onHit?: () => void | Promise<void>;
}

export interface SetFault {
  readonly hits: () => number;
  readonly remove: () => void;
}

/** All misbehaviour of the sandbox in one place. Parts ask it once per request. */
export class FaultBoard {
  readonly #rules: { rule: FaultRule; seen: number; hits: number }[] = [];

  set(rule: FaultRule): SetFault {
    const entry = { rule, seen: 0, hits: 0 };
    this.#rules.push(entry);
    return {
      hits: () => entry.hits,
      remove: () => {
        const at = this.#rules.indexOf(entry);
        if (at >= 0) this.#rules.splice(at, 1);
      },
    };
  }

  clear(): void {
    this.#rules.length = 0;
  }

  /** The rule that hits this request, counted; undefined: behave. */
  hit(
    part: PartName,
    instance: string,
    kind: string,
    request: { readonly method: string; readonly path: string; readonly body: Buffer },
  ): FaultRule | undefined {
    for (const entry of this.#rules) {
      const { rule } = entry;
      if (rule.part !== part) continue;
      if (rule.instance !== undefined && rule.instance !== instance) continue;
      if (rule.kind !== undefined && rule.kind !== kind) continue;
      if (rule.times !== undefined && entry.hits >= rule.times) continue;
      if (rule.when !== undefined && !rule.when(request)) continue;
      entry.seen += 1;
      if (entry.seen <= (rule.skip ?? 0)) continue;
      entry.hits += 1;
      return rule;
    }
    return undefined;
  }
}
