import { type HistoryResult, runHistory } from "./history.ts";

export interface ManyResult {
  readonly histories: number;
  readonly broken: readonly HistoryResult[];
  readonly calls: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly reached: Readonly<Record<string, number>>;
  readonly wallMs: number;
}

/** Every state of the line and of the records: a run that never reached one was blind there. */
const statesToReach = [
  "idle",
  "minting",
  "staged",
  "proven",
  "roll back minting",
  "roll back staged",
  "roll back proven",
  "held",
  "draining",
  "round",
  "retiring",
] as const;

export function unreached(result: ManyResult): readonly string[] {
  return statesToReach.filter((state) => (result.reached[state] ?? 0) === 0);
}

function addAll(sum: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
}

/** Runs histories of consecutive seeds; a throw inside one is a broken history, too. */
export function runMany(histories: number, firstSeed: number, brokenMax = 5): ManyResult {
  const startedMs = performance.now();
  const broken: HistoryResult[] = [];
  const faults: Record<string, number> = {};
  const reached: Record<string, number> = {};
  let calls = 0;
  let made = 0;
  for (let seed = firstSeed; seed < firstSeed + histories && broken.length < brokenMax; seed += 1) {
    const result = runSafely(seed);
    made += 1;
    calls += result.calls;
    addAll(faults, result.faults);
    addAll(reached, result.reached);
    if (result.broken.length > 0) broken.push(result);
  }
  return { histories: made, broken, calls, faults, reached, wallMs: performance.now() - startedMs };
}

export function runSafely(seed: number, tell = false): HistoryResult {
  try {
    return runHistory(seed, tell);
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { seed, broken: [`thrown: ${text}`], story: [], faults: {}, reached: {}, calls: 0 };
  }
}
