import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { coveredBy } from "./coverage.ts";
import { runSafely, unreached } from "./many.ts";
import { runPool } from "./pool.ts";

const { values } = parseArgs({
  options: {
    histories: { type: "string", default: "1000" },
    seed: { type: "string" },
    workers: { type: "string" },
    story: { type: "boolean", default: false },
  },
});
/** Fewer histories than this need not have reached every transition. */
const coveredFrom = 5_000;

const print = (line: string) => process.stdout.write(`${line}\n`);
const count = (text: string | undefined, otherwise: number) => {
  const number = Number(text ?? otherwise);
  if (!Number.isSafeInteger(number) || number < 1)
    throw new Error("--histories, --seed and --workers take whole numbers from 1");
  return number;
};

const seed = count(values.seed, Math.floor(performance.timeOrigin) % 1_000_000_000);
if (values.story) {
  const result = runSafely(seed, true);
  for (const line of result.story) print(line);
  for (const line of result.broken) print(`BROKEN ${line}`);
  process.exitCode = result.broken.length === 0 ? 0 : 1;
} else {
  const histories = count(values.histories, 1_000);
  const workers = Math.min(count(values.workers, availableParallelism()), histories);
  const result = await runPool({ histories, firstSeed: seed, workers });
  for (const history of result.broken) {
    print(`seed ${history.seed}: ${history.broken.join("; ")}`);
    print(`  replay: npm run -s simulate -- --story --seed ${history.seed}`);
  }
  const table = (title: string, counts: Readonly<Record<string, number>>) => {
    print(title);
    for (const [name, times] of Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
      print(`  ${name.padEnd(46)}${times}`);
  };
  table("faults", result.faults);
  table("states and transitions in saved ledgers", coveredBy(result.reached));
  const blind = unreached(result);
  const isBlind = blind.length > 0 && result.histories >= coveredFrom;
  if (blind.length > 0) print(`never reached: ${blind.join(", ")}`);
  print(
    `first seed ${seed}, ${result.large} large worlds, ${result.calls} calls, ${Math.round(result.wallMs)} ms on ${workers} cores, ${Math.round((result.histories / result.wallMs) * 1000)} histories/s`,
  );
  print(`histories ${result.histories}, broken ${result.broken.length}`);
  process.exitCode = result.broken.length === 0 && !isBlind ? 0 : 1;
}
