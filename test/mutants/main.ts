import { parseArgs } from "node:util";
import { findMutant } from "./find.ts";
import { mutants } from "./mutants.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    list: { type: "boolean", default: false },
  },
});
const print = (line: string) => process.stdout.write(`${line}\n`);

const chosen = mutants.filter(({ name }) => values.only === undefined || name === values.only);
if (chosen.length === 0) {
  process.stderr.write(`no mutant ${values.only}; there are: ${mutants.map(({ name }) => name).join(", ")}\n`);
  process.exitCode = 2;
} else if (values.list) for (const { name, hunt } of mutants) print(`${name.padEnd(52)}${hunt.by}`);
else
  for (const mutant of chosen) {
    const startedMs = performance.now();
    const found = await findMutant(mutant);
    const tookMs = Math.round(performance.now() - startedMs);
    if (values.only !== undefined) for (const line of found?.trace ?? []) print(line);
    const caught = found !== null && mutant.broken.test(found.broken);
    if (!caught) process.exitCode = 1;
    print(
      found === null
        ? `NOT FOUND ${mutant.name} (${tookMs} ms)`
        : `${caught ? "caught" : "FOUND FOR ANOTHER REASON"} ${mutant.name}: ${found.where}, ${tookMs} ms: ${found.broken}`,
    );
  }
