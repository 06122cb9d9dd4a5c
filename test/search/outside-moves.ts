import { homeLedgerKey } from "../../core/engine/context.ts";
import { credential } from "../simulation/world.ts";
import { type Emit, faultsLeft, withFault } from "./budget.ts";
import { at } from "./layout.ts";
import type { Fault } from "./plan.ts";
import { named, type Space } from "./space.ts";

/** What happens to the world without any runner: deletions from outside, restored copies, a site that goes dark. */
export function outsideMoves(space: Space, row: Int32Array, next: Int32Array, emit: Emit): void {
  const happen = (fault: Fault, label: string, place: number, value: number) => {
    if (value === at(row, place)) return;
    withFault(space, row, next, fault);
    next[place] = value;
    emit({ label: () => label, broken: null, restores: fault.startsWith("restored") }, next);
  };
  if (faultsLeft(space, row, "secret-deleted") > 0) deletions(space, row, happen);
  if (faultsLeft(space, row, "restored-ledger") > 0) {
    const place = named(space.layout.ledgers, space.home);
    happen("restored-ledger", "home's ledger is restored from the copy at the beginning", place, oldLedger(space, row));
  }
  if (faultsLeft(space, row, "restored-store") > 0) {
    for (const [site, place] of Object.entries(space.layout.stores)) {
      const now = space.stores.valueOf(at(row, place));
      const { names } = space.stores.valueOf(at(space.start, place));
      const label = `the store of ${site} is restored from the copy at the beginning`;
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

/** Home's record alone is the old one, with the revision it had then; revisions given out since stay used up. */
function oldLedger(space: Space, row: Int32Array): number {
  const place = named(space.layout.ledgers, space.home);
  const now = space.ledgers.valueOf(at(row, place));
  const key = homeLedgerKey({ installation: "sim", credential });
  const old = space.ledgers.valueOf(at(space.start, place)).records[key];
  if (old === undefined) return at(row, place);
  return space.ledgers.idOf({ serial: now.serial, records: { ...now.records, [key]: old } });
}
