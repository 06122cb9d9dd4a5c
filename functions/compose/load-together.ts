import type { LedgerStore } from "../../core/ports/ledger-store.ts";

type Load = ReturnType<LedgerStore["load"]>;

interface Line {
  readonly running: Load;
  /** Begins when that one ends, for all who asked meanwhile. */
  next: Load | null;
}

/**
 * The same ledger, read by one call at a time and key: who asks while one is under way shares the next one. Each
 * still gets what was read after it asked, which is what a Secret that is being made needs; a hand-out of thousands
 * that are missing would else read the ledger as often.
 */
export function loadTogether(ledger: LedgerStore): LedgerStore {
  const lines = new Map<string, Line>();
  const begin = (key: string): Load => {
    const running = ledger.load(key);
    const line: Line = { running, next: null };
    lines.set(key, line);
    const end = () => {
      if (line.next === null) lines.delete(key);
    };
    running.then(end, end);
    return running;
  };
  return {
    load(key) {
      const line = lines.get(key);
      if (line === undefined) return begin(key);
      const again = () => begin(key);
      line.next ??= line.running.then(again, again);
      return line.next;
    },
    save: (key, expected, text) => ledger.save(key, expected, text),
  };
}
