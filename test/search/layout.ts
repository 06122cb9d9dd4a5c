import type { Fault, Plan } from "./plan.ts";

/** Which number of a row stands for which part of a world's state. */
export interface Layout {
  readonly registry: number;
  readonly stores: Readonly<Record<string, number>>;
  readonly ledgers: Readonly<Record<string, number>>;
  readonly clusters: Readonly<Record<string, number>>;
  /** Minutes since the search began. */
  readonly minutes: number;
  /** 1: the last site is cut off from home for ever. */
  readonly dark: number;
  /** All above is outside of the runners. */
  readonly outside: number;
  readonly runners: readonly number[];
  /** A write that nobody waits for any more, and that has not arrived yet. */
  readonly late: number;
  /** Ticks ever started. */
  readonly ticks: Readonly<Record<string, number>>;
  /** Bit by bit: which jumps were made. */
  readonly jumps: number;
  readonly events: number;
  readonly faults: Readonly<Partial<Record<Fault, number>>>;
  readonly faultsAll: number;
  /** The state of a site's store before its last change that readers see; kept while a stale read may come. */
  readonly past: Readonly<Record<string, number>>;
  /** Each record of a ledger store as it was before its last save; kept while a stale load may come. */
  readonly pastLedgers: Readonly<Record<string, number>>;
  /** The rounds that a site has ever echoed, whatever its report says by now. */
  readonly echoes: Readonly<Record<string, number>>;
  /** Home's ledger as it was when the backup was taken; 0: it is the one at the beginning. */
  readonly copy: number;
  readonly width: number;
}

export function layoutOf(plan: Plan): Layout {
  let width = 0;
  const next = () => {
    width += 1;
    return width - 1;
  };
  const each = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, next()]));
  const registry = next();
  const stores = each(plan.sites);
  const ledgers = each(plan.sites);
  const clusters = each(Object.keys(plan.clusters));
  const minutes = next();
  const dark = next();
  const outside = width;
  const runners = Array.from({ length: plan.runners }, next);
  const late = next();
  const ticks = each(plan.sites);
  const jumps = next();
  const events = next();
  const faults = each(Object.keys(plan.faults)) as Layout["faults"];
  const faultsAll = next();
  const past = each(plan.faults.stale ? plan.sites : []);
  const pastLedgers = each(plan.faults["stale-ledger"] ? plan.sites : []);
  const echoes = each(plan.sites);
  const copy = next();
  return {
    registry,
    stores,
    ledgers,
    clusters,
    minutes,
    dark,
    outside,
    runners,
    late,
    ticks,
    jumps,
    events,
    faults,
    faultsAll,
    past,
    pastLedgers,
    echoes,
    copy,
    width,
  };
}

/** A number of a row; out of the row is a mistake of ours. */
export function at(row: Int32Array, index: number | undefined): number {
  const value = index === undefined ? undefined : row[index];
  if (value === undefined) throw new Error("not a number of this row");
  return value;
}
