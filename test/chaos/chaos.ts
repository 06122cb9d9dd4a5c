import { readDemoLedger } from "../../functions/sandbox/demo/ledger-view.ts";
import { seededRandom } from "../../functions/sandbox/demo/random.ts";
import { notClean } from "./clean-fleet.ts";
import { pullEverywhere, startHastyFleet, tickUntilIdle } from "./hasty-fleet.ts";
import { RunnerRequests } from "./requests.ts";
import { type Deeds, type Kill, runAndKill } from "./runner.ts";

const runners = 2;
const tellEveryMs = 10_000;

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  /** Path of `capstan.mjs`. */
  readonly entry: string;
  /** A line of progress. */
  readonly say: (line: string) => void;
}

export interface ChaosReport {
  readonly seed: number;
  readonly kills: number;
  readonly killsByCommand: Readonly<Record<string, number>>;
  /** State of the line → kills. */
  readonly killsByLine: Readonly<Record<string, number>>;
  /** States of the replaced generations → kills. */
  readonly killsByRecords: Readonly<Record<string, number>>;
  /** Exit code → processes that were not killed. */
  readonly ends: Readonly<Record<string, number>>;
  readonly promotions: number;
  readonly pulls: number;
  readonly failedPulls: number;
  readonly robotsLeft: number;
  /** Ticks after the last kill until nothing was left to do. */
  readonly ticksToRest: number;
  readonly wallMs: number;
  /** What did not hold, in words; empty: everything held. */
  readonly broken: readonly string[];
}

function countBy(kills: readonly Kill[], by: keyof Kill): Readonly<Record<string, number>> {
  return Object.fromEntries([...Map.groupBy(kills, (kill) => kill[by])].map(([key, all]) => [key, all.length]));
}

/** Two runners that are killed again and again over one sandbox in which pods pull, then ticks until it rests. */
export async function runChaos({ kills, seed, entry, say }: ChaosOptions): Promise<ChaosReport> {
  const startedMs = performance.now();
  const fleet = await startHastyFleet(entry);
  const deeds: Deeds = { kills: [], ends: new Map(), unexpected: [], sent: 0 };
  const first = await fleet.capstan.run(["rotate", "--wait", "--timeout", "5m"]);
  if (first.code !== 0) throw new Error(`the first generation is not handed out: ${first.err}`);
  const requests = new RunnerRequests(fleet.sandbox.faults);
  await fleet.capstan.run(["tick"]);
  const requestsOfTick = requests.count;
  const pullers = pullEverywhere(fleet);
  const telling = setInterval(() => {
    const { pulls, failed } = pullers.stats();
    say(`${deeds.kills.length} kills, ${pulls} pulls, ${failed} failed`);
  }, tellEveryMs);
  try {
    const random = seededRandom(seed);
    const seeds = Array.from({ length: runners }, () => Math.floor(random() * 2 ** 32));
    const chances = (own: number) => ({ requests, requestsOfTick, random: seededRandom(own) });
    await Promise.all(seeds.map((own) => runAndKill(fleet, chances(own), deeds, kills)));
    const broken = [...deeds.unexpected];
    const codes = await tickUntilIdle(fleet).catch((error: Error) => {
      broken.push(error.message);
      return [];
    });
    await pullers.stop();
    broken.push(...notClean(fleet), ...printed(() => fleet.capstan.expectSilent(fleet.secrets())));
    const { pulls, failed, failures } = pullers.stats();
    if (pulls === 0) broken.push("nobody pulled");
    for (const { cluster, namespace, causes } of failures.slice(0, 5))
      broken.push(`a pull failed: ${cluster}/${namespace}: ${causes.map(({ detail }) => detail).join("; ")}`);
    return {
      seed,
      kills: deeds.kills.length,
      killsByCommand: countBy(deeds.kills, "command"),
      killsByLine: countBy(deeds.kills, "line"),
      killsByRecords: countBy(deeds.kills, "records"),
      ends: Object.fromEntries(deeds.ends),
      promotions: readDemoLedger(fleet.sandbox, "sandbox", "platform-pull")?.epoch ?? 0,
      pulls,
      failedPulls: failed,
      robotsLeft: fleet.robots().length,
      ticksToRest: codes.length,
      wallMs: Math.round(performance.now() - startedMs),
      broken,
    };
  } finally {
    clearInterval(telling);
    await pullers.stop();
    await fleet.close();
  }
}

function printed(look: () => void): readonly string[] {
  try {
    look();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
