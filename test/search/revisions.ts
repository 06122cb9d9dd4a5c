import type { MemoryLedgerState } from "../../core/drivers/memory/ledger-store.ts";
import type { CallReply, PortCall } from "../../core/engine/calls.ts";
import type { Part } from "./bench.ts";
import { faultsLeft } from "./budget.ts";
import { copiedRecord, ledgersAtStart } from "./copies.ts";
import { digestKey } from "./digest.ts";
import { at } from "./layout.ts";
import type { Process } from "./process.ts";
import type { Space } from "./space.ts";

/**
 * A ledger's revision only has to differ from every revision that somebody still holds. The driver counts
 * saves, and so would tell apart states that nobody can tell apart; here a revision is named by the text it
 * stands for and by the first number that no live runner (and no copy that may be restored) holds with it.
 */
const nameOf = (text: string, free: number): string => `${digestKey([text])}.${free}`;

export function renameAll(state: MemoryLedgerState): MemoryLedgerState {
  const records = Object.fromEntries(
    Object.entries(state.records).map(([key, { text }]) => [key, { revision: nameOf(text, 0), text }]),
  );
  return { serial: 0, records };
}

type Save = Extract<PortCall, { call: "ledger.save" }>;

/** After a save that succeeded: the record and the reply get the revision's name in place of the driver's count. */
export function renameSaved(
  driver: { state: Part },
  { key, text }: Save,
  free: number,
  serverMs: number | null,
): CallReply {
  const state = driver.state as MemoryLedgerState;
  const revision = nameOf(text, free);
  driver.state = { serial: 0, records: { ...state.records, [key]: { revision, text } } };
  return { ok: true, value: { revision, serverMs } };
}

/** The first number with which a save's text was named by nobody who still knows that name. */
export function freeRevision(space: Space, row: Int32Array, call: PortCall): number {
  if (call.call !== "ledger.save") return 0;
  const held = new Set<string>();
  for (const runner of [...space.layout.runners, space.layout.late]) {
    const id = at(row, runner);
    if (id !== 0) for (const revision of revisionsOf(space.processes.valueOf(id))) held.add(revision);
  }
  if (faultsLeft(space, row, "restored-ledger") > 0) {
    const copied = copiedRecord(space, row);
    if (copied !== null) held.add(copied.revision);
  }
  if (faultsLeft(space, row, "restored-table") > 0)
    for (const { revision } of Object.values(ledgersAtStart(space).records)) held.add(revision);
  let free = 0;
  while (held.has(nameOf(call.text, free))) free += 1;
  return free;
}

const known = new WeakMap<Process, readonly string[]>();

function revisionsOf(process: Process): readonly string[] {
  const before = known.get(process);
  if (before !== undefined) return before;
  const expected = process.calls.map(({ call }) => (call.call === "ledger.save" ? call.expected : null));
  const revisions = [process.runner?.state.revision ?? null, ...expected].filter((revision) => revision !== null);
  known.set(process, revisions);
  return revisions;
}
