import { readDemoLedger } from "../../functions/sandbox/demo/ledger-view.ts";
import type { CliFleet } from "../scenarios/cli-fleet.ts";
import { expectedCodes } from "./hasty-fleet.ts";
import type { RunnerRequests } from "./requests.ts";

export type Command = "rotate" | "tick";

/** A process that was killed, and what the ledger said then. */
export interface Kill {
  readonly command: Command;
  /** Of the line: `idle` or the state of the next generation. */
  readonly line: string;
  /** Of the replaced generations, each state once; `none`. */
  readonly records: string;
}

export interface Deeds {
  readonly kills: Kill[];
  /** Processes that came to their own end, by exit code. */
  readonly ends: Map<number | null, number>;
  /** What a process said that ended otherwise than it may. */
  readonly unexpected: string[];
  /** Kills that were sent out: of two runners only one makes the last. */
  sent: number;
}

/** More and rotations would wait for each other instead of being under way. */
const replacedMax = 2;
const rotateShare = 0.5;
/** A kill comes at latest after so many times the requests of a quiet tick, the other runner's among them. */
const ticksOfRequestsMax = 3;
/** And so long after that request, for what lies between two of them. */
const laterMsMax = 30;

export interface Chances {
  readonly requests: RunnerRequests;
  /** Requests that a tick makes which finds nothing to do. */
  readonly requestsOfTick: number;
  /** [0, 1) */
  readonly random: () => number;
}

function ledgerOf({ sandbox }: CliFleet) {
  return readDemoLedger(sandbox, "sandbox", "platform-pull");
}

function killed(fleet: CliFleet, command: Command): Kill {
  const ledger = ledgerOf(fleet);
  const states = [...new Set(ledger?.replaced.map(({ state }) => state))].sort();
  return { command, line: ledger?.next?.state ?? "idle", records: states.join(" + ") || "none" };
}

/**
 * One runner: starts `capstan rotate` or `capstan tick` again and again and kills each at a random moment,
 * until there are enough kills. Several of them share `deeds`. Moments are counted in requests: on a slow
 * machine they lie where they lie on a fast one.
 */
export async function runAndKill(fleet: CliFleet, chances: Chances, deeds: Deeds, killsMax: number): Promise<void> {
  const { requests, requestsOfTick, random } = chances;
  while (deeds.kills.length < killsMax) {
    const ledger = ledgerOf(fleet);
    const mayRotate = ledger?.next === null && ledger.replaced.length <= replacedMax;
    const command: Command = mayRotate && random() < rotateShare ? "rotate" : "tick";
    const afterRequests = 1 + Math.floor(random() * ticksOfRequestsMax * requestsOfTick);
    const laterMs = random() * laterMsMax;
    const { child, done } = fleet.capstan.start([command]);
    let at: Kill | null = null;
    let timer: NodeJS.Timeout | undefined;
    const kill = (): void => {
      if (deeds.sent === killsMax) return;
      deeds.sent += 1;
      at = killed(fleet, command);
      child.kill("SIGKILL");
    };
    const takeBack = requests.after(afterRequests, () => {
      timer = setTimeout(kill, laterMs);
    });
    const { code, signal, err } = await done;
    takeBack();
    clearTimeout(timer);
    if (signal === "SIGKILL" && at !== null) {
      deeds.kills.push(at);
      continue;
    }
    // It was over when the kill reached it.
    if (at !== null) deeds.sent -= 1;
    deeds.ends.set(code, (deeds.ends.get(code) ?? 0) + 1);
    if (!expectedCodes.includes(code)) deeds.unexpected.push(`capstan ${command} ended with ${code ?? signal}: ${err}`);
  }
}
