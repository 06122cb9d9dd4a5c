import { freshSeed, program, several, wholeNumber } from "../options.ts";
import { properties } from "./properties.ts";
import { runProperty } from "./property.ts";

interface Options {
  readonly runs: number;
  readonly seed?: number;
  readonly only?: readonly string[];
  readonly path?: string;
}

const names = properties.map(({ name }) => name);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

async function run({ runs, only, path, seed = freshSeed() }: Options): Promise<boolean> {
  const chosen = properties.filter(({ name }) => only?.includes(name) ?? true);
  let broken = 0;
  print(`${"property".padEnd(44)}${"runs".padStart(8)}${"seed".padStart(12)}${"seconds".padStart(10)}`);
  for (const property of chosen) {
    const result = await runProperty(property, { runs, seed, path });
    const figures = `${String(result.runs).padStart(8)}${String(seed).padStart(12)}${result.seconds.toFixed(1).padStart(10)}`;
    print(`${result.name.padEnd(44)}${figures}${result.failure === null ? "" : "  BROKEN"}`);
    if (result.failure === null) continue;
    broken += 1;
    print(result.failure);
  }
  print(`properties ${chosen.length}, broken ${broken}`);
  return broken === 0;
}

await program("fuzz", "Properties over all that Capstan reads: taken, or refused by a typed error.", (command) =>
  command
    .option("--runs <n>", "inputs for each property", wholeNumber(), 200)
    .option("--seed <n>", "draws the inputs", wholeNumber(-0x80000000))
    .option("--only <property>", "this property, by its name; may be repeated", several)
    .option("--path <path>", "one counterexample again, as it was printed: with --only and --seed")
    .option("--list", "print the properties")
    .action(async (options: Options & { readonly list?: boolean }) => {
      if (options.list) return print(names.join("\n"));
      const unknown = options.only?.filter((name) => !names.includes(name)) ?? [];
      if (unknown.length > 0)
        throw new Error(`no property is called ${unknown.join(", ")}; one of: ${names.join(", ")}`);
      if (options.path !== undefined && (options.only?.length !== 1 || options.seed === undefined))
        throw new Error("--path replays one property: name it with --only, and its --seed");
      process.exitCode = (await run(options)) ? 0 : 1;
    }),
);
