import type { Act } from "../../core/protocol/settings.ts";
import type { HomeLedger } from "../../core/protocol/state.ts";
import type { Random } from "./random.ts";
import type { ActKind } from "./weather.ts";

/** What an operator asks for at this moment; null: there is nothing that it could be asked of. */
export function drawAct(random: Random, kinds: readonly ActKind[], ledger: HomeLedger | null): Act | null {
  if (kinds.length === 0 || ledger === null) return null;
  const kind = random.pick(kinds);
  if (kind === "rotate") return { type: "rotate" };
  if (kind === "roll back") return { type: "roll-back", generation: null };
  const older = ledger.replaced.map((record) => record.generation);
  if (kind === "roll back to") return older.length === 0 ? null : { type: "roll-back", generation: random.pick(older) };
  const next = ledger.next === null ? [] : [ledger.next.generation];
  // What is on its way is the more interesting to stop.
  const living = [...(ledger.current === null ? [] : [ledger.current.generation]), ...next, ...next, ...older];
  if (living.length === 0) return null;
  return { type: "revoke", generation: random.pick(living), now: kind === "revoke now" };
}
