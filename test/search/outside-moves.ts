import type { LedgerRecord } from "../../core/ports/ledger-store.ts";
import { rightsLeft } from "../simulation/rights.ts";
import { type Emit, faultsLeft, withFault } from "./budget.ts";
import { copiedRecord, homeKey } from "./copies.ts";
import { at } from "./layout.ts";
import type { Fault } from "./plan.ts";
import { named, type Space } from "./space.ts";

/** What happens to the world without any runner: deletions from outside, restored copies, a site that goes dark. */
export function outsideMoves(space: Space, row: Int32Array, next: Int32Array, emit: Emit): void {
  const happen = (fault: Fault, label: string, place: number, value: number) => {
    if (value === at(row, place)) return;
    withFault(space, row, next, fault);
    next[place] = value;
    emit({ label: () => label, broken: null, restores: /^restored|^lost-ledger$/.test(fault) }, next);
  };
  if (faultsLeft(space, row, "secret-deleted") > 0) deletions(space, row, happen);
  if (faultsLeft(space, row, "rights") > 0) {
    const state = space.registries.valueOf(at(row, space.layout.registry));
    for (const [i, permissions] of rightsLeft.entries()) {
      const left = { ...state, issuer: { ...state.issuer, permissions } };
      happen("rights", `the issuer is left with rights ${i}`, space.layout.registry, space.registries.idOf(left));
    }
  }
  if (faultsLeft(space, row, "restored-ledger") > 0) {
    takeCopy(space, row, next, emit);
    const copied = copiedRecord(space, row);
    const isQuiet = space.layout.runners.every((runner) => at(row, runner) === 0);
    if (copied !== null && (isQuiet || !space.plan.quietRestore))
      happen("restored-ledger", "home's ledger is restored", homeLedgers(space), withRecord(space, row, copied));
  }
  if (faultsLeft(space, row, "restored-table") > 0) {
    const place = homeLedgers(space);
    happen("restored-table", "all ledgers of home are restored", place, at(space.start, place));
  }
  if (faultsLeft(space, row, "lost-ledger") > 0)
    happen("lost-ledger", "home's ledger is lost", homeLedgers(space), withRecord(space, row, null));
  if (faultsLeft(space, row, "restored-store") > 0) {
    for (const [site, place] of Object.entries(space.layout.stores)) {
      const now = space.stores.valueOf(at(row, place));
      const { names } = space.stores.valueOf(at(space.start, place));
      const label = `the store of ${site} is restored to what it was at the beginning`;
      happen("restored-store", label, place, space.stores.idOf({ serial: now.serial, names }));
    }
  }
  if (faultsLeft(space, row, "dark") > 0) happen("dark", `${space.plan.sites.at(-1)} goes dark`, space.layout.dark, 1);
}

type Happen = (fault: Fault, label: string, place: number, value: number) => void;

function deletions(space: Space, row: Int32Array, happen: Happen): void {
  for (const [name, place] of Object.entries(space.layout.clusters)) {
    const id = at(row, place);
    const cluster = named(space.bench.world.ports.clusters, name);
    for (const { namespace, name: secret } of Object.values(space.clusters.valueOf(id).secrets)) {
      cluster.state = space.clusters.valueOf(id);
      cluster.deleteSecretOutside(namespace, secret);
      const label = `somebody deletes the Secret ${name}/${namespace}/${secret}`;
      happen("secret-deleted", label, place, space.clusters.idOf(cluster.state));
    }
  }
}

/** Home's record alone is the old one, with the revision it had then; null: it is gone. */
function withRecord(space: Space, row: Int32Array, record: LedgerRecord | null): number {
  const { [homeKey]: _now, ...others } = space.ledgers.valueOf(at(row, homeLedgers(space))).records;
  return space.ledgers.idOf({ serial: 0, records: record === null ? others : { ...others, [homeKey]: record } });
}

const homeLedgers = (space: Space): number => named(space.layout.ledgers, space.home);

/** Once, at any moment: what stands in home's ledger now is what would come back. */
function takeCopy(space: Space, row: Int32Array, next: Int32Array, emit: Emit): void {
  if (!space.plan.copyAnytime || at(row, space.layout.copy) !== 0) return;
  next.set(row);
  next[space.layout.copy] = at(row, homeLedgers(space));
  emit({ label: () => "a backup of home's ledger is taken", broken: null, restores: false }, next);
}
