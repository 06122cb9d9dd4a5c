import { existsSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { renderConfig } from "../../core/app/init.ts";
import { jsonSchemaFileName, renderJsonSchema } from "../../core/config/json-schema.ts";
import { loadConfig } from "../../core/config/load.ts";
import { formatProblem } from "../../core/config/problem.ts";
import type { CliActions, InitOptions } from "./actions.ts";
import { exitCode } from "./exit-codes.ts";
import { Failure } from "./failure.ts";

/** Writes `capstan.yaml`, the JSON Schema beside it and, where there is none, an age identity. */
export const init: CliActions["init"] = async (options, context) => {
  const path = resolve(context.configPath ?? "capstan.yaml");
  const folder = dirname(path);
  const text = render(options, path, context.env);
  const identityPath = fromFolder(folder, options.identity, context.env["HOME"]);

  await mkdir(folder, { recursive: true });
  await writeNew(path, text, options.force);
  const identityMade = await writeBeside(path, identityPath);

  const next = "capstan plan";
  context.progress(
    `next: ${options.password.startsWith("env:") ? `set ${options.password.slice(4)}, then ` : ""}${next}`,
  );
  return {
    exitCode: exitCode.done,
    data: { config: path, schema: join(folder, jsonSchemaFileName), identity: identityPath, identityMade, next },
    table: [
      `wrote ${path}`,
      `wrote ${join(folder, jsonSchemaFileName)}`,
      identityMade ? `wrote ${identityPath} (keep a copy)` : `kept ${identityPath}`,
    ],
  };
};

/** The JSON Schema and, where there is none, an age identity: what a new file refers to. True: one was made. */
export async function writeBeside(path: string, identityPath: string): Promise<boolean> {
  await writeFile(join(dirname(path), jsonSchemaFileName), renderJsonSchema());
  return makeIdentity(identityPath);
}

/** Refuses answers that would make a file that does not load. */
function render(options: InitOptions, path: string, env: Readonly<Record<string, string | undefined>>): string {
  const namespaces = options.selector === null ? options.namespaces : null;
  const text = renderConfig(
    { ...options, namespaces, selector: options.selector ?? "", adopt: false },
    jsonSchemaFileName,
  );
  const { problems } = loadConfig({ path, readFile: () => text, env });
  if (problems.length === 0) return text;
  const lines = problems.map((problem) => `  ${formatProblem({ ...problem, file: basename(path) })}`);
  throw new Failure(
    exitCode.usage,
    ["these answers make no valid file, nothing was written", ...lines].join("\n"),
    problems,
  );
}

/** Throws `Failure` 64 where the file is there, unless forced. */
export async function writeNew(path: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: force ? "w" : "wx" });
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EEXIST") throw fileFailure(path, error);
    throw new Failure(exitCode.usage, `${path} exists already; --force replaces it`);
  }
}

/** Never replaces one: it is what the values are encrypted to. */
async function makeIdentity(path: string): Promise<boolean> {
  if (existsSync(path)) return false;
  const { createAgeIdentity } = await import("../../core/drivers/local-file/age.ts");
  const { identity, recipient } = await createAgeIdentity();
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `# recipient: ${recipient}\n${identity.reveal()}\n`, { flag: "wx", mode: 0o600 });
    // The umask may take away more than it should; it never adds.
    await chmod(path, 0o600);
  } catch (error) {
    throw fileFailure(path, error);
  }
  return true;
}

function fileFailure(path: string, error: unknown): Failure {
  return new Failure(
    exitCode.failed,
    `${path} cannot be written (${String((error as { code?: unknown }).code ?? "unknown")})`,
  );
}

/** As the configuration reads it: from the file's own folder, `~/` from home. */
function fromFolder(folder: string, path: string, home: string | undefined): string {
  if (path.startsWith("~/")) return join(home ?? homedir(), path.slice(2));
  return isAbsolute(path) ? path : join(folder, path);
}
