import type { Command } from "commander";
import type { CommandName } from "./actions.ts";
import { createPaint } from "./colour.ts";
import type { CommandDefinition } from "./command-definition.ts";
import { exitCode, exitCodeRows } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import type { CliIo } from "./io.ts";
import { renderTable } from "./table.ts";

const topics = ["exit-codes"] as const;

/** `capstan help`, `capstan help <command>`, `capstan help exit-codes`. */
export function addHelpCommand(program: Command, io: CliIo): void {
  program
    .helpCommand(false)
    .command("help [topic]")
    .description(`print help about a command or a topic (${topics.join(", ")})`)
    .action((topic: string | undefined) => {
      if (topic === "exit-codes") {
        const rows = exitCodeRows().map(({ code, meaning, then }) => [String(code), meaning, then]);
        const lines = renderTable(["code", "meaning", "a script should"], rows, {
          paint: createPaint(false),
          ascii: false,
        });
        io.stdout.write(`${lines.join("\n")}\n`);
        return;
      }
      const command = program.commands.find((one) => one.name() === topic);
      if (topic !== undefined && command === undefined) {
        throw new Failure(
          exitCode.usage,
          `there is no such topic; topics are ${topics.join(", ")} and the commands' names`,
        );
      }
      (command ?? program).outputHelp();
    });
}

/** Examples stand before the rest: they are what people look for. */
export function addExamples(command: Command, definition: CommandDefinition<CommandName>): void {
  const lines = definition.examples.map(([line, purpose]) => `  capstan ${line}\n      ${purpose}`);
  command.addHelpText("before", `Examples:\n${lines.join("\n")}\n`);
  command.addHelpText("after", "\nExit status: capstan help exit-codes");
}
