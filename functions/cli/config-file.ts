import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Config } from "../../core/config/complete.ts";
import { formatProblem } from "../../core/config/problem.ts";
import type { CliContext } from "./actions.ts";
import { exitCode } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

export interface ConfigFile {
  /** Absolute. */
  readonly path: string;
  readonly config: Config;
}

const fileName = "capstan.yaml";

/** `--config` (or CAPSTAN_CONFIG) > ./capstan.yaml > $XDG_CONFIG_HOME/capstan/config.yaml > /etc/xdg/capstan/config.yaml. */
export function findConfigFile(context: Pick<CliContext, "configPath" | "env">): string {
  if (context.configPath !== null) return resolve(context.configPath);
  const home = context.env["HOME"] ?? "";
  const user = context.env["XDG_CONFIG_HOME"] || join(home, ".config");
  const places = [resolve(fileName), join(user, "capstan", "config.yaml"), "/etc/xdg/capstan/config.yaml"];
  // When there is none, the complaint names the first place.
  return places.find((path) => existsSync(path)) ?? resolve(fileName);
}

/** Reads the configuration; throws `Failure` 78 with all problems when it is refused. */
export async function readConfigFile(
  context: Pick<CliContext, "configPath" | "env" | "progress">,
): Promise<ConfigFile> {
  // zod and yaml cost 30 ms: not before a command needs them.
  const { loadConfig } = await import("../../core/config/load.ts");
  const path = findConfigFile(context);
  const loaded = loadConfig({ path, readFile: (file) => readFileSync(file, "utf8"), env: context.env });
  for (const notice of loaded.notices) context.progress(formatProblem(notice));
  if (loaded.config !== null) return { path, config: loaded.config };
  const lines = loaded.problems.map(formatProblem);
  throw new Failure(exitCode.configuration, ["configuration refused", ...lines].join("\n"), loaded.problems);
}
