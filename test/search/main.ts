import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Plan } from "./plan.ts";
import { closing, heading, lineOf } from "./report.ts";
import { type Counterexample, type SearchResult, search } from "./search.ts";
import { replay } from "./story.ts";
import { smallWorlds, worldCalled, worlds, worldsCalled } from "./worlds/index.ts";

const memoryMiBMax = 1_900;
const print = (line: string) => process.stdout.write(`${line}\n`);

function parse() {
  const { values } = parseArgs({
    options: {
      world: { type: "string", multiple: true },
      small: { type: "boolean", default: false },
      states: { type: "string" },
      seconds: { type: "string", default: "120" },
      "progress-every": { type: "string", default: "1" },
      out: { type: "string", default: tmpdir() },
      replay: { type: "string" },
      list: { type: "boolean", default: false },
    },
  });
  return values;
}

function count(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${name} takes a whole number from 1`);
  return number;
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

function run(values: ReturnType<typeof parse>): boolean {
  const chosen = values.world?.flatMap(worldsCalled) ?? (values.small ? smallWorlds : worlds);
  const progressEvery = count("progress-every", values["progress-every"]);
  const secondsMax = count("seconds", values.seconds);
  const states = values.states === undefined ? null : count("states", values.states);
  print(heading());
  const results: SearchResult[] = [];
  for (const plan of chosen) {
    const statesMax = states ?? plan.statesMax;
    const bounds = { statesMax, secondsMax, memoryMiBMax, progressEvery, nowMs: cpuMs };
    const result = search(plan, bounds);
    results.push(result);
    print(lineOf(result));
    if (result.counterexample === null) continue;
    tell(plan, result.counterexample);
    const file = join(values.out, `capstan-search-${plan.name.replaceAll(/[^a-z0-9]+/g, "-")}.json`);
    writeFileSync(file, `${JSON.stringify(result.counterexample, null, 2)}\n`);
    print(`replay: npm run -s search -- --replay ${file}`);
  }
  print(closing(results, Math.round(process.resourceUsage().maxRSS / 1024)));
  return results.every(({ counterexample }) => counterexample === null);
}

try {
  const values = parse();
  let isGood = true;
  if (values.list) for (const { name, about } of worlds) print(`${name.padEnd(40)}${about}`);
  else isGood = values.replay === undefined ? run(values) : replayFile(values.replay);
  process.exitCode = isGood ? 0 : 1;
} catch (error) {
  process.stderr.write(`search: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
