import type { ActionLoaders, CliContext, CliResult } from "../../../functions/cli/actions.ts";
import type { CliIo } from "../../../functions/cli/io.ts";
import { runCli } from "../../../functions/cli/run.ts";

export interface Ran {
  readonly out: string;
  readonly err: string;
  readonly code: number | null;
  /** What the action was asked, of the last call. */
  readonly asked: unknown;
  readonly context: CliContext | null;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly isTTY?: boolean;
  readonly interrupted?: number;
  /** What every action does; returns "fine" when not given. */
  readonly act?: (context: CliContext) => Promise<CliResult>;
}

const fine: CliResult = { exitCode: 0, data: { fine: true }, table: ["FINE", "yes"] };

/** Runs the CLI in this process, with actions that only tell what they were asked. */
export async function run(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  let out = "";
  let err = "";
  let code: number | null = null;
  let asked: unknown = null;
  let context: CliContext | null = null;
  const io: CliIo = {
    stdout: {
      write: (text) => {
        out += text;
      },
      isTTY: options.isTTY ?? false,
    },
    stderr: {
      write: (text) => {
        err += text;
      },
      isTTY: options.isTTY ?? false,
    },
    env: options.env ?? {},
    setExitCode: (set) => {
      code = set;
    },
  };
  const action = async (given: unknown, own: CliContext) => {
    asked = given;
    context = own;
    return options.act === undefined ? fine : options.act(own);
  };
  const load = async () => action;
  const names = [
    "plan",
    "rotate",
    "tick",
    "agent",
    "status",
    "rollback",
    "revoke",
    "init",
    "rbac",
    "manifests",
    "discover",
    "sandbox",
  ] as const;
  const loaders: ActionLoaders = Object.fromEntries(names.map((name) => [name, load]));
  const interrupted = options.interrupted ?? null;
  await runCli(argv, io, loaders, { signal: new AbortController().signal, exitCode: () => interrupted });
  return { out, err, code, asked, context };
}
