import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Log } from "../../core/app/log.ts";
import type { Tools } from "../../core/app/tools.ts";
import type { Config } from "../../core/config/complete.ts";
import { loadConfig } from "../../core/config/load.ts";
import { formatProblem } from "../../core/config/problem.ts";
import { SetupRefused } from "./function-failure.ts";
import type { JsonLog } from "./json-log.ts";
import type { SecretSource } from "./secrets.ts";
import { composeTools } from "./tools.ts";

const fileName = "capstan.yaml";

export interface DeployedToolsOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Folder of the bundle. */
  readonly bundleFolder: string;
  readonly secrets: SecretSource;
  readonly log: JsonLog;
}

export interface DeployedTools {
  readonly tools: Tools;
  /** Sites whose runners this function plays. */
  readonly sites: readonly string[];
}

/**
 * Tools of a deployed function, made at the first call and kept while the configuration's text is the
 * same. A file refused later on is named in the log and the last good one goes on (rotation.md, "Due").
 * Throws `SetupRefused`.
 */
export function createDeployedTools(options: DeployedToolsOptions): () => Promise<DeployedTools> {
  const path = configPath(options);
  let seen: string | null = null;
  let good: Promise<DeployedTools> | null = null;
  return async () => {
    const text = readText(path);
    if (good !== null && (text === seen || text === null)) return good;
    const before = good;
    const made = make(options, path, text);
    good = made;
    seen = text;
    try {
      return await made;
    } catch (error) {
      good = before;
      if (before === null || !(error instanceof SetupRefused)) {
        // Tried again by the next invocation.
        seen = null;
        throw error;
      }
      const message = [error.message, ...error.problems].join("\n");
      options.log({
        level: "error",
        message: `${message}\nthe last good configuration goes on`,
        code: "configuration",
      });
      return before;
    }
  };
}

/** CAPSTAN_CONFIG > ./capstan.yaml > capstan.yaml beside the bundle. */
function configPath({ env, bundleFolder }: DeployedToolsOptions): string {
  const named = env["CAPSTAN_CONFIG"];
  if (named !== undefined && named !== "") return resolve(named);
  const places = [resolve(fileName), join(bundleFolder, fileName)];
  return places.find((place) => existsSync(place)) ?? resolve(fileName);
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // `loadConfig` says why.
    return null;
  }
}

async function make(options: DeployedToolsOptions, path: string, text: string | null): Promise<DeployedTools> {
  const { env, secrets, log } = options;
  const readFile = text === null ? (file: string) => readFileSync(file, "utf8") : () => text;
  const { config, problems } = loadConfig({ path, readFile, env });
  if (config === null) throw new SetupRefused("configuration refused", problems.map(formatProblem));
  const sites = [siteOf(config, env)];
  const coreLog: Log = (line) => log(line);
  return { tools: composeTools({ config, sites, env, secrets, log: coreLog }), sites };
}

function siteOf(config: Config, env: NodeJS.ProcessEnv): string {
  const site = env["CAPSTAN_SITE"];
  const known = Object.keys(config.sites).join(", ");
  if (site === undefined || site === "")
    throw new SetupRefused(`CAPSTAN_SITE is not set: name the site whose runner this is (${known})`);
  if (!Object.hasOwn(config.sites, site))
    throw new SetupRefused(`CAPSTAN_SITE names no site of the configuration (${known})`);
  return site;
}
