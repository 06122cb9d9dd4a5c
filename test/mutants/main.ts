import { program } from "../options.ts";
import { findMutant } from "./find.ts";
import type { Mutant } from "./mutant.ts";
import { mutants } from "./mutants.ts";

const print = (line: string) => process.stdout.write(`${line}\n`);

async function hunt(mutant: Mutant, tellTrace: boolean): Promise<boolean> {
  const startedMs = performance.now();
  const found = await findMutant(mutant);
  const tookMs = Math.round(performance.now() - startedMs);
  if (tellTrace) for (const line of found?.trace ?? []) print(line);
  const caught = found !== null && mutant.broken.test(found.broken);
  print(
    found === null
      ? `NOT FOUND ${mutant.name} (${tookMs} ms)`
      : `${caught ? "caught" : "FOUND FOR ANOTHER REASON"} ${mutant.name}: ${found.where}, ${tookMs} ms: ${found.broken}`,
  );
  return caught;
}

await program(
  "mutants",
  "Breaks the protocol in each of the named ways; search or simulation must notice.",
  (command) =>
    command
      .option("--only <name>", "this one, with the trace it yields")
      .option("--list", "print the names, and who finds each")
      .action(async ({ only, list }: { readonly only?: string; readonly list?: boolean }) => {
        const chosen = mutants.filter(({ name }) => only === undefined || name === only);
        if (chosen.length === 0)
          throw new Error(`no mutant ${only}; there are: ${mutants.map(({ name }) => name).join(", ")}`);
        if (list) {
          for (const { name, hunt: how } of chosen) print(`${name.padEnd(52)}${how.by}`);
          return;
        }
        for (const mutant of chosen) if (!(await hunt(mutant, only !== undefined))) process.exitCode = 1;
      }),
);
