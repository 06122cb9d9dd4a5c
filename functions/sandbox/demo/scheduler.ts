import type { InvokeResult } from "../../../core/app/invoke.ts";
import type { CloudName } from "../facts.ts";
import { FunctionHost, type HostEvent } from "./host.ts";
import type { ActiveFault } from "./stage.ts";

const clouds: readonly CloudName[] = ["aws", "azure", "gcp"];

export interface SchedulerOptions {
  /** Cloud → path of its built bundle. */
  readonly bundles: Readonly<Record<CloudName, string>>;
  readonly env: Readonly<Record<CloudName, Readonly<Record<string, string>>>>;
  readonly random: () => number;
  /** Between two ticks of a cloud. */
  readonly pauseMs: { readonly min: number; readonly max: number };
  readonly onLog: (cloud: CloudName, line: string) => void;
}

/**
 * Each cloud's scheduler: calls that cloud's function again and again, through what registers it there.
 * A function that was killed is started anew by the next event, as the cloud would.
 */
export class DemoScheduler {
  readonly #options: SchedulerOptions;
  readonly #hosts: Record<CloudName, FunctionHost[]> = { aws: [], azure: [], gcp: [] };
  readonly #done: Record<CloudName, number> = { aws: 0, azure: 0, gcp: 0 };
  /** Clouds whose functions are to be replaced, with whom to tell. */
  readonly #outdated = new Map<CloudName, () => void>();
  #fault: ActiveFault | null = null;
  #stopped = false;
  #loops: Promise<void>[] = [];

  constructor(options: SchedulerOptions) {
    this.#options = options;
    for (const cloud of clouds) this.#hosts[cloud].push(this.#newHost(cloud));
  }

  #newHost(cloud: CloudName): FunctionHost {
    const { bundles, env, onLog } = this.#options;
    return new FunctionHost({ cloud, bundle: bundles[cloud], env: env[cloud], onLog: (line) => onLog(cloud, line) });
  }

  start(): void {
    this.#loops = clouds.map((cloud) => this.#loop(cloud));
  }

  ticks(cloud: CloudName): number {
    return this.#done[cloud];
  }

  /** Of the function that has finished the fewest. */
  ticksMin(): number {
    return Math.min(...clouds.map((cloud) => this.#done[cloud]));
  }

  setFault(fault: ActiveFault): void {
    this.#fault = fault;
  }

  /** New instances of all functions, as a deployment makes them: each when its cloud's tick under way has ended. */
  async redeploy(): Promise<void> {
    const replaced = (cloud: CloudName) => new Promise<void>((resolve) => this.#outdated.set(cloud, resolve));
    await Promise.all(clouds.map(replaced));
  }

  kill(cloud: CloudName): void {
    for (const host of this.#hosts[cloud]) void host.kill();
  }

  /** An operator's event, in as many copies and to as many runners as the fault wants. True: one of them took it. */
  async send(cloud: CloudName, event: HostEvent): Promise<boolean> {
    const results = await this.#deliver(cloud, event);
    return results.some(({ runs }) => runs.some(({ actTaken }) => actTaken === true));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#loops);
    await Promise.all(Object.values(this.#hosts).flatMap((hosts) => hosts.map((host) => host.close())));
  }

  async #loop(cloud: CloudName): Promise<void> {
    while (!this.#stopped) {
      await this.#deliver(cloud, "tick");
      this.#done[cloud] += 1;
      await this.#replace(cloud);
      const { min, max } = this.#options.pauseMs;
      const pauseMs = min + this.#options.random() * (max - min);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async #replace(cloud: CloudName): Promise<void> {
    const replaced = this.#outdated.get(cloud);
    if (replaced === undefined) return;
    this.#outdated.delete(cloud);
    await Promise.all(this.#hosts[cloud].map((host) => host.close()));
    this.#hosts[cloud] = [this.#newHost(cloud)];
    replaced();
  }

  async #deliver(cloud: CloudName, event: HostEvent): Promise<readonly InvokeResult[]> {
    const { runners = 1, events = 1 } = this.#fault?.copies ?? {};
    const wanted = cloud === "aws" ? runners : 1;
    while (this.#hosts[cloud].length < wanted) this.#hosts[cloud].push(this.#newHost(cloud));
    const hosts = this.#hosts[cloud].slice(0, wanted);
    const copies = hosts.flatMap((host) => Array.from({ length: events }, () => host.invoke(event)));
    if (copies.length > 1) this.#fault?.sent?.();
    // What failed is not told again: the next event goes on from there, as it would in a cloud.
    const settled = await Promise.allSettled(copies);
    return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  }
}
