import { statesToReach, transitionsToReach } from "./coverage.ts";
import { type Aim, History, type HistoryResult } from "./history.ts";

export interface ManyResult {
  readonly histories: number;
  readonly large: number;
  readonly broken: readonly HistoryResult[];
  readonly calls: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly reached: Readonly<Record<string, number>>;
}

/** A run that never reached one of these was blind there. */
export function unreached(result: Pick<ManyResult, "reached">): readonly string[] {
  return [...statesToReach, ...transitionsToReach].filter((name) => (result.reached[name] ?? 0) === 0);
}

function add(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

export const nothingRun: ManyResult = { histories: 0, large: 0, broken: [], calls: 0, faults: {}, reached: {} };

export function addRuns(a: ManyResult, b: ManyResult): ManyResult {
  return {
    histories: a.histories + b.histories,
    large: a.large + b.large,
    broken: [...a.broken, ...b.broken],
    calls: a.calls + b.calls,
    faults: add(a.faults, b.faults),
    reached: add(a.reached, b.reached),
  };
}

/** Runs histories of consecutive seeds, until so many are broken; a throw inside one is a broken history, too. */
export function runMany(histories: number, firstSeed: number, brokenMax = 5, aim: Aim = {}): ManyResult {
  let sum = nothingRun;
  for (let seed = firstSeed; seed < firstSeed + histories && sum.broken.length < brokenMax; seed += 1) {
    const { broken, calls, faults, reached, large, ...rest } = runSafely(seed, false, aim);
    const one = broken.length === 0 ? [] : [{ broken, calls, faults, reached, large, ...rest }];
    sum = addRuns(sum, { histories: 1, large: large ? 1 : 0, broken: one, calls, faults, reached });
  }
  return sum;
}

/** A throw is a broken history, too, with its story as far as it went. */
export function runSafely(seed: number, tell = false, aim: Aim = {}): HistoryResult {
  let story: readonly string[] = [];
  try {
    const history = new History(seed, tell, aim);
    story = history.story;
    return history.run();
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { seed, large: false, broken: [`thrown: ${text}`], story, faults: {}, reached: {}, calls: 0 };
  }
}
