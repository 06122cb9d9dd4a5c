import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Plan } from "./plan.ts";
import { type Counterexample, type SearchResult, search } from "./search.ts";
import { replay } from "./story.ts";
import { smallWorlds, worldCalled, worlds } from "./worlds/index.ts";

const { values } = parseArgs({
  options: {
    world: { type: "string", multiple: true },
    states: { type: "string" },
    seconds: { type: "string", default: "120" },
    "progress-every": { type: "string", default: "1" },
    out: { type: "string", default: tmpdir() },
    replay: { type: "string" },
    small: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
});
const print = (line: string) => process.stdout.write(`${line}\n`);
const count = (name: string, text: string) => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${name} takes a whole number from 1`);
  return number;
};

/** Prints it as a story; the file holds the names of its transitions, which `--replay` makes again. */
function tell(plan: Plan, found: Counterexample): void {
  const { lines, broken } = replay(plan, found);
  for (const line of lines) print(line);
  for (const line of broken) print(`BROKEN ${line}`);
}

function line(result: SearchResult): string {
  const { plan, states, transitions, depth, seconds, boundedBy, progressJudged, roundsSeenMax, counterexample } =
    result;
  const how = counterexample !== null ? "BROKEN" : boundedBy === null ? "to the end" : `bounded by ${boundedBy}`;
  return [
    plan.name.padEnd(28),
    String(states).padStart(9),
    String(transitions).padStart(11),
    String(depth).padStart(6),
    seconds.toFixed(1).padStart(8),
    `${progressJudged}/${roundsSeenMax}`.padStart(12),
    `  ${how}`,
  ].join("");
}

if (values.list) {
  for (const { name, about } of worlds) print(`${name.padEnd(28)}${about}`);
} else if (values.replay !== undefined) {
  const file = JSON.parse(readFileSync(values.replay, "utf8")) as Counterexample;
  tell(worldCalled(file.world), file);
} else {
  const chosen = values.world?.map(worldCalled) ?? (values.small ? smallWorlds : worlds);
  const progressEvery = count("progress-every", values["progress-every"]);
  const secondsMax = count("seconds", values.seconds);
  const heads = ["states".padStart(9), "transitions".padStart(11), "depth".padStart(6), "seconds".padStart(8)];
  print(`${"world".padEnd(28)}${heads.join("")}${"rests/rounds".padStart(12)}`);
  let broken = 0;
  let bounded = 0;
  for (const plan of chosen) {
    const statesMax = values.states === undefined ? plan.statesMax : count("states", values.states);
    const result = search(plan, { statesMax, secondsMax, progressEvery, nowMs: () => performance.now() });
    print(line(result));
    if (result.boundedBy !== null) bounded += 1;
    if (result.counterexample === null) continue;
    broken += 1;
    tell(plan, result.counterexample);
    const file = join(values.out, `capstan-search-${plan.name}.json`);
    writeFileSync(file, `${JSON.stringify(result.counterexample, null, 2)}\n`);
    print(`replay: npm run -s search -- --replay ${file}`);
  }
  const memoryMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  print(
    `worlds ${chosen.length}, to the end ${chosen.length - bounded - broken}, bounded ${bounded}, broken ${broken}, memory at most ${memoryMiB} MiB`,
  );
  process.exitCode = broken === 0 ? 0 : 1;
}
