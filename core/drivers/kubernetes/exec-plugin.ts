import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { PortError } from "../../ports/errors.ts";
import { Secret } from "../../secret.ts";
import { kubeconfigError } from "./kubeconfig-error.ts";
import type { DatedToken } from "./token.ts";

/** A command that prints an `ExecCredential` with a token. */
export interface ExecPlugin {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly apiVersion: string;
}

const outputBytesMax = 1024 * 1024;
const run = promisify(execFile);

/** Throws `denied` naming the command unless it is allowed: a kubeconfig must not decide what runs here. */
export function readExecPlugin(where: string, exec: unknown, file: string, allowed: readonly string[]): ExecPlugin {
  const { command, args, env, apiVersion } = (exec ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof command !== "string" || command === "")
    throw kubeconfigError("denied", `${where}: its exec plugin has no command`);
  if (!allowed.includes(command)) {
    const why = `runs the exec plugin ${command}, which is not allowed here`;
    throw kubeconfigError("denied", `${where} ${why}; name it under allowExec, or use a token`);
  }
  const pairs = (Array.isArray(env) ? env : []).flatMap((item: unknown) => {
    const { name, value } = (item ?? {}) as Readonly<Record<string, unknown>>;
    return typeof name === "string" && typeof value === "string" ? [[name, value] as const] : [];
  });
  return {
    // With a slash in it a command is a path beside the file, else it is looked up.
    command: command.includes("/") && !command.startsWith("/") ? join(dirname(file), command) : command,
    args: (Array.isArray(args) ? args : []).filter((arg): arg is string => typeof arg === "string"),
    env: Object.fromEntries(pairs),
    apiVersion: typeof apiVersion === "string" ? apiVersion : "client.authentication.k8s.io/v1",
  };
}

/**
 * A source of tokens that runs the plugin at each call; whoever uses it keeps the token for a while.
 * `env` is what the command inherits. Throws, without the command's output, `denied`, or `unreachable` where it
 * did not end in time.
 */
export function execTokenSource(
  plugin: ExecPlugin,
  options: { readonly env: Readonly<Record<string, string | undefined>>; readonly timeoutMs: number },
): () => Promise<Secret | DatedToken> {
  return async () => {
    const info = { apiVersion: plugin.apiVersion, kind: "ExecCredential", spec: { interactive: false } };
    const env = { ...options.env, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
    try {
      const limits = { timeout: options.timeoutMs, maxBuffer: outputBytesMax };
      const { stdout } = await run(plugin.command, [...plugin.args], { env, ...limits });
      return readToken(plugin.command, stdout);
    } catch (error) {
      if (error instanceof PortError) throw error;
      const { code, killed } = error as { readonly code?: unknown; readonly killed?: boolean };
      if (killed === true) throw pluginError(plugin.command, "unreachable", `no end within ${options.timeoutMs} ms`);
      throw pluginError(plugin.command, "denied", `status ${String(code)}`);
    }
  };
}

function pluginError(command: string, kind: "denied" | "unreachable", why: string): PortError {
  const where = { system: "exec plugin", operation: "run" };
  const message = `exec plugin ${command}: ${why}`;
  return new PortError(kind, message, kind === "denied" ? { ...where, reason: "bad-credentials" } : where);
}

interface ExecCredential {
  readonly status?: { readonly token?: unknown; readonly expirationTimestamp?: unknown };
}

function readToken(command: string, output: string): Secret | DatedToken {
  try {
    const { status } = JSON.parse(output) as ExecCredential;
    if (typeof status?.token === "string" && status.token !== "") {
      const token = new Secret(status.token);
      const untilMs = Date.parse(String(status.expirationTimestamp));
      return Number.isNaN(untilMs) ? token : { token, untilMs };
    }
  } catch {
    // Falls through: the parser's message may show the token.
  }
  throw pluginError(command, "denied", "printed no token");
}
