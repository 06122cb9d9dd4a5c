import { parseArgs } from "node:util";
import type { CloudName } from "../facts.ts";
import { demoFaults } from "./faults.ts";

/** Those that promise no failed pull. */
const demoStrategies = ["generations", "alternating"] as const;
export type DemoStrategy = (typeof demoStrategies)[number];

export interface DemoOptions {
  readonly json: boolean;
  readonly strategy: DemoStrategy;
  readonly rotations: number;
  readonly clusters: number;
  readonly namespaces: number;
  readonly seed: number;
  readonly fault: string | null;
}

/** Wrong usage; the message says the mend. */
export class DemoUsageError extends Error {
  override readonly name = "DemoUsageError";
}

export const demoHelp = `usage: npm run demo -- [options]

Starts a hybrid cloud in this process and rotates one credential through it while pods pull, at most 300 times a second.

  --rotations N    rotations after the first hand-out (default 3)
  --clusters N     Kubernetes clusters (default 3)
  --namespaces N   namespaces in each cluster (default 20)
  --strategy NAME  generations (default), or alternating: its issuer is Harbor's administrator, and each rotation
                   takes some 25 s, since a refreshed secret is tried again ten seconds later
  --seed N         seed of jitter and of the plan of faults (default 1)
  --fault NAME     let this go wrong during the first rotation
  --list-faults    the faults, a line each
  --json           one JSON document on stdout and nothing else
  --help           this text`;

function count(flag: string, text: string, max: number): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1 && number <= max) return number;
  throw new DemoUsageError(`--${flag} takes a whole number from 1 to ${max}`);
}

function readStrategy(text: string): DemoStrategy {
  const strategy = demoStrategies.find((known) => known === text);
  if (strategy !== undefined) return strategy;
  const why = text === "in-place" ? ": with in-place pulls fail during a rotation, by consent" : "";
  throw new DemoUsageError(`--strategy takes ${demoStrategies.join(" or ")}${why}`);
}

function readFault(name: unknown, strategy: DemoStrategy): string | null {
  if (typeof name !== "string") return null;
  const fault = demoFaults.find((known) => known.name === name);
  if (fault === undefined) throw new DemoUsageError(`there is no fault ${name}; --list-faults names them`);
  if (fault.only !== undefined && fault.only !== strategy)
    throw new DemoUsageError(
      `the fault ${name} needs --strategy ${fault.only}: with ${strategy} no robot is refreshed`,
    );
  return name;
}

/** Reads the command line. Throws `DemoUsageError`. */
export function readDemoOptions(argv: readonly string[]): DemoOptions | "help" | "list-faults" {
  let values: Readonly<Record<string, string | boolean | undefined>>;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        rotations: { type: "string", default: "3" },
        clusters: { type: "string", default: "3" },
        namespaces: { type: "string", default: "20" },
        strategy: { type: "string", default: "generations" },
        seed: { type: "string", default: "1" },
        fault: { type: "string" },
        json: { type: "boolean", default: false },
        "list-faults": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    }));
  } catch (error) {
    throw new DemoUsageError(`${error instanceof Error ? error.message : "wrong usage"}; --help lists the options`);
  }
  if (values["help"] === true) return "help";
  if (values["list-faults"] === true) return "list-faults";
  const strategy = readStrategy(String(values["strategy"]));
  const fault = readFault(values["fault"], strategy);
  return {
    json: values["json"] === true,
    strategy,
    rotations: count("rotations", String(values["rotations"]), 100),
    clusters: count("clusters", String(values["clusters"]), 50),
    namespaces: count("namespaces", String(values["namespaces"]), 1_000),
    seed: count("seed", String(values["seed"]), 2 ** 32 - 1),
    fault,
  };
}

/** How one demo is run. */
export interface DemoRun {
  readonly options: DemoOptions;
  readonly bundles: Readonly<Record<CloudName, string>>;
  /** A line of progress for people. */
  readonly say: (line: string) => void;
  /** How long each part of a rotation may take before the demo gives up; by the size of the fleet where absent. */
  readonly patienceMs?: number;
  /** It does not give up before each cloud's function has ticked so often in that part: a slow machine needs longer. */
  readonly patienceTicks?: number;
  /** How long a fault that heals lasts at least; 10 s where absent. */
  readonly faultLastsMs?: number;
  /** Give up at the first pull that fails. */
  readonly untilFirstFailure?: boolean;
}
