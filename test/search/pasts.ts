import type { PortCall } from "../../core/engine/calls.ts";
import { at } from "./layout.ts";
import type { Fault } from "./plan.ts";
import { named, type Space } from "./space.ts";

/** Where the past of what this call reads is kept; null: it is never answered from the past. */
export function pastOf(space: Space, call: PortCall): { readonly place: number; readonly fault: Fault } | null {
  const { past, pastLedgers } = space.layout;
  const isStore = call.call === "store.readCurrent" || call.call === "store.readRound";
  const place = isStore ? past[call.on] : call.call === "ledger.load" ? pastLedgers[call.on] : undefined;
  return place === undefined ? null : { place, fault: isStore ? "stale" : "stale-ledger" };
}

/** The record as it was before this save, beside what was kept of the others. */
export function keepPast(
  space: Space,
  next: Int32Array,
  call: Extract<PortCall, { call: "ledger.save" }>,
  before: number,
): void {
  const place = named(space.layout.pastLedgers, call.on);
  const kept = at(next, place) === 0 ? {} : space.ledgers.valueOf(at(next, place)).records;
  const was = space.ledgers.valueOf(before).records;
  const { [call.key]: _old, ...others } = { ...was, ...kept };
  const record = was[call.key];
  next[place] = space.ledgers.idOf({
    serial: 0,
    records: record === undefined ? others : { ...others, [call.key]: record },
  });
}
