import { playedSitesOf } from "../../core/app/settings.ts";
import type { Tools } from "../../core/app/tools.ts";
import { lookup } from "../../core/config/lookup.ts";
import { createSecretSource } from "../compose/secrets.ts";
import { composeTools } from "../compose/tools.ts";
import type { CliContext } from "./actions.ts";
import type { ConfigFile } from "./config-file.ts";
import { createTickLog } from "./tick-log.ts";
import type { CallKinds } from "./verdict.ts";

/** One call of the CLI with everything outside that it may reach. */
export interface Session {
  readonly context: CliContext;
  readonly tools: Tools;
  /** How each call of a tick last ended; what exit statuses are made from. */
  readonly kinds: CallKinds;
}

/** Puts the drivers together for these sites' runners. Nothing is asked yet: what cannot be reached fails its own calls. */
export function openSession(context: CliContext, file: ConfigFile, sites: readonly string[]): Session {
  const secrets = createSecretSource({ ...context.env });
  const kinds = new Map<string, string>();
  const log = createTickLog(context, (text) => secrets.scrub(text), kinds);
  const tools = composeTools({ config: file.config, sites, env: { ...context.env }, secrets, log });
  return { context, tools, kinds };
}

/** All sites whose runners a whole rotation of these credentials needs. */
export function allSitesOf(file: ConfigFile, credentials: readonly string[]): readonly string[] {
  const sites = credentials.flatMap((name) => {
    const credential = lookup(file.config.credentials, name);
    return credential === undefined ? [] : playedSitesOf(file.config, credential);
  });
  return [...new Set(sites)];
}
