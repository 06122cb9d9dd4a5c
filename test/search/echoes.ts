import { parseSiteLedger } from "../../core/engine/ledger-text.ts";
import type { SiteLedger } from "../../core/protocol/site-state.ts";
import { homeKey } from "./copies.ts";
import { at } from "./layout.ts";
import { named, type Space } from "./space.ts";

/** Rounds that a site has echoed: by a report of a complete look in which everything was served. */
export interface Echoes {
  readonly rounds: readonly string[];
}

/** What a site's ledger says in a state, whatever a runner may have read of it. */
export function siteLedgerIn(space: Space, row: Int32Array, site: string): SiteLedger | null {
  const place = named(space.layout.ledgers, site);
  const record = space.ledgers.valueOf(at(row, place)).records[`${homeKey}@site/${site}`];
  return record === undefined ? null : parseSiteLedger(record.text);
}

export function echoedRounds(space: Space, row: Int32Array, site: string): readonly string[] {
  const id = at(row, named(space.layout.echoes, site));
  return id === 0 ? [] : space.echoes.valueOf(id).rounds;
}

/** After a site's ledger was written: an echo is kept, since a later report (of an older look) may take its place. */
export function noteEcho(space: Space, next: Int32Array, site: string): void {
  const report = siteLedgerIn(space, next, site)?.report;
  if (report?.round == null || !report.complete || report.served < report.wanted) return;
  const before = echoedRounds(space, next, site);
  if (before.includes(report.round)) return;
  next[named(space.layout.echoes, site)] = space.echoes.idOf({ rounds: [...before, report.round].sort() });
}
