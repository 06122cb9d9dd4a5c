import { type Command, Option } from "commander";
import { exitCode } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import type { CliIo } from "./io.ts";

export interface GlobalFlags {
  readonly configPath: string | null;
  readonly output: "table" | "json";
  readonly color: boolean;
  readonly quiet: boolean;
  readonly debug: boolean;
  readonly ascii: boolean;
}

const outputs = ["table", "json"] as const;

/** Understood before and after the command's name. */
export function addGlobalFlags(program: Command, version: string): void {
  program
    .version(version, "--version", "print the version")
    .option("-c, --config <path>", "configuration file (or CAPSTAN_CONFIG); ./capstan.yaml when not given")
    .addOption(new Option("-o, --output <format>", "how data is printed (or CAPSTAN_OUTPUT)").choices(outputs))
    .option("--no-color", "no colours (NO_COLOR and FORCE_COLOR are honoured too)")
    .option("--ascii", "no characters beyond ASCII")
    .option("-q, --quiet", "no progress on stderr")
    .option("--debug", "more on stderr")
    .helpOption("-h, --help", "print help");
}

/** Flag before environment. Throws `Failure` 64. */
export function readGlobalFlags(options: Readonly<Record<string, unknown>>, env: CliIo["env"]): GlobalFlags {
  const output = options["output"] ?? (env["CAPSTAN_OUTPUT"] || "table");
  const known = outputs.find((one) => one === output);
  if (known === undefined) throw new Failure(exitCode.usage, `CAPSTAN_OUTPUT: write one of ${outputs.join(", ")}`);
  const config = options["config"] ?? env["CAPSTAN_CONFIG"];
  return {
    configPath: typeof config === "string" && config !== "" ? config : null,
    output: known,
    color: options["color"] !== false,
    quiet: options["quiet"] === true,
    debug: options["debug"] === true,
    ascii: options["ascii"] === true,
  };
}
