import { Command, Option } from "commander";
import type { ActionLoaders, CliContext, CliResult, CommandName } from "./actions.ts";
import { createPaint, wantsColour } from "./colour.ts";
import type { CommandDefinition } from "./command-definition.ts";
import { commandTable } from "./commands.ts";
import { addGlobalFlags, type GlobalFlags, readGlobalFlags } from "./global-flags.ts";
import { addExamples, addHelpCommand } from "./help.ts";
import type { CliIo } from "./io.ts";
import { printResult } from "./print.ts";
import { version } from "./version.ts";

/**
 * The command line. A command is offered when `loaders` has its action. Parsing throws
 * `CommanderError` for usage (and for help and version, with exit status 0) and whatever actions throw.
 */
export function createProgram(io: CliIo, loaders: ActionLoaders, signal: AbortSignal): Command {
  const program = new Command("capstan");
  program
    .description("Rotates Harbor robot credentials across clouds and clusters without one failed image pull.")
    .exitOverride()
    .showSuggestionAfterError(true)
    .showHelpAfterError("(capstan help <command> tells more)")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHasColors: () => wantsColour({ off: false, env: io.env, isTTY: io.stdout.isTTY }),
      getErrHasColors: () => wantsColour({ off: false, env: io.env, isTTY: io.stderr.isTTY }),
    });
  addGlobalFlags(program, version);
  for (const name of Object.keys(commandTable) as CommandName[]) {
    if (loaders[name] !== undefined) addCommand(program, name, io, loaders, signal);
  }
  addHelpCommand(program, io);
  program.addHelpText("after", "\nExit status: capstan help exit-codes");
  return program;
}

function addCommand(program: Command, name: CommandName, io: CliIo, loaders: ActionLoaders, signal: AbortSignal): void {
  // The table ties each name to its own options; here only what all have in common is used.
  const definition = commandTable[name] as CommandDefinition<CommandName>;
  const command = program.command(name).summary(definition.summary).description(definition.summary);
  if (definition.takes === "credential") command.argument("<credential>", "name of a credential of the file");
  if (definition.takes === "credentials")
    command.argument("[credential...]", "names of credentials; all when none is given");
  for (const { flags, description, default: preset, required } of definition.options) {
    const option = new Option(flags, description).makeOptionMandatory(required === true);
    command.addOption(preset === undefined ? option : option.default(preset));
  }
  addExamples(command, definition);
  command.action(async () => {
    const global = readGlobalFlags(program.opts(), io.env);
    const options = definition.read({ credentials: command.args, flags: command.opts() });
    const action = await loaders[name]?.();
    if (action === undefined) return;
    const run = action as (options: unknown, context: CliContext) => Promise<CliResult>;
    printResult(await run(options, createContext(global, io, signal)), global, io);
  });
}

function createContext(global: GlobalFlags, io: CliIo, signal: AbortSignal): CliContext {
  const colour = wantsColour({ off: !global.color, env: io.env, isTTY: io.stdout.isTTY });
  return {
    configPath: global.configPath,
    env: io.env,
    style: { paint: createPaint(colour), ascii: global.ascii },
    say: (line) => io.stdout.write(`${line}\n`),
    progress: (line) => {
      if (!global.quiet) io.stderr.write(`${line}\n`);
    },
    debug: (line) => {
      if (global.debug) io.stderr.write(`debug: ${line}\n`);
    },
    signal,
  };
}
