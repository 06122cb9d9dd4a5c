import type { CliActions, CommandName } from "./actions.ts";

interface OptionDefinition {
  /** As commander takes it: `--timeout <duration>`, `--namespace <name...>`. */
  readonly flags: string;
  readonly description: string;
  readonly default?: string;
  readonly required?: boolean;
}

/** What was typed: arguments in order, and options by their camel-case names. */
interface Typed {
  readonly credentials: readonly string[];
  readonly flags: Readonly<Record<string, unknown>>;
}

export interface CommandDefinition<Name extends CommandName> {
  readonly summary: string;
  /** `credential`: exactly one; `credentials`: none or several. */
  readonly takes: "nothing" | "credential" | "credentials";
  readonly options: readonly OptionDefinition[];
  /** Command line (without `capstan`) and what it is for. */
  readonly examples: readonly (readonly [string, string])[];
  /** Turns what was typed into the action's options. Throws `Failure` 64. */
  readonly read: (typed: Typed) => Parameters<CliActions[Name]>[0];
}

export type CommandTable = { readonly [Name in CommandName]: CommandDefinition<Name> };
