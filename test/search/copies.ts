import type { MemoryLedgerState } from "../../core/drivers/memory/ledger-store.ts";
import { homeLedgerKey } from "../../core/engine/context.ts";
import type { LedgerRecord } from "../../core/ports/ledger-store.ts";
import { credential } from "../simulation/world.ts";
import { at } from "./layout.ts";
import { named, type Space } from "./space.ts";

export const homeKey = homeLedgerKey({ installation: "sim", credential });

export function ledgersAtStart(space: Space): MemoryLedgerState {
  return space.ledgers.valueOf(at(space.start, named(space.layout.ledgers, space.home)));
}

/** Home's record in the backup that would be restored now; null: there was none when it was taken. */
export function copiedRecord(space: Space, row: Int32Array): LedgerRecord | null {
  const place = named(space.layout.ledgers, space.home);
  const id = at(row, space.layout.copy) || at(space.start, place);
  const record = space.ledgers.valueOf(id).records[homeKey] ?? null;
  return record !== null && space.plan.newRevision ? { ...record, revision: `${record.revision} restored` } : record;
}
