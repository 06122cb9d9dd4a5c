import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { demoConfiguration, demoTokens } from "../../functions/sandbox/demo/configuration.ts";
import { Fleet } from "../../functions/sandbox/demo/fleet.ts";
import { FunctionHost } from "../../functions/sandbox/demo/host.ts";
import type { CloudName } from "../../functions/sandbox/facts.ts";
import { type Sandbox, startSandbox } from "../../functions/sandbox/start.ts";
import type { Built } from "./built.ts";

export const clouds = ["aws", "azure", "gcp"] as const;
const namespacesPerCluster = 2;
const pauseMs = 100;

export interface CloudBench {
  readonly sandbox: Sandbox;
  readonly fleet: Fleet;
  readonly hosts: Readonly<Record<CloudName, FunctionHost>>;
  /** Path of the functions' configuration. */
  readonly config: string;
  /** Every line that the functions wrote. */
  readonly lines: string[];
  /** One event of each scheduler at the same time, again and again. */
  tickUntil(done: () => boolean): Promise<void>;
  /** Texts that no line, answer or error may hold. */
  secrets(): readonly string[];
  close(): Promise<void>;
}

/** The three built functions over a sandbox with a cluster for each. */
export async function startCloudBench(built: Built): Promise<CloudBench> {
  const sandbox = await startSandbox({ clusters: 3, namespacesPerCluster, seed: 1, ...demoTokens });
  const folder = mkdtempSync(join(tmpdir(), "capstan-clouds-"));
  const config = join(folder, "capstan.yaml");
  writeFileSync(join(folder, "ca.pem"), sandbox.caPem);
  const settings = { strategy: "generations", fault: null, drainMs: 2_000 } as const;
  writeFileSync(config, demoConfiguration(sandbox.describe(), join(folder, "ca.pem"), settings));
  const lines: string[] = [];
  const { aws, azure, gcp } = sandbox.env;
  // Home writes into every site's store: what federation gives it in production, its environment gives it here.
  const envs = { aws: { ...gcp, ...azure, ...aws }, azure, gcp };
  const host = (cloud: CloudName) =>
    new FunctionHost({
      cloud,
      bundle: built.path(cloud),
      env: { ...envs[cloud], CAPSTAN_CONFIG: config, CAPSTAN_SITE: cloud, CAPSTAN_LOG_LEVEL: "debug" },
      onLog: (line) => lines.push(line),
    });
  const hosts = { aws: host("aws"), azure: host("azure"), gcp: host("gcp") };
  return {
    sandbox,
    fleet: new Fleet(sandbox, namespacesPerCluster),
    hosts,
    config,
    lines,
    async tickUntil(done) {
      for (let round = 0; round < 200; round += 1) {
        await Promise.all(clouds.map((cloud) => hosts[cloud].invoke("tick")));
        if (done()) return;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
      throw new Error(["never came about; last lines:", ...lines.slice(-20)].join("\n"));
    },
    secrets: () => [
      ...sandbox.harbor.secrets().map((secret) => secret.reveal()),
      ...Object.entries(sandbox.env.aws).flatMap(([name, value]) =>
        /SECRET|PASSWORD|TOKEN/.test(name) ? [value] : [],
      ),
      ...sandbox.describe().clusters.map(({ runnerToken }) => runnerToken.reveal()),
    ],
    async close() {
      await Promise.all(clouds.map((cloud) => hosts[cloud].close()));
      await sandbox.close();
      rmSync(folder, { recursive: true });
    },
  };
}
