import { availableParallelism } from "node:os";
import { Option } from "commander";
import type { Strategy } from "../../core/protocol/state.ts";
import { freshSeed, program, wholeNumber } from "../options.ts";
import { coveredBy } from "./coverage.ts";
import type { Aim } from "./history.ts";
import { runSafely, unreached } from "./many.ts";
import { runPool } from "./pool.ts";

/** Fewer histories than this need not have reached every transition. */
const coveredFrom = 5_000;

const print = (line: string) => process.stdout.write(`${line}\n`);

interface Options {
  readonly histories: number;
  readonly seed: number;
  readonly workers: number;
  readonly strategy: Strategy | "auto";
}

/** Histories of the default strategy are left to their seeds alone. */
const aimOf = ({ strategy }: Options): Aim => (strategy === "generations" ? {} : { shape: { strategy } });

function story(options: Options): boolean {
  const result = runSafely(options.seed, true, aimOf(options));
  for (const line of result.story) print(line);
  for (const line of result.broken) print(`BROKEN ${line}`);
  return result.broken.length === 0;
}

async function run(options: Options): Promise<boolean> {
  const { histories, seed, strategy } = options;
  const how = strategy === "generations" ? "" : ` --strategy ${strategy}`;
  const workers = Math.min(options.workers, histories);
  const result = await runPool({ histories, firstSeed: seed, workers, aim: aimOf(options) });
  for (const history of result.broken) {
    print(`seed ${history.seed}: ${history.broken.join("; ")}`);
    print(`  replay: npm run -s simulate -- --story --seed ${history.seed}${how}`);
  }
  table("faults", result.faults);
  table("states and transitions in saved ledgers", coveredBy(result.reached));
  const blind = unreached(result);
  const isBlind = blind.length > 0 && result.histories >= coveredFrom;
  if (blind.length > 0) print(`never reached: ${blind.join(", ")}`);
  print(
    `first seed ${seed}, ${result.large} large worlds, ${result.calls} calls, ${Math.round(result.wallMs)} ms on ${workers} cores, ${Math.round((result.histories / result.wallMs) * 1000)} histories/s`,
  );
  print(`histories ${result.histories}, broken ${result.broken.length}`);
  return result.broken.length === 0 && !isBlind;
}

function table(title: string, counts: Readonly<Record<string, number>>): void {
  print(title);
  for (const [name, times] of Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)))
    print(`  ${name.padEnd(46)}${times}`);
}

await program("simulate", "Random histories of large worlds in virtual time, each from a seed.", (command) =>
  command
    .option("--histories <n>", "how many, from the first seed on", wholeNumber(), 1_000)
    .option("--seed <n>", "the first seed", wholeNumber(), freshSeed())
    .option("--workers <n>", "cores", wholeNumber(), availableParallelism())
    .addOption(
      new Option("--strategy <name>", "of all credentials")
        .choices(["generations", "alternating", "in-place", "auto"])
        .default("generations"),
    )
    .option("--story", "tell the one history of --seed")
    .action(async (options: Options & { readonly story?: boolean }) => {
      const isGood = options.story ? story(options) : await run(options);
      process.exitCode = isGood ? 0 : 1;
    }),
);
