import { parseArgs } from "node:util";
import { properties } from "./properties.ts";
import { runProperty } from "./property.ts";

const usage = "npm run -s fuzz -- [--runs N] [--seed S] [--only 'NAME'] [--path P] [--list]";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "200" },
    seed: { type: "string" },
    only: { type: "string", multiple: true },
    path: { type: "string" },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const print = (line: string): void => void process.stdout.write(`${line}\n`);
const whole = (text: string, least: number) => {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < least) throw new Error(`whole numbers from ${least}: ${usage}`);
  return number;
};

async function main(): Promise<void> {
  const names = properties.map(({ name }) => name);
  if (values.help) return print(usage);
  if (values.list) return print(names.join("\n"));
  const unknown = values.only?.filter((name) => !names.includes(name)) ?? [];
  if (unknown.length > 0) throw new Error(`no property is called ${unknown.join(", ")}; one of: ${names.join(", ")}`);
  if (values.path !== undefined && (values.only?.length !== 1 || values.seed === undefined))
    throw new Error("--path replays one property: name it with --only, and its --seed");

  const runs = whole(values.runs, 1);
  const seed = whole(values.seed ?? String(Date.now() % 1_000_000_000), -0x80000000);
  const chosen = properties.filter(({ name }) => values.only?.includes(name) ?? true);
  let broken = 0;
  print(`${"property".padEnd(44)}${"runs".padStart(8)}${"seed".padStart(12)}${"seconds".padStart(10)}`);
  for (const property of chosen) {
    const result = await runProperty(property, { runs, seed, path: values.path });
    const figures = `${String(result.runs).padStart(8)}${String(seed).padStart(12)}${result.seconds.toFixed(1).padStart(10)}`;
    print(`${result.name.padEnd(44)}${figures}${result.failure === null ? "" : "  BROKEN"}`);
    if (result.failure === null) continue;
    broken += 1;
    print(result.failure);
  }
  print(`properties ${chosen.length}, broken ${broken}`);
  process.exitCode = broken === 0 ? 0 : 1;
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
