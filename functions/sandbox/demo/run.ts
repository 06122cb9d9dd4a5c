import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentialName } from "../configuration.ts";
import type { CloudName } from "../facts.ts";
import { type Sandbox, startSandbox } from "../start.ts";
import { demoConfiguration, demoTokens } from "./configuration.ts";
import { DemoFailure } from "./failure.ts";
import { demoFaults } from "./faults.ts";
import { Fleet } from "./fleet.ts";
import type { HostEvent } from "./host.ts";
import { PhaseLog, PullLedger, type RotationSeen } from "./measure.ts";
import type { DemoRun } from "./options.ts";
import { drainMsFor, type Pace, paceOf } from "./pace.ts";
import { Pulling } from "./pulling.ts";
import { seededRandom } from "./random.ts";
import type { DemoReport } from "./report.ts";
import { DemoScheduler } from "./scheduler.ts";
import type { ActiveFault, DemoStage } from "./stage.ts";
import { type CloudWrites, countStoreWrites, writesSince } from "./store-writes.ts";
import { judgeDemo } from "./verdict.ts";

const lookEveryMs = 20;
const askEveryMs = 100;

/** Longer than the drain: an answer that only waits for it would be seen to fail. */
const faultLastsMsDefault = 10_000;

/** Runs the demo from the start of the sandbox to its report. */
export async function runDemo(run: DemoRun): Promise<DemoReport> {
  const { options } = run;
  const startedMs = Date.now();
  const sandbox = await startSandbox({
    clusters: options.clusters,
    namespacesPerCluster: options.namespaces,
    seed: options.seed,
    issuer: options.strategy === "generations" ? "robot" : "administrator",
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
  readonly #fleet: Fleet;
  readonly #random: () => number;
  readonly #phases = new PhaseLog();
  readonly #pulls = new PullLedger();
  readonly #logs: string[] = [];
  /** `<cluster>/<namespace>` */
  readonly #namespaces: readonly string[];
  readonly #pace: Pace;
  readonly #writes: () => CloudWrites;
  #scheduler: DemoScheduler | null = null;
  #pulling: Pulling | null = null;
  #pullingSinceMs = 0;
  #looking: NodeJS.Timeout | null = null;
  #fault: ActiveFault | null = null;
  #closed = false;

  constructor(run: DemoRun, sandbox: Sandbox, startedMs: number) {
    this.#run = run;
    this.#sandbox = sandbox;
    this.#startedMs = startedMs;
    this.#fleet = new Fleet(sandbox, run.options.namespaces);
    this.#writes = countStoreWrites(sandbox);
    this.#random = seededRandom(run.options.seed);
    this.#namespaces = sandbox
      .describe()
      .clusters.flatMap(({ name, namespaces }) => namespaces.map((namespace) => `${name}/${namespace}`));
    this.#pace = paceOf(this.#namespaces.length, run.options.strategy);
  }

  async play(folder: string): Promise<DemoReport> {
    const facts = this.#sandbox.describe();
    const caFile = join(folder, "ca.pem");
    const config = join(folder, "capstan.yaml");
    await writeFile(caFile, this.#sandbox.caPem);
    const { strategy, fault } = this.#run.options;
    const configure = (drainMs: number) =>
      writeFile(config, demoConfiguration(facts, caFile, { strategy, fault, drainMs }));
    await configure(drainMsFor(0));
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
      pauseMs: this.#pace.tickPauseMs,
      onLog: (_cloud, line) => this.#logs.push(line),
    });
    this.#scheduler = scheduler;
    this.#looking = setInterval(() => this.#look(), lookEveryMs);
    scheduler.start();
    this.#say(
      `${facts.clusters.length} clusters × ${this.#run.options.namespaces} namespaces, home on aws, replicas on azure and gcp`,
    );
    await this.#until("the first generation is served", () => this.#fleet.settled(0));
    const { rotations: wanted } = this.#run.options;
    // Every node has read its Secret once before anything goes wrong.
    const everywhereMs = await this.#firstPulls();
    if (this.#pace.large) {
      this.#say(
        `every namespace pulled within ${Math.round(everywhereMs / 1000)} s: deployed anew, with a longer drain`,
      );
      await configure(drainMsFor(everywhereMs));
      await scheduler.redeploy();
    }
    const rotations: RotationSeen[] = [];
    for (let i = 0; i < wanted; i += 1) rotations.push(await this.#rotate(i, rotations.at(-1)));
    await this.#enoughPulls();
    return this.#report(rotations);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#looking !== null) clearInterval(this.#looking);
    await this.#pulling?.stop();
    await this.#scheduler?.stop();
  }

  #say(line: string): void {
    const seconds = ((Date.now() - this.#startedMs) / 1000).toFixed(1).padStart(5);
    this.#run.say(`${seconds} s  ${line}`);
  }

  #look(): void {
    const ledger = this.#fleet.ledger();
    if (this.#phases.look(ledger, Date.now())) this.#say(this.#fleet.describe(ledger));
    this.#fault?.look();
  }

  async #until(what: string, done: () => boolean): Promise<void> {
    const { patienceMs = this.#pace.patienceMs, patienceTicks = 0 } = this.#run;
    const endMs = Date.now() + patienceMs;
    const ticksMin = (): number => this.#scheduler?.ticksMin() ?? 0;
    const endTicks = ticksMin() + patienceTicks;
    while (!done()) {
      if (this.#run.untilFirstFailure && (this.#pulling?.failed ?? 0) > 0)
        throw new DemoFailure("a pull failed", this.#logs);
      if (Date.now() > endMs && ticksMin() >= endTicks)
        throw new DemoFailure(`waited ${patienceMs / 1000} s, but not: ${what}`, this.#logs);
      await new Promise((resolve) => setTimeout(resolve, this.#pace.lookPauseMs));
    }
  }

  /** How long it took until every namespace had pulled once. */
  async #firstPulls(): Promise<number> {
    const login = this.#fleet.ledger()?.current?.robot.username ?? "";
    const startedMs = Date.now();
    this.#pulling = new Pulling({
      facts: this.#sandbox.describe(),
      pace: this.#pace,
      seed: this.#run.options.seed,
      onPull: (record) => this.#pulls.add(record, this.#phases.entries),
    });
    this.#pullingSinceMs = startedMs;
    await this.#pullEverywhere(login, startedMs);
    return Date.now() - startedMs;
  }

  /** Every namespace has pulled with this login since then, or does so now, beside the rhythm. */
  async #pullEverywhere(login: string, sinceMs: number): Promise<void> {
    await this.#pulling?.everywhere((namespace) => this.#pulls.hasPulled(namespace, login, sinceMs));
  }

  #stage(): DemoStage {
    const scheduler = this.#scheduler;
    if (scheduler === null) throw new Error("the scheduler is started first");
    return {
      sandbox: this.#sandbox,
      strategy: this.#run.options.strategy,
      nowMs: () => Date.now(),
      random: seededRandom(this.#run.options.seed),
      lastsMsMin: this.#run.faultLastsMs ?? faultLastsMsDefault,
      ledger: () => this.#fleet.ledger(),
      kill: (cloud) => scheduler.kill(cloud),
      ticks: (cloud) => scheduler.ticks(cloud),
      namespaces: this.#run.options.namespaces,
    };
  }

  async #rotate(index: number, last: RotationSeen | undefined): Promise<RotationSeen> {
    const before = this.#fleet.ledger();
    if (!before?.current) throw new Error("a rotation starts from a current generation");
    const old = before.current.robot.username;
    if (index === 0 && this.#run.options.fault !== null) await this.#beginFault(this.#run.options.fault);
    const written = this.#writes();
    const fromMs = this.#pace.large ? (last?.endedMs ?? this.#pullingSinceMs) : Date.now();
    const pulling = this.#pullEverywhere(old, fromMs);
    // A large fleet is served before all of it could have pulled with the old robot: that comes first.
    if (this.#pace.large) await pulling;
    this.#say(`rotation ${index + 1} asked for`);
    const askedMs = Date.now();
    const dedupeId = `demo-rotation-${index + 1}`;
    const event = { capstan: { action: "rotate", credentials: [credentialName], dedupeId } } as const;
    const asked = this.#ask(event, () => {
      const ledger = this.#fleet.ledger();
      return ledger?.epoch !== before.epoch || ledger.next !== null;
    });
    await this.#until("the new generation is current", () => (this.#fleet.ledger()?.epoch ?? 0) > before.epoch);
    await Promise.all([asked, pulling]);
    // A copy that was held up on its way.
    if (this.#fault?.copies?.late) await this.#ask(event, (taken) => taken);
    const promoted = this.#fleet.ledger()?.current;
    if (!promoted) throw new Error("a promotion leaves a current generation");
    const { username } = promoted.robot;
    await this.#until("every namespace holds the new generation", () => this.#fleet.everywhere());
    await this.#pullEverywhere(username, promoted.promotedAtMs);
    await this.#until(
      "the old robot is gone and all stores and targets agree",
      () => this.#fleet.settled(before.epoch) && (this.#fault?.healedMs() !== null || !this.#lasting()),
    );
    const { harbor } = this.#sandbox;
    const robot = harbor.robots().find((one) => one.username === old);
    const endedMs = robot?.deletedAtMs ?? robot?.refreshedAtMs ?? Date.now();
    // Now: with two robots in turn this one is the next rotation's new one.
    const oldBearersEndMs = harbor.lastTokenEndMs.get(old) ?? null;
    await this.#pullEverywhere(username, endedMs);
    return {
      askedMs,
      fromMs,
      epochBefore: before.epoch,
      newUsername: username,
      oldUsername: old,
      promotedMs: promoted.promotedAtMs,
      endedMs,
      oldBearersEndMs,
      writes: writesSince(written, this.#writes()),
    };
  }

  /** Another tick may hold the lease: an operator (or its pipeline) asks again until it is taken. */
  async #ask(event: HostEvent, done: (taken: boolean) => boolean): Promise<void> {
    let taken = false;
    while (!this.#closed && !done(taken)) {
      taken = (await this.#scheduler?.send("aws", event)) === true;
      await new Promise((resolve) => setTimeout(resolve, askEveryMs));
    }
  }

  #lasting(): boolean {
    return this.#fault !== null && this.#fault.copies === undefined && this.#fault.fired() > 0;
  }

  async #beginFault(name: string): Promise<void> {
    const fault = demoFaults.find((known) => known.name === name)?.begin(this.#stage());
    if (fault === undefined) throw new Error(`no fault ${name}`);
    this.#fault = fault;
    this.#scheduler?.setFault(fault);
    // Further runners are warm before the event that they are to fight about.
    if (fault.copies !== undefined) await this.#scheduler?.send("aws", "tick");
    this.#say(`fault ${name} is set`);
  }

  async #enoughPulls(): Promise<void> {
    const wanted = Math.min(5_000, 84 * this.#namespaces.length);
    const pulls = (): number => this.#pulling?.pulls ?? 0;
    // In steps: a slow machine may take long, as long as pods go on pulling.
    while (pulls() < wanted) {
      const next = Math.min(wanted, pulls() + this.#namespaces.length);
      await this.#until(`${next} of ${wanted} pulls`, () => pulls() >= next);
    }
  }

  async #report(rotations: readonly RotationSeen[]): Promise<DemoReport> {
    const pulling = this.#pulling;
    if (pulling === null) throw new Error("the pods are started first");
    await pulling.stop();
    return judgeDemo({
      options: this.#run.options,
      sandbox: this.#sandbox,
      startedMs: this.#startedMs,
      endedMs: Date.now(),
      pulls: this.#pulls,
      stats: pulling.stats(),
      namespaces: this.#namespaces,
      rotations,
      fault: this.#fault,
      logs: this.#logs,
    });
  }
}
