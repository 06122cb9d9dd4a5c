import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseRobotMark } from "../../../core/protocol/mark.ts";
import type { HomeLedger } from "../../../core/protocol/state.ts";
import { createScrubber } from "../../../core/scrub.ts";
import { credentialName, pullSecretName } from "../configuration.ts";
import type { CloudName } from "../facts.ts";
import { type Pullers, startPullers } from "../pullers/start-pullers.ts";
import { type Sandbox, startSandbox } from "../start.ts";
import { demoConfiguration, demoTokens } from "./configuration.ts";
import { demoFaults } from "./faults.ts";
import { phaseOf, readDemoLedger } from "./ledger-view.ts";
import { PhaseLog, PullLedger, type RotationSeen } from "./measure.ts";
import type { DemoOptions } from "./options.ts";
import { seededRandom } from "./random.ts";
import { type DemoReport, storesForReport } from "./report.ts";
import { DemoScheduler } from "./scheduler.ts";
import type { ActiveFault, DemoStage } from "./stage.ts";
import { askStores } from "./stores.ts";

const installation = "sandbox";
const storeName = `capstan-${credentialName}`;
const pullsPerSecondMax = 200;
const lookEveryMs = 20;

/** A rotation that does not end in this time is a failure of the demo. */
const rotationMsMax = 90_000;

export interface DemoRun {
  readonly options: DemoOptions;
  readonly bundles: Readonly<Record<CloudName, string>>;
  /** A line of progress for people. */
  readonly say: (line: string) => void;
}

/** Runs the demo from the start of the sandbox to its report. */
export async function runDemo(run: DemoRun): Promise<DemoReport> {
  const { options } = run;
  const startedMs = Date.now();
  const sandbox = await startSandbox({
    clusters: options.clusters,
    namespacesPerCluster: options.namespaces,
    seed: options.seed,
    gcpWritesPerSecondMax: 50,
    ...demoTokens,
  });
  const folder = await mkdtemp(join(tmpdir(), "capstan-demo-"));
  const demo = new Demo(run, sandbox, startedMs);
  try {
    return await demo.play(folder);
  } finally {
    await demo.close();
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
}

class Demo {
  readonly #run: DemoRun;
  readonly #sandbox: Sandbox;
  readonly #startedMs: number;
  readonly #random: () => number;
  readonly #phases = new PhaseLog();
  readonly #pulls = new PullLedger(() => phaseOf(this.#ledger()));
  readonly #logs: string[] = [];
  readonly #namespaces: readonly { readonly cluster: string; readonly namespace: string }[];
  #scheduler: DemoScheduler | null = null;
  #pullers: Pullers | null = null;
  #looking: NodeJS.Timeout | null = null;
  #fault: ActiveFault | null = null;

  constructor(run: DemoRun, sandbox: Sandbox, startedMs: number) {
    this.#run = run;
    this.#sandbox = sandbox;
    this.#startedMs = startedMs;
    this.#random = seededRandom(run.options.seed);
    this.#namespaces = sandbox
      .describe()
      .clusters.flatMap(({ name, namespaces }) => namespaces.map((namespace) => ({ cluster: name, namespace })));
  }

  #ledger(): HomeLedger | null {
    return readDemoLedger(this.#sandbox, installation, credentialName);
  }

  async play(folder: string): Promise<DemoReport> {
    const facts = this.#sandbox.describe();
    const caFile = join(folder, "ca.pem");
    const config = join(folder, "capstan.yaml");
    await writeFile(caFile, this.#sandbox.caPem);
    await writeFile(config, demoConfiguration(facts, caFile));
    const { aws, azure, gcp } = this.#sandbox.env;
    // Home writes into every site's store: what federation gives it in production, its environment gives it here.
    const env = (site: CloudName, own: Readonly<Record<string, string>>) => ({
      ...own,
      CAPSTAN_CONFIG: config,
      CAPSTAN_SITE: site,
      CAPSTAN_LOG_LEVEL: "debug",
    });
    const scheduler = new DemoScheduler({
      bundles: this.#run.bundles,
      env: { aws: env("aws", { ...gcp, ...azure, ...aws }), azure: env("azure", azure), gcp: env("gcp", gcp) },
      random: this.#random,
      onLog: (_cloud, line) => this.#logs.push(line),
    });
    this.#scheduler = scheduler;
    this.#looking = setInterval(() => this.#look(), lookEveryMs);
    scheduler.start();
    this.#say(
      `${facts.clusters.length} clusters × ${this.#run.options.namespaces} namespaces, home on aws, replicas on azure and gcp`,
    );
    await this.#until("the first generation is served", () => this.#settled(0));
    this.#startPulling();
    const rotations: RotationSeen[] = [];
    for (let i = 0; i < this.#run.options.rotations; i += 1) rotations.push(await this.#rotate(i));
    await this.#enoughPulls();
    return this.#report(rotations);
  }

  async close(): Promise<void> {
    if (this.#looking !== null) clearInterval(this.#looking);
    await this.#pullers?.stop();
    await this.#scheduler?.stop();
  }

  #say(line: string): void {
    const seconds = ((Date.now() - this.#startedMs) / 1000).toFixed(1).padStart(5);
    this.#run.say(`${seconds} s  ${line}`);
  }

  #look(): void {
    const ledger = this.#ledger();
    if (this.#phases.look(ledger, Date.now())) this.#say(this.#describe(ledger));
    this.#fault?.look();
  }

  #describe(ledger: HomeLedger | null): string {
    if (ledger === null) return "no ledger yet";
    const next = ledger.next === null ? "" : `generation ${ledger.next.generation} ${ledger.next.state}; `;
    const old = ledger.replaced.map((record) => `, generation ${record.generation} ${record.state}`).join("");
    return `${next}current ${ledger.current === null ? "none" : `generation ${ledger.current.generation}, epoch ${ledger.epoch}`}${old}; served ${this.#served(ledger).join(" ")}`;
  }

  /** Per cluster: namespaces whose pull Secret carries the current epoch. */
  #served(ledger: HomeLedger): readonly string[] {
    const mark = `${ledger.ledgerId}.${ledger.epoch}`;
    return this.#sandbox.clusters.map((cluster) => {
      const served = cluster
        .secrets()
        .filter(
          (secret) =>
            secret.name === pullSecretName && secret.annotations?.[`epoch.capstan.dev/${credentialName}`] === mark,
        );
      return `${cluster.name} ${served.length}/${this.#run.options.namespaces}`;
    });
  }

  /** Nothing under way above this epoch, and every namespace holds it. */
  #settled(epochAbove: number): boolean {
    const ledger = this.#ledger();
    if (
      ledger === null ||
      ledger.current === null ||
      ledger.epoch <= epochAbove ||
      ledger.next !== null ||
      ledger.replaced.length > 0
    )
      return false;
    return this.#served(ledger).every((text) =>
      text.endsWith(` ${this.#run.options.namespaces}/${this.#run.options.namespaces}`),
    );
  }

  async #until(what: string, done: () => boolean): Promise<void> {
    const endMs = Date.now() + rotationMsMax;
    while (!done()) {
      if (Date.now() > endMs) throw new DemoFailure(`waited ${rotationMsMax / 1000} s, but not: ${what}`, this.#logs);
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
  }

  #startPulling(): void {
    const { harbor, clusters, caPem } = this.#sandbox.describe();
    const paceMs = Math.max(300, (this.#namespaces.length * 1000) / pullsPerSecondMax);
    this.#pullers = startPullers({
      clusters: clusters.map(({ name, server, nodeToken, namespaces }) => ({
        name,
        server,
        caPem,
        token: nodeToken.reveal(),
        namespaces,
      })),
      registry: { endpoint: harbor.endpoint, host: harbor.host },
      image: harbor.image,
      secretName: pullSecretName,
      paceMs,
      random: this.#random,
      nowMs: () => Date.now(),
      onPull: (record) => this.#pulls.add(record, this.#phases.entries),
    });
  }

  /** Every namespace pulls once, now, beside the rhythm. */
  async #pullEverywhere(): Promise<void> {
    const pullers = this.#pullers;
    if (pullers === null) return;
    await Promise.all(this.#namespaces.map(({ cluster, namespace }) => pullers.pullOnce(cluster, namespace)));
  }

  #stage(): DemoStage {
    const scheduler = this.#scheduler;
    if (scheduler === null) throw new Error("the scheduler is started first");
    return {
      sandbox: this.#sandbox,
      nowMs: () => Date.now(),
      ledger: () => this.#ledger(),
      kill: (cloud) => scheduler.kill(cloud),
      ticks: (cloud) => scheduler.ticks(cloud),
      namespaces: this.#run.options.namespaces,
    };
  }

  async #rotate(index: number): Promise<RotationSeen> {
    const before = this.#ledger();
    if (!before?.current) throw new Error("a rotation starts from a current generation");
    if (index === 0 && this.#run.options.fault !== null) this.#beginFault(this.#run.options.fault);
    this.#say(`rotation ${index + 1} asked for`);
    const askedMs = Date.now();
    const pulling = this.#pullEverywhere();
    // Another tick may hold the lease: an operator (or its pipeline) asks again until it is taken.
    let asking = true;
    const ask = async () => {
      while (asking && this.#ledger()?.epoch === before.epoch && this.#ledger()?.next === null) {
        await this.#scheduler?.send("aws", { capstan: { action: "rotate", credentials: [credentialName] } });
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    const asked = ask();
    await this.#until("the new generation is current", () => (this.#ledger()?.epoch ?? 0) > before.epoch);
    asking = false;
    await Promise.all([asked, pulling]);
    const promoted = this.#ledger()?.current;
    if (!promoted) throw new Error("a promotion leaves a current generation");
    await this.#until("every namespace holds the new generation", () => this.#everywhere());
    await this.#pullEverywhere();
    await this.#until(
      "the old robot is gone and all stores and targets agree",
      () => this.#settled(before.epoch) && (this.#fault?.healedMs() !== null || !this.#lasting()),
    );
    const old = before.current.robot.username;
    const deletedMs = this.#sandbox.harbor.robots().find((robot) => robot.username === old)?.deletedAtMs ?? Date.now();
    await this.#pullEverywhere();
    return {
      askedMs,
      newUsername: promoted.robot.username,
      oldUsername: old,
      promotedMs: promoted.promotedAtMs,
      deletedMs,
    };
  }

  #everywhere(): boolean {
    const ledger = this.#ledger();
    return (
      ledger !== null &&
      this.#served(ledger).every((text) =>
        text.endsWith(` ${this.#run.options.namespaces}/${this.#run.options.namespaces}`),
      )
    );
  }

  #lasting(): boolean {
    return this.#fault !== null && this.#fault.copies === undefined && this.#fault.fired() > 0;
  }

  #beginFault(name: string): void {
    const fault = demoFaults.find((known) => known.name === name)?.begin(this.#stage());
    if (fault === undefined) throw new Error(`no fault ${name}`);
    this.#fault = fault;
    this.#scheduler?.setFault(fault);
    this.#say(`fault ${name} is set`);
  }

  async #enoughPulls(): Promise<void> {
    const wanted = Math.min(5_000, 84 * this.#namespaces.length);
    await this.#until(`${wanted} pulls`, () => (this.#pullers?.stats().pulls ?? 0) >= wanted);
  }

  async #report(rotations: readonly RotationSeen[]): Promise<DemoReport> {
    const pullers = this.#pullers;
    await pullers?.stop();
    const endMs = Date.now();
    const { options } = this.#run;
    const stats = pullers?.stats();
    const stores = await askStores(this.#sandbox, storeName, () => Date.now());
    const living = this.#sandbox.harbor
      .robots()
      .filter((robot) => robot.deletedAtMs === null && parseRobotMark(robot.username, robot.description) !== null);
    const per = this.#pulls.perNamespace(
      this.#namespaces.map(({ cluster, namespace }) => `${cluster}/${namespace}`),
      rotations,
      endMs,
    );
    const writes = this.#sandbox.clusters.reduce(
      (sum, cluster) =>
        sum +
        ["secret.apply", "secret.create", "secret.patch"].reduce(
          (part, kind) => part + (cluster.counts.get(kind) ?? 0),
          0,
        ),
      0,
    );
    const fault = this.#fault;
    const since = (ms: number | null | undefined) => (ms == null ? null : ms - this.#startedMs);
    const broken: string[] = [];
    const check = (holds: boolean, text: string) => {
      if (!holds) broken.push(text);
    };
    for (const failure of stats?.failures.slice(0, 5) ?? [])
      broken.push(
        `a pull failed: ${failure.cluster}/${failure.namespace} ${failure.causes.map(({ stage, status, detail }) => `${stage} ${status ?? ""} ${detail}`).join("; ")}`,
      );
    check(living.length === 1, `${living.length} robots with our mark are left`);
    const epochs = new Set(Object.values(stores).map(({ epoch }) => epoch));
    check(epochs.size === 1 && !epochs.has(null), "the stores do not agree on the epoch");
    check(
      Object.values(stores).every(({ username }) => username === living[0]?.username),
      "a store does not hold the robot that is left",
    );
    check(
      per.missed.length === 0,
      `namespaces that did not pull in all three parts of a rotation: ${per.missed.slice(0, 3).join(", ")}`,
    );
    check(fault === null || fault.fired() > 0, `the fault ${options.fault} never fired`);
    check(this.#leaked() === 0, "a secret stands in the functions' logs");
    return {
      pulls: stats?.pulls ?? 0,
      failedPulls: stats?.failed ?? 0,
      pullsByState: this.#pulls.byPhase(),
      pullsPerNamespaceMin: per.min,
      rotations: rotations.length,
      robotsLeft: living.length,
      stores: storesForReport(stores),
      exposureMs: rotations.map(({ oldUsername, promotedMs }) =>
        Math.max(0, (this.#sandbox.harbor.lastTokenEndMs.get(oldUsername) ?? promotedMs) - promotedMs),
      ),
      writes,
      fault:
        fault === null || options.fault === null
          ? null
          : {
              name: options.fault,
              fired: fault.fired(),
              firstMs: since(fault.firstMs()),
              healedMs: since(fault.healedMs()),
            },
      wallMs: Date.now() - this.#startedMs,
      seed: options.seed,
      broken,
    };
  }

  /** Lines of the functions' logs in which a secret of the sandbox stands, in any of its forms. */
  #leaked(): number {
    const { harbor, aws, azure, clusters } = this.#sandbox.describe();
    const scrub = createScrubber([
      harbor.issuer.password,
      harbor.admin.password,
      aws.secretAccessKey,
      azure.identityHeader,
      ...clusters.map(({ runnerToken }) => runnerToken),
      ...this.#sandbox.harbor.secrets(),
    ]);
    return this.#logs.filter((line) => scrub(line) !== line).length;
  }
}

/** The demo could not come to its end; `logs`: the functions' last lines. */
export class DemoFailure extends Error {
  override readonly name = "DemoFailure";
  readonly logs: readonly string[];

  constructor(message: string, logs: readonly string[]) {
    super(message);
    this.logs = logs.slice(-40);
  }
}
