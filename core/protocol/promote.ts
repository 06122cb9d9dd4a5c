import type { Generation, HomeLedger, Instant, NextGeneration, Replaced } from "./state.ts";

/**
 * The promotion: one compare-and-set by which next becomes current and the old current a replaced
 * record. After it an attempt is never abandoned; a roll back is a further promotion.
 */
export function promote(
  ledger: HomeLedger,
  next: Extract<NextGeneration, { state: "staged" | "proven" }>,
  at: Instant,
): HomeLedger {
  if (next.state !== "proven") throw new Error("only a proven generation is promoted");
  if (next.epoch !== ledger.epoch + 1)
    throw new Error(`staged for epoch ${next.epoch}, the ledger is at ${ledger.epoch}`);
  const older = ledger.replaced.find((record) => record.generation === next.generation);
  if (next.rollBack !== (older !== undefined) || older?.state === "retiring")
    throw new Error("a roll back needs a living generation");
  const current: Generation = {
    generation: next.generation,
    attempt: older?.attempt ?? next.attempt,
    epoch: next.epoch,
    robot: next.robot,
    versionIds: [next.versionId, ...(older?.versionIds ?? [])],
    hash: next.hash,
    madeOf: next.madeOf,
    promotedAtMs: at.localMs,
    revoked: false,
    endNow: false,
  };
  const old = ledger.current;
  // In place the old secret is dead by now: what still holds it is counted, and cannot pull.
  const isOver = old !== null && old.robot.username === next.robot.username && !next.rollBack;
  // However it was made, it ended in place: by that its record is judged.
  const over = isOver
    ? {
        thrownAwayAt: next.refreshedAt ?? at,
        windowFrom: next.windowFrom,
        madeOf: { ...old.madeOf, strategy: next.madeOf.strategy },
      }
    : {};
  const held: Replaced[] =
    old === null ? [] : [{ ...old, state: "held", replacedAtMs: at.localMs, drainFrom: null, ...over }];
  const emergency = next.reason === "refused" || next.reason === "value-lost";
  return {
    ...ledger,
    epoch: next.epoch,
    promotedMax: Math.max(ledger.promotedMax, next.generation),
    current,
    next: null,
    replaced: [...ledger.replaced.filter((record) => record !== older), ...held],
    // What a rebuild brought back was seen in a store: a generation of its own follows.
    askedSinceMs: next.rollBack && next.reason === "rebuilt" ? at.localMs : null,
    holdSinceMs: next.reason === "roll-back" ? at.localMs : null,
    refusals: null,
    emergencies: emergency ? { count: ledger.emergencies.count + 1, lastMs: at.localMs } : { count: 0, lastMs: 0 },
  };
}
