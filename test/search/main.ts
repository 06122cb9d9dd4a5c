import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { program, several, wholeNumber } from "../options.ts";
import type { Plan } from "./plan.ts";
import { closing, heading, lineOf } from "./report.ts";
import { type Counterexample, type SearchResult, search } from "./search.ts";
import { replay } from "./story.ts";
import { smallWorlds, worldCalled, worlds, worldsCalled } from "./worlds/index.ts";

const memoryMiBMax = 1_900;
const print = (line: string) => process.stdout.write(`${line}\n`);

interface Options {
  readonly world?: readonly string[];
  readonly small: boolean;
  readonly states?: number;
  readonly seconds: number;
  readonly progressEvery: number;
  readonly out: string;
}

/** The processor's time, so that a loaded machine searches as far as an idle one. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Prints it as a story; the file holds the names of its transitions, which `--replay` makes again. */
function tell(plan: Plan, found: Pick<Counterexample, "moves">): boolean {
  const { lines, broken } = replay(plan, found);
  for (const line of lines) print(line);
  for (const line of broken) print(`BROKEN ${line}`);
  return broken.length > 0;
}

function replayFile(path: string): boolean {
  const file = JSON.parse(readFileSync(path, "utf8")) as Partial<Counterexample>;
  if (typeof file.world !== "string" || !Array.isArray(file.moves))
    throw new Error(`${path} is no counterexample of the search: it has no world and moves`);
  const isBroken = tell(worldCalled(file.world), { moves: file.moves });
  if (!isBroken) print("nothing is broken on this way");
  return !isBroken;
}

function run(options: Options): boolean {
  const chosen = options.world?.flatMap(worldsCalled) ?? (options.small ? smallWorlds : worlds);
  const { seconds: secondsMax, progressEvery } = options;
  print(heading());
  const results: SearchResult[] = [];
  for (const plan of chosen) {
    const statesMax = options.states ?? plan.statesMax;
    const bounds = { statesMax, secondsMax, memoryMiBMax, progressEvery, nowMs: cpuMs };
    const result = search(plan, bounds);
    results.push(result);
    print(lineOf(result));
    if (result.counterexample === null) continue;
    tell(plan, result.counterexample);
    const file = join(options.out, `capstan-search-${plan.name.replaceAll(/[^a-z0-9]+/g, "-")}.json`);
    writeFileSync(file, `${JSON.stringify(result.counterexample, null, 2)}\n`);
    print(`replay: npm run -s search -- --replay ${file}`);
  }
  print(closing(results, Math.round(process.resourceUsage().maxRSS / 1024)));
  return results.every(({ counterexample }) => counterexample === null);
}

await program(
  "search",
  "Tries every order of effects in small worlds and checks the promises in each state.",
  (command) =>
    command
      .option("--world <name>", "only this world; * stands for anything, may be repeated", several)
      .option("--small", "the worlds of npm test", false)
      .option("--seconds <n>", "processor time for one world", wholeNumber(), 120)
      .option("--states <n>", "states of one world at most", wholeNumber())
      .option("--progress-every <n>", "judge progress from every n-th state", wholeNumber(), 1)
      .option("--out <folder>", "where counterexamples are written", tmpdir())
      .option("--replay <file>", "make a counterexample again, step by step")
      .option("--list", "print the worlds")
      .action((options: Options & { readonly replay?: string; readonly list?: boolean }) => {
        let isGood = true;
        if (options.list) for (const { name, about } of worlds) print(`${name.padEnd(40)}${about}`);
        else isGood = options.replay === undefined ? run(options) : replayFile(options.replay);
        process.exitCode = isGood ? 0 : 1;
      }),
);
