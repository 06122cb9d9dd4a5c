import { type ChildProcess, spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Many short processes run the same modules. */
const compileCache = join(tmpdir(), "capstan-compile-cache");

export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

interface CapstanOptions {
  readonly cwd: string;
  /** Besides PATH and HOME (which is `cwd`). */
  readonly env?: Readonly<Record<string, string>>;
  /** Path of `capstan.mjs`. */
  readonly entry: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly done: Promise<Ran>;
}

/** Runs `capstan` as a process of its own, and keeps all that it ever printed. */
export class Capstan {
  readonly #options: CapstanOptions;
  readonly #printed: string[] = [];

  constructor(options: CapstanOptions) {
    this.#options = options;
  }

  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    const { cwd, entry } = this.#options;
    const base = { PATH: process.env["PATH"] ?? "", HOME: cwd, NODE_COMPILE_CACHE: compileCache };
    const own = { ...base, ...this.#options.env, ...env };
    const child = spawn(process.execPath, [entry, ...args], { cwd, env: own, stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    const done = new Promise<Ran>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => {
        this.#printed.push(out, err);
        resolve({ code, signal, out, err });
      });
    });
    return { child, done };
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
    return this.start(args, env).done;
  }

  /** `-o json`: the whole of stdout is one document. */
  async json(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Ran & { readonly data: Json }> {
    const ran = await this.run([...args, "-o", "json"], env);
    return { ...ran, data: JSON.parse(ran.out) as Json };
  }

  /** Throws where one of these secrets was ever printed, plain or encoded, or where nothing was. */
  expectSilent(secrets: readonly string[]): void {
    const printed = this.#printed.join("\n");
    if (printed === "" || secrets.length === 0) throw new Error("nothing was printed, or nothing is looked for");
    for (const secret of secrets) {
      if (secret.length < 8) throw new Error("too short to be looked for");
      const encoded = Buffer.from(secret).toString("base64").replace(/=+$/, "");
      if (printed.includes(secret) || printed.includes(encoded)) throw new Error("a secret was printed");
    }
  }
}

/** A document of the CLI: tests say what they expect of it. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads what it names and fails where it is not there.
export type Json = any;
