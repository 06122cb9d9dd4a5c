import type { CliContext } from "./actions.ts";

/** A command line to try next, with the configuration that this call was given. */
export function commandLine(context: Pick<CliContext, "configPath">, command: string): string {
  const { configPath } = context;
  if (configPath === null) return `capstan ${command}`;
  const path = /^[\w./~@+-]+$/.test(configPath) ? configPath : `'${configPath.replaceAll("'", `'\\''`)}'`;
  return `capstan --config ${path} ${command}`;
}
