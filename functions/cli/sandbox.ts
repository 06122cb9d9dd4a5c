import { chmod, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pullSecretName } from "../sandbox/configuration.ts";
import { freePorts } from "../sandbox/free-ports.ts";
import { podsOf } from "../sandbox/pullers/pods-of.ts";
import { type Pullers, startPullers } from "../sandbox/pullers/start-pullers.ts";
import { type Sandbox, startSandbox } from "../sandbox/start.ts";
import { renderTrialConfiguration } from "../sandbox/trial-configuration.ts";
import { writeSandboxFiles } from "../sandbox/write-files.ts";
import type { CliActions, CliContext, SandboxOptions } from "./actions.ts";
import { exitCode } from "./exit-codes.ts";
import { renderTable } from "./table.ts";

const tellMs = 5_000;
const pullsPerSecondMax = 50;
const paceMsMin = 500;

/**
 * `capstan sandbox`: runs a hybrid cloud until Ctrl-C. Everything is told on stderr when it is ready;
 * the document at the end is `{directory, config, parts: [{part, url}], pulls, failed}`.
 */
export const sandbox: CliActions["sandbox"] = async (options, context) => {
  const { clusters, namespaces, seed, harbors, harborVersion } = options;
  const ports = await freePorts(clusters);
  const size = { clusters, namespacesPerCluster: namespaces, harbors };
  const running = await startSandbox({ ...size, seed, ports, harborVersion });
  try {
    const directory = resolve(options.directory);
    const config = join(directory, "capstan.yaml");
    const { configuration, files } = await writeSandboxFiles(directory, running);
    await writeFile(config, renderTrialConfiguration(configuration), { mode: 0o600 });
    await chmod(config, 0o600);
    const parts = partsOf(running);
    const purposes = Object.entries(files).map(([path, purpose]) => [path, purpose]);
    const table = renderTable(
      ["part", "url"],
      parts.map(({ part, url }) => [part, url]),
      context.style,
    );
    for (const line of [...table, "", ...renderTable(["file", "what it is"], purposes, context.style)])
      context.progress(line);
    for (const line of ["", "ready; in another terminal:", ...commands(directory)]) context.progress(line);
    const { pulls, failed } = await pullUntilStopped(running, options, context);
    return {
      exitCode: exitCode.done,
      data: { directory, config, parts, pulls, failed },
      table: [`pulls ${pulls}, failed ${failed}`],
    };
  } finally {
    await running.close();
  }
};

function partsOf(running: Sandbox): readonly { readonly part: string; readonly url: string }[] {
  const { harbors, aws, azure, gcp, clusters } = running.describe();
  return [
    ...harbors.map(({ name, endpoint }, at) => ({ part: at === 0 ? "Harbor" : `Harbor (${name})`, url: endpoint })),
    { part: "AWS (Secrets Manager, DynamoDB)", url: aws.endpoint },
    { part: "Azure Key Vault", url: azure.vaultUrl },
    { part: "Azure Blob Storage", url: azure.accountUrl },
    { part: "Google Cloud Secret Manager", url: gcp.endpoint },
    ...clusters.map(({ name, site, server }) => ({ part: `Kubernetes ${name} (${site})`, url: server })),
  ];
}

function commands(directory: string): readonly string[] {
  const quoted = /^[\w./@+-]+$/.test(directory) ? directory : `'${directory.replaceAll("'", `'\\''`)}'`;
  const capstan = `capstan --config ${quoted}/capstan.yaml`;
  return [
    `  . ${quoted}/env.sh`,
    `  ${capstan} plan`,
    `  ${capstan} rotate --wait`,
    `  ${capstan} status`,
    "Ctrl-C ends the sandbox and forgets all that is in it.",
  ];
}

/** Pods start in every namespace as soon as it holds its pull Secret; the tally goes to stderr every few seconds. */
async function pullUntilStopped(running: Sandbox, options: SandboxOptions, context: CliContext) {
  const pullers = pullersOf(running, options);
  let told = "";
  const tell = (): void => {
    const { pulls, failed, failures } = pullers.stats();
    const [first] = failures;
    const cause = first === undefined ? "" : ` (first: ${first.cluster}/${first.namespace})`;
    const line = `pulls ${pulls}, failed ${failed}${cause}`;
    if (line !== told) context.progress(line);
    told = line;
  };
  const timer = setInterval(tell, tellMs);
  await new Promise<void>((stop) => {
    if (context.signal.aborted) stop();
    context.signal.addEventListener("abort", () => stop(), { once: true });
  });
  clearInterval(timer);
  await pullers.stop();
  return pullers.stats();
}

function pullersOf(running: Sandbox, options: SandboxOptions): Pullers {
  const pods = podsOf(running.describe());
  const all = options.clusters * options.namespaces;
  const holding = (name: string): readonly string[] => {
    const cluster = running.clusters.find((one) => one.name === name);
    const secrets = (cluster?.secrets() ?? []).filter((secret) => secret.name === pullSecretName && isFilled(secret));
    return secrets.map(({ namespace }) => namespace);
  };
  return startPullers({
    ...pods,
    clusters: pods.clusters.map((cluster) => ({ ...cluster, namespaces: () => holding(cluster.name) })),
    paceMs: Math.max(paceMsMin, (all / pullsPerSecondMax) * 1_000),
    random: Math.random,
    nowMs: () => Date.now(),
  });
}

/** A new Secret is made empty first. */
function isFilled({ data }: { readonly data: Readonly<Record<string, string>> }): boolean {
  return (data[".dockerconfigjson"] ?? "").includes('"auth"');
}
