import { dirname, join, resolve } from "node:path";
import { discover as discoverAll } from "../../core/app/discover.ts";
import { renderStart } from "../../core/app/discover-config.ts";
import { renderConfig } from "../../core/app/init.ts";
import type { Config } from "../../core/config/complete.ts";
import { jsonSchemaFileName } from "../../core/config/json-schema.ts";
import { loadConfig } from "../../core/config/load.ts";
import { formatProblem } from "../../core/config/problem.ts";
import { composeDiscovery } from "../compose/discovery.ts";
import { createSecretSource } from "../compose/secrets.ts";
import type { CliActions, CliContext, DiscoverOptions } from "./actions.ts";
import { readConfigFile } from "./config-file.ts";
import { discoveryDocument } from "./discover-document.ts";
import { discoveryLines } from "./discover-lines.ts";
import { exitCode } from "./exit-codes.ts";
import { Failure } from "./failure.ts";
import { writeBeside, writeNew } from "./init.ts";
import { pickRegistry } from "./pick.ts";

type Given = NonNullable<DiscoverOptions["harbor"]>;

/**
 * `capstan discover`: reads, and changes nothing but the file of `--write`. Document: `discoveryDocument`,
 * and `written`: the path, or null. Exit status 0 whatever was found, 69/75/77 where Harbor cannot be read.
 */
export const discover: CliActions["discover"] = async (options, context) => {
  const { config, registry } = await sourceOf(options, context);
  const secrets = createSecretSource({ ...context.env });
  const tools = await composeDiscovery(config, registry, { ...context.env }, secrets);
  const found = await discoverAll(tools);
  const written = options.harbor === null ? null : await write(options, options.harbor, found, tools.nowMs());
  if (options.write !== null && written === null)
    context.progress(
      "no file was written: no Secret holds a robot that is managed by nobody and whose rights a file can ask for",
    );
  const lines = discoveryLines(found, tools.nowMs(), context.style);
  return {
    exitCode: exitCode.done,
    data: { ...discoveryDocument(found), written: written?.path ?? null },
    table:
      written === null
        ? lines
        : [...lines, "", `wrote ${written.path}: ${written.credentials} credentials`, "(keep a copy of age.key)"],
  };
};

/** The file's Harbor, or one of flags, put into a configuration that is never written. */
async function sourceOf(options: DiscoverOptions, context: CliContext): Promise<{ config: Config; registry: string }> {
  if (options.harbor === null) {
    const file = await readConfigFile(context);
    return { config: file.config, registry: pickRegistry(file, options.registry) };
  }
  const text = renderConfig(answersOf(options.harbor), jsonSchemaFileName);
  const { config, problems } = loadConfig({ path: resolve("capstan.yaml"), readFile: () => text, env: context.env });
  if (config !== null) return { config, registry: "main" };
  const lines = problems.map((problem) => `  ${formatProblem({ ...problem, file: "what was asked for" })}`);
  throw new Failure(exitCode.usage, ["these options name no Harbor that can be asked", ...lines].join("\n"), problems);
}

function answersOf({ url, login, password, caFile, contexts, kubeconfig }: Given) {
  return {
    ...{ installation: "main", credential: "discover", harborUrl: url, caFile, issuer: login, password },
    ...{ project: "discover", kubeconfig, contexts, namespaces: null, selector: "", secret: "discover" },
    ...{ directory: "./.capstan", identity: "./age.key", adopt: false },
  };
}

async function write(
  { write: path, force }: DiscoverOptions,
  { url, caFile, contexts, kubeconfig }: Given,
  found: Parameters<typeof renderStart>[0],
  nowMs: number,
): Promise<{ readonly path: string; readonly credentials: number } | null> {
  if (path === null) return null;
  const issuer = { issuer: "robot$capstan", password: "env:HARBOR_ISSUER_PASSWORD" };
  const answers = { harborUrl: url, caFile, ...issuer, kubeconfig, contexts };
  const start = renderStart(found, answers, jsonSchemaFileName, nowMs);
  if (start === null) return null;
  await writeNew(resolve(path), start.text, force);
  await writeBeside(resolve(path), join(dirname(resolve(path)), "age.key"));
  return { path: resolve(path), credentials: start.credentials };
}
