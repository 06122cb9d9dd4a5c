import { mutants } from "./mutants.ts";
import { findMutant } from "./run.ts";

const print = (line: string) => process.stdout.write(`${line}\n`);
const [only, seedText] = process.argv.slice(2);
const firstSeed = Number(seedText ?? 1);

for (const mutant of mutants.filter(({ name }) => only === undefined || only === "all" || name === only)) {
  const startedMs = performance.now();
  const found = await findMutant(mutant, firstSeed);
  const tookMs = Math.round(performance.now() - startedMs);
  if (found === null) {
    process.exitCode = 1;
    print(`${mutant.name}: NOT FOUND in ${mutant.histories} histories, ${tookMs} ms`);
  } else
    print(
      `${mutant.name}: history ${found.after} of ${mutant.histories}, seed ${found.seed}, ${tookMs} ms: ${found.broken}`,
    );
}
