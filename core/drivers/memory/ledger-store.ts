import { PortError } from "../../ports/errors.ts";
import type { LedgerRecord, LedgerStore } from "../../ports/ledger-store.ts";

/** A whole ledger store as one plain value: keeping the reference keeps the world as it was. */
export interface MemoryLedgerState {
  /** Counts saves over all keys, so that no revision is given out twice. */
  readonly serial: number;
  readonly records: Readonly<Record<string, LedgerRecord>>;
}

export interface MemoryLedgerStoreOptions {
  readonly nowMs: () => number;
  /** A world to start from; empty when left out. */
  readonly state?: MemoryLedgerState;
}

const emptyLedgerState: MemoryLedgerState = { serial: 0, records: {} };

/** The record of a key, null when absent. */
function loadRecord(state: MemoryLedgerState, key: string): LedgerRecord | null {
  return (Object.hasOwn(state.records, key) ? state.records[key] : undefined) ?? null;
}

/** The state after a save. Throws `conflict` (`stale-writer`) when `expected` is not what is stored. */
function saveRecord(
  state: MemoryLedgerState,
  key: string,
  expected: string | null,
  text: string,
): { readonly state: MemoryLedgerState; readonly revision: string } {
  const stored = loadRecord(state, key)?.revision ?? null;
  if (stored !== expected) {
    throw new PortError("conflict", `memory: save: ${key} is at ${stored ?? "none"}, not ${expected ?? "none"}`, {
      system: "memory",
      operation: "save",
      reason: "stale-writer",
    });
  }
  const serial = state.serial + 1;
  const revision = `r${serial}`;
  return { state: { serial, records: { ...state.records, [key]: { revision, text } } }, revision };
}

/**
 * A ledger store in memory, for dry runs, contract tests and simulation. `state` is the whole store as
 * one immutable value that may be read, kept and put back; `loadNow` and `saveNow` are the port's
 * methods in one step.
 */
export class MemoryLedgerStore implements LedgerStore {
  state: MemoryLedgerState;
  readonly #nowMs: () => number;

  constructor(options: MemoryLedgerStoreOptions) {
    this.state = options.state ?? emptyLedgerState;
    this.#nowMs = options.nowMs;
  }

  loadNow(key: string): { readonly record: LedgerRecord | null; readonly serverMs: number } {
    return { record: loadRecord(this.state, key), serverMs: this.#nowMs() };
  }

  saveNow(
    key: string,
    expected: string | null,
    text: string,
  ): { readonly revision: string; readonly serverMs: number } {
    const { state, revision } = saveRecord(this.state, key, expected, text);
    this.state = state;
    return { revision, serverMs: this.#nowMs() };
  }

  async load(key: string): Promise<{ readonly record: LedgerRecord | null; readonly serverMs: number }> {
    return this.loadNow(key);
  }

  async save(
    key: string,
    expected: string | null,
    text: string,
  ): Promise<{ readonly revision: string; readonly serverMs: number }> {
    return this.saveNow(key, expected, text);
  }
}
