import { Command, CommanderError, InvalidArgumentError } from "commander";

/** Takes an option's text as a whole number. Throws InvalidArgumentError, which commander prints with the option's name. */
export function wholeNumber(least = 1): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (text.trim() === "" || !Number.isSafeInteger(number) || number < least)
      throw new InvalidArgumentError(`It takes a whole number from ${least}.`);
    return number;
  };
}

/** For options that may be given more than once. */
export function several(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

/** A seed that nobody chose; it is printed, so that the run can be made again. */
export function freshSeed(): number {
  return Date.now() % 1_000_000_000;
}

/** One of the programs under test/, called as `npm run NAME --`. `define` adds options, examples and the action. */
export async function program(name: string, about: string, define: (command: Command) => void): Promise<void> {
  const command = new Command(`npm run -s ${name} --`)
    .description(about)
    .helpOption("--help", "print this")
    .exitOverride();
  define(command);
  try {
    await command.parseAsync();
  } catch (error) {
    // Wrong use is 2, so that it is not taken for a finding. Commander has printed what is wrong.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else {
      process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
      process.exitCode = 2;
    }
  }
}
