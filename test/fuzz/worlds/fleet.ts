import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type TickResult, tick } from "../../../core/app/tick.ts";
import type { Tools } from "../../../core/app/tools.ts";
import { loadConfig } from "../../../core/config/load.ts";
import { formatProblem } from "../../../core/config/problem.ts";
import { tickedCredential } from "../../../functions/cli/tick-document.ts";
import { createSecretSource } from "../../../functions/compose/secrets.ts";
import { composeTools } from "../../../functions/compose/tools.ts";
import { credentialName, sandboxConfiguration } from "../../../functions/sandbox/configuration.ts";
import { environmentReferences } from "../../../functions/sandbox/facts.ts";
import { type Sandbox, startSandbox } from "../../../functions/sandbox/start.ts";
import { Outlets } from "../../scenarios/leaks.ts";
import { plantedCanary } from "../hostile/texts.ts";

const sites = ["aws", "azure", "gcp"];
const hourMs = 3_600_000;
const ticksMax = 80;
const pauseMs = 20;

/** A hybrid cloud, the real drivers, and the runners of all sites, without pauses between attempts. */
export class Fleet {
  readonly sandbox: Sandbox;
  readonly tools: Tools;
  readonly #out: Outlets;
  readonly #folder: string;

  constructor(sandbox: Sandbox, tools: Tools, out: Outlets, folder: string) {
    this.sandbox = sandbox;
    this.tools = tools;
    this.#out = out;
    this.#folder = folder;
  }

  /** One tick of all sites; whatever it lets out is remembered until `complaints`. */
  async tick(rotate = false): Promise<TickResult> {
    const acts = rotate ? { [credentialName]: { type: "rotate" as const } } : {};
    const result = await tick(this.tools, { sites, credentials: [], acts, deadlineMs: null });
    this.#out.add("tick", result);
    this.#out.add("document", tickedCredential(result, credentialName, 0));
    return result;
  }

  /** Ticks until home is idle and every site has served. */
  async rest(rotate = false): Promise<void> {
    let last = await this.tick(rotate);
    for (let ticks = 1; !isQuiet(last); ticks += 1) {
      if (ticks === ticksMax)
        throw new Error(`does not come to rest: ${JSON.stringify(last.runs.map((run) => run.outcome))}`);
      await this.tools.clock.sleep(pauseMs);
      last = await this.tick();
    }
  }

  /** Defects of ours and secrets that came out since the last time. */
  complaints(results: readonly TickResult[]): readonly string[] {
    const problems = results.flatMap(({ runs }) => runs.flatMap(({ outcome }) => outcome.problems));
    const defects = problems.filter(({ code }) => code === "internal-error").map(({ text }) => text);
    const { harbor, aws, clusters } = this.sandbox.describe();
    const canaries = [
      plantedCanary,
      { name: "issuer", secret: harbor.issuer.password },
      { name: "AWS key", secret: aws.secretAccessKey },
      ...clusters.map(({ name, runnerToken }) => ({ name: `token of ${name}`, secret: runnerToken })),
      ...this.sandbox.harbor.secrets().map((secret) => ({ name: "robot", secret })),
    ];
    return [...defects, ...this.#out.search(canaries)];
  }

  /** Robots alive at Harbor, by id. */
  robots(): readonly number[] {
    return this.sandbox.harbor.robots().flatMap(({ id, deletedAtMs }) => (deletedAtMs === null ? [id] : []));
  }

  async close(): Promise<void> {
    await this.sandbox.close();
    rmSync(this.#folder, { recursive: true });
  }
}

function isQuiet({ runs }: TickResult): boolean {
  return runs.every(({ role, outcome }) => outcome.end === (role === "home" ? "idle" : "served"));
}

/** Configured, and the first generation handed out. */
export async function openFleet(): Promise<Fleet> {
  const sandbox = await startSandbox({ clusters: 3, namespacesPerCluster: 1, seed: 5, quotas: false });
  const folder = mkdtempSync(join(tmpdir(), "capstan-fuzz-"));
  writeFileSync(join(folder, "ca.pem"), sandbox.caPem);
  const token = (audience: string) => sandbox.azure.issueToken(audience, hourMs * 24);
  const env: NodeJS.ProcessEnv = {
    ...Object.assign({}, ...Object.values(sandbox.env)),
    VAULT_TOKEN: token("https://vault.azure.net"),
    STORAGE_TOKEN: token("https://storage.azure.com"),
    GCP_TOKEN: sandbox.gcp.issueToken(),
  };
  const base = sandboxConfiguration(sandbox.describe(), environmentReferences, "./ca.pem");
  const keys = { accessKeyId: "env:AWS_ACCESS_KEY_ID", secretAccessKey: "env:AWS_SECRET_ACCESS_KEY" };
  const text = stringify({
    ...base,
    sites: {
      aws: { ...base.sites.aws, credentials: keys },
      azure: {
        ...base.sites.azure,
        credential: { kind: "token", vaultToken: "env:VAULT_TOKEN", storageToken: "env:STORAGE_TOKEN" },
      },
      gcp: { ...base.sites.gcp, credential: { kind: "token", token: "env:GCP_TOKEN" } },
    },
    credentials: {
      [credentialName]: {
        ...base.credentials[credentialName],
        drain: { overlap: "0s", longestPull: "0s" },
        limits: {
          attemptBackoff: "0s",
          attemptBackoffMax: "0s",
          attemptsPerHourMax: 1_000,
          replacedMax: 50,
          deletionsPerTickMax: 1_000,
          poll: "10ms",
          requestTimeout: "1s",
        },
      },
    },
  });
  const { config, problems } = loadConfig({ path: join(folder, "capstan.yaml"), readFile: () => text, env });
  if (config === null) throw new Error(problems.map(formatProblem).join("\n"));
  const out = new Outlets();
  // Nothing is scrubbed here: what would need the scrubber is a leak.
  const tools = composeTools({
    config,
    sites,
    env,
    secrets: createSecretSource(env),
    log: (line) => out.add("log", line),
  });
  const fleet = new Fleet(sandbox, tools, out, folder);
  await fleet.rest(true);
  return fleet;
}
