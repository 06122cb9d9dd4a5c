import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { stringify } from "yaml";
import type { LogLine } from "../../core/app/log.ts";
import { isIdle, type TickResult, tick } from "../../core/app/tick.ts";
import type { Tools } from "../../core/app/tools.ts";
import type { Config } from "../../core/config/complete.ts";
import { loadConfig } from "../../core/config/load.ts";
import { formatProblem } from "../../core/config/problem.ts";
import { formatLedger, parseHomeLedger } from "../../core/engine/ledger-text.ts";
import type { Act } from "../../core/protocol/settings.ts";
import type { HomeLedger } from "../../core/protocol/state.ts";
import { createSecretSource } from "../../functions/compose/secrets.ts";
import { composeTools } from "../../functions/compose/tools.ts";
import { credentialName, sandboxConfiguration } from "../../functions/sandbox/configuration.ts";
import { environmentReferences } from "../../functions/sandbox/facts.ts";
import { type Sandbox, startSandbox } from "../../functions/sandbox/start.ts";

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
const clouds = ["aws", "azure", "gcp"];
const ticksMax = 60;

export type Configuration = ReturnType<typeof sandboxConfiguration>;

export interface Beginning {
  readonly clusters: number;
  readonly namespaces: number;
  /** Several: one entry of the file with a credential at each. */
  readonly harbors?: number;
  /** The newest that was recorded where absent. Up to 2.11 the issuer is the administrator. */
  readonly harborVersion?: string;
  /** What the first `capstan.yaml` says otherwise than the sandbox's own. */
  readonly configured?: (configuration: Configuration) => object;
}

/**
 * A hybrid cloud in this process and the runners of all its sites, spoken to by the real drivers over
 * HTTP. Only `Date` is not real: it stands still until `passes` moves it, for all parties alike.
 */
export class Story {
  readonly sandbox: Sandbox;
  /** Added to the runner's own clock, and to no other. */
  runnerClockAheadMs = 0;
  readonly logged: LogLine[] = [];
  readonly #folder: string;
  #tools: Tools | null = null;

  constructor(sandbox: Sandbox, folder: string) {
    this.sandbox = sandbox;
    this.#folder = folder;
  }

  get tools(): Tools {
    if (this.#tools === null) throw new Error("a story begins with a configuration");
    return this.#tools;
  }

  get home(): string {
    return this.tools.config.credentials[credentialName]?.home ?? "";
  }

  /** For what a site keeps in files. */
  get folder(): string {
    return this.#folder;
  }

  /** Writes a new `capstan.yaml` and deploys it to every site. */
  async configure(change: (configuration: Configuration) => object = (same) => same): Promise<void> {
    const caFile = join(this.#folder, "ca.pem");
    writeFileSync(caFile, this.sandbox.caPem);
    const configuration = sandboxConfiguration(this.sandbox.describe(), environmentReferences, caFile);
    const { aws, azure, gcp } = configuration.sites;
    const sites = {
      aws: { ...aws, secretsManager: { ...aws.secretsManager, rateLimits: unlimited.aws } },
      azure: { ...azure, credential: azureTokens, rateLimits: unlimited.azure },
      gcp: { ...gcp, rateLimits: unlimited.gcp },
    };
    const text = stringify(change({ ...configuration, sites } as typeof configuration));
    const env = Object.assign({}, ...clouds.map((cloud) => environment(this.sandbox, cloud)));
    const { config, problems } = loadConfig({ path: join(this.#folder, "capstan.yaml"), readFile: () => text, env });
    if (config === null) throw new Error(problems.map(formatProblem).join("\n"));
    this.#tools = await this.#compose(config, env);
  }

  async #compose(config: Config, env: NodeJS.ProcessEnv): Promise<Tools> {
    const tools = await composeTools({
      config,
      sites: Object.keys(config.sites),
      env,
      secrets: createSecretSource(env),
      log: (line) => this.logged.push(line),
    });
    return { ...tools, clock: { ...tools.clock, nowMs: () => Date.now() + this.runnerClockAheadMs } };
  }

  /** One tick of every site's runner, home's first; an operator's wish goes with it. */
  tick(act?: Act): Promise<TickResult> {
    this.passes(1_000);
    return tick(this.tools, {
      sites: Object.keys(this.tools.config.sites),
      credentials: [],
      acts: act === undefined ? {} : { [credentialName]: act },
      deadlineMs: null,
    });
  }

  /** Ticks of all sites whenever home has asked for one, until there is nothing left to do. */
  async untilIdle(act?: Act): Promise<TickResult> {
    let result = await this.tick(act);
    for (let ticks = 1; !isIdle(result) || !handedOut(result); ticks += 1) {
      if (ticks >= ticksMax) throw new Error(`not idle after ${ticksMax} ticks: ${unfinished(result).join("; ")}`);
      const wakeAtMs = Math.min(...result.runs.flatMap((run) => (run.role === "home" ? run.outcome.nextAtMs : [])));
      this.passes(Math.max(0, wakeAtMs - this.tools.clock.nowMs()));
      result = await this.tick();
    }
    return result;
  }

  passes(ms: number): void {
    vi.setSystemTime(Date.now() + ms);
  }

  async ledgerText(): Promise<string> {
    const { record } = await this.#homeLedger();
    if (record === null) throw new Error("there is no ledger yet");
    return record.text;
  }

  async ledger(): Promise<HomeLedger> {
    return parseHomeLedger(await this.ledgerText());
  }

  /** An operator puts a text in the ledger's place (a backup, another version's). */
  async putLedger(text: string | HomeLedger): Promise<void> {
    const { key, store, record } = await this.#homeLedger();
    await store.save(key, record?.revision ?? null, typeof text === "string" ? text : formatLedger(text));
  }

  async #homeLedger() {
    const store = this.tools.ports.ledgers[this.home];
    if (store === undefined) throw new Error(`the site ${this.home} has no ledger`);
    const key = `sandbox/${credentialName}`;
    return { key, store, ...(await store.load(key)) };
  }
}

/** A turn would be waited for in vain: the clock stands still during a tick, and the sandbox has no quotas then. */
const most = 1_000_000;
const unlimited = {
  aws: { writesPerSecondMax: most, readsPerSecondMax: most },
  azure: { requestsPer10sMax: most, setsPer10sMax: most },
  gcp: {
    secretWritesPerSecondMax: most,
    versionChangesPerSecondMax: most,
    writesPerMinuteMax: most,
    readsPerMinuteMax: most,
    accessesPerMinuteMax: most,
  },
};

/** Not the managed identity: its library keeps tokens for the whole process, and each story has a cloud of its own. */
const azureTokens = { kind: "token", vaultToken: "env:VAULT_TOKEN", storageToken: "env:STORAGE_TOKEN" };

function environment(sandbox: Sandbox, site: string): Readonly<Record<string, string>> {
  const token = (audience: string) => sandbox.azure.issueToken(audience, 365 * dayMs);
  const tokens = { VAULT_TOKEN: token("https://vault.azure.net"), STORAGE_TOKEN: token("https://storage.azure.com") };
  return { ...sandbox.env[site as keyof Sandbox["env"]], ...tokens };
}

function handedOut(result: TickResult): boolean {
  return result.runs.every((run) => run.role === "home" || run.outcome.end === "served");
}

function unfinished(result: TickResult): readonly string[] {
  return [...result.runs.flatMap((run) => (run.role === "home" ? run.outcome.waits : [])), ...problemsIn(result)];
}

export function problemsIn(result: TickResult): readonly string[] {
  return result.runs.flatMap((run) => run.outcome.problems.map((problem) => `${problem.code}: ${problem.text}`));
}

/** A cloud, configured; nothing has been rotated in it yet. It is gone when the test ends. */
export async function given(beginning: Beginning): Promise<Story> {
  vi.useFakeTimers({ toFake: ["Date"] });
  const { clusters, namespaces: namespacesPerCluster, harbors = 1, harborVersion } = beginning;
  const version = harborVersion === undefined ? {} : { harborVersion };
  const sandbox = await startSandbox({ clusters, namespacesPerCluster, harbors, seed: 1, quotas: false, ...version });
  const folder = mkdtempSync(join(tmpdir(), "capstan-story-"));
  for (const cloud of clouds)
    for (const [name, value] of Object.entries(environment(sandbox, cloud))) vi.stubEnv(name, value);
  onTestFinished(async () => {
    await sandbox.close();
    rmSync(folder, { recursive: true });
    vi.unstubAllEnvs();
    vi.useRealTimers();
  });
  const story = new Story(sandbox, folder);
  await story.configure(beginning.configured);
  return story;
}
