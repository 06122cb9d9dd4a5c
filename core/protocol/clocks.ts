import type { Instant } from "./state.ts";

/** How far the servers' clocks are from ours, as last seen in this tick. */
export interface ClockOffsets {
  readonly registryMs: number | null;
  readonly ledgerMs: number | null;
}

export const noOffsets: ClockOffsets = { registryMs: null, ledgerMs: null };

export function instantAt(localMs: number, offsets: ClockOffsets): Instant {
  return {
    localMs,
    registryMs: offsets.registryMs === null ? null : localMs + offsets.registryMs,
    ledgerMs: offsets.ledgerMs === null ? null : localMs + offsets.ledgerMs,
  };
}

/** When the registry's clock showed this, by all clocks: now, where that one is not known, and never after now. */
export function instantWhen(registryMs: number, now: Instant): Instant {
  const agoMs = now.registryMs === null ? 0 : Math.max(0, now.registryMs - registryMs);
  return {
    localMs: now.localMs - agoMs,
    registryMs: now.registryMs === null ? null : now.registryMs - agoMs,
    ledgerMs: now.ledgerMs === null ? null : now.ledgerMs - agoMs,
  };
}

function readings(at: Instant): number[] {
  return [at.localMs, at.registryMs, at.ledgerMs].filter((ms) => ms !== null);
}

/** Due dates go by the fastest clock: rotating early is safe. */
export function fastestMs(at: Instant): number {
  return Math.max(...readings(at));
}

/** Expiry is judged by the registry; without its word by the fastest clock, which is the careful side. */
export function registryMs(at: Instant): number {
  return at.registryMs ?? fastestMs(at);
}

/** Retiring early is not safe: of what has passed by each clock that had both moments, the least. */
export function elapsedMs(from: Instant, to: Instant): number {
  const spans = [to.localMs - from.localMs];
  if (from.registryMs !== null && to.registryMs !== null) spans.push(to.registryMs - from.registryMs);
  if (from.ledgerMs !== null && to.ledgerMs !== null) spans.push(to.ledgerMs - from.ledgerMs);
  return Math.min(...spans);
}

export function apartMs(at: Instant): number {
  const all = readings(at);
  return Math.max(...all) - Math.min(...all);
}
