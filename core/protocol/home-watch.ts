import { isFixed } from "./fixed.ts";
import { isRepaired, repairCurrent } from "./home-refresh.ts";
import { answerTo, ask, type LedgerState, type Rule, replyTo } from "./home-state.ts";
import { backoffMs } from "./settings.ts";
import type { Generation, Instant, RotationReason } from "./state.ts";

export function versionOf(generation: Pick<Generation, "versionIds">): string {
  const [versionId] = generation.versionIds;
  if (versionId === undefined) throw new Error("a promoted generation has a version id");
  return versionId;
}

/** The current generation logs in at every tick, with the value of the version id in the ledger. */
export const watchCurrent: Rule = (state, at) => {
  const { ledger } = state;
  if (!ledger.current || isBeingRefreshed(ledger)) return undefined;
  const versionId = versionOf(ledger.current);
  const reading = ask(state, [{ type: "read-version", versionId }]);
  if (reading) return reading;
  if (currentValueState(state) !== "good") return undefined;
  const proof = ask(state, [{ type: "prove", versionId, purpose: "watch" }]);
  if (proof) return proof;
  const verdict = answerTo(state, { type: "prove", versionId, purpose: "watch" })?.verdict;
  if (verdict === "accepted" && ledger.refusals !== null) {
    return { do: "save", ledger: { ...ledger, refusals: null }, why: "the current generation is accepted again" };
  }
  if (verdict !== "refused") return undefined;

  // Refused, or an outage? Only the registry's own word about the robot makes it a refusal.
  const asking = ask(state, [{ type: "whoami" }, { type: "read-robot", id: ledger.current.robot.id }]);
  if (asking) return asking;
  const issuerWorks = answerTo(state, { type: "whoami" }) !== undefined;
  const robotKnown = answerTo(state, { type: "read-robot", id: ledger.current.robot.id }) !== undefined;
  if (!issuerWorks || !robotKnown) return undefined;
  if (isFixed(ledger.current.madeOf)) {
    const repairing = repairCurrent(state, at);
    if (repairing !== undefined) return repairing;
    if (isRepaired(state)) return undefined;
  }
  const { refusedCountMin, refusedSpanMs } = state.settings.limits;
  // Counted by a clock that was far ahead: begun anew, else no refusal would ever count again.
  const ahead = ledger.refusals !== null && ledger.refusals.lastMs - at.localMs > refusedSpanMs;
  const seen = ahead ? null : ledger.refusals;
  const gapMs = refusedSpanMs / Math.max(1, refusedCountMin - 1);
  if (seen !== null && (at.localMs - seen.lastMs < gapMs || seen.count >= refusedCountMin)) return undefined;
  const refusals = { count: (seen?.count ?? 0) + 1, firstMs: seen?.firstMs ?? at.localMs, lastMs: at.localMs };
  return { do: "save", ledger: { ...ledger, refusals }, why: `the current generation was refused (${refusals.count})` };
};

/** In place, from the refresh until the promotion, the current secret is meant to be dead. */
function isBeingRefreshed({ current, next }: LedgerState["ledger"]): boolean {
  return next !== null && next.state !== "minting" && !next.rollBack && next.robot.username === current?.robot.username;
}

/** `lost`: no store can give it back by its version id, or what came back is not it. Null: it could not be read. */
export function currentValueState(state: LedgerState): "good" | "lost" | null {
  const { current } = state.ledger;
  if (!current) return null;
  const reply = replyTo(state, { type: "read-version", versionId: versionOf(current) });
  if (reply === undefined) return null;
  if (!reply.ok) return reply.failure.kind === "not-found" ? "lost" : null;
  return reply.value.trace?.hash === current.hash ? "good" : "lost";
}

/** The current generation, where its value was read back in this tick and is what it should be. */
export function currentReadBack(state: LedgerState): Generation | null {
  return currentValueState(state) === "good" ? state.ledger.current : null;
}

/** A reason to rotate at once, whatever the schedule says; null: none, or not again so soon. */
export function urgentReason(state: LedgerState, at: Instant): RotationReason | null {
  const { ledger } = state;
  if (!ledger.current) return null;
  if (ledger.current.revoked) return "revoked";
  const { emergencyGapMs, emergencyGapMaxMs, refusedCountMin, refusedSpanMs } = state.settings.limits;
  const pauseMs = backoffMs(ledger.emergencies.count, emergencyGapMs, emergencyGapMaxMs);
  // A moment far ahead was another clock's: it stops nothing.
  if (Math.abs(at.localMs - ledger.emergencies.lastMs) < pauseMs) return null;
  if (currentValueState(state) === "lost") return "value-lost";
  const { refusals } = ledger;
  if (refusals !== null && refusals.count >= refusedCountMin && refusals.lastMs - refusals.firstMs >= refusedSpanMs)
    return "refused";
  return null;
}
