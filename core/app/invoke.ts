import type { Command } from "../config/event.ts";
import type { Problem } from "../protocol/home-state.ts";
import type { Act } from "../protocol/settings.ts";
import { lookAtHome, lookAtSite } from "./inspect.ts";
import type { HomeRun, SiteRun } from "./run-credential.ts";
import { credentialOf, sitesOf, type TickInputs } from "./settings.ts";
import { tick } from "./tick.ts";
import type { Tools } from "./tools.ts";

export interface InvokeRequest {
  readonly command: Command;
  /** Sites whose runners are played. */
  readonly sites: readonly string[];
  /** Latest end; null: by each credential's `tickDeadline`. */
  readonly deadlineMs: number | null;
}

type RunEnd = HomeRun["outcome"]["end"] | SiteRun["outcome"]["end"];

/** One role of one credential in one tick. What was not read is absent. */
export interface InvokedRun {
  readonly credential: string;
  readonly role: "home" | "site";
  readonly site: string;
  readonly end: RunEnd;
  readonly problems: readonly Problem[];
  readonly waits?: readonly string[];
  readonly epoch?: number;
  readonly generation?: number;
  readonly served?: number;
  readonly wanted?: number;
  /** Only where an act was asked for: it is in the ledger (or was refused) and need not be asked for again. */
  readonly actTaken?: boolean;
}

/** A plain JSON document without secrets: what a function answers. */
export interface InvokeResult {
  /** Correlation id of the log lines. */
  readonly tick: string;
  /** When to come back, milliseconds since the epoch; of a status the moment of looking. */
  readonly nextAtMs: number;
  /** The same as ISO 8601. */
  readonly nextAt: string;
  /** The worst of all runs. */
  readonly end: RunEnd;
  readonly runs: readonly InvokedRun[];
}

/** A command that cannot be meant for this function. The message is safe to print. */
export class CommandRefused extends Error {
  constructor(why: string) {
    super(`command refused: ${why}`);
    this.name = "CommandRefused";
  }
}

const endsBestFirst: readonly RunEnd[] = [
  "served",
  "idle",
  "nothing",
  "busy",
  "lost-race",
  "waiting",
  "deadline",
  "blocked",
];

/** One tick of these sites with what a command asks, or (`status`) a look that changes nothing. Throws `CommandRefused`. */
export async function invoke(tools: Tools, request: InvokeRequest): Promise<InvokeResult> {
  const { command, sites, deadlineMs } = request;
  const { credentials } = command;
  for (const name of credentials) {
    if (!Object.hasOwn(tools.config.credentials, name))
      throw new CommandRefused("it names a credential that is not in the configuration");
  }
  if (command.action === "status") return look(tools, credentials, sites);
  const act = actOf(command);
  const names = act === null ? credentials : atHomeHere(tools, credentials, sites);
  const acts = act === null ? {} : Object.fromEntries(names.map((name) => [name, act]));
  const done = await tick(tools, { sites, credentials: names, acts, deadlineMs });
  const runs = done.runs.map((run) => (run.role === "home" ? homeDocument(run, act !== null) : siteDocument(run)));
  return result(done.tick, done.nextAtMs, runs);
}

function actOf(command: Exclude<Command, { action: "status" }>): Act | null {
  switch (command.action) {
    case "rotate":
      return { type: "rotate" };
    case "rollback":
      return { type: "roll-back", generation: command.generation };
    case "revoke":
      return { type: "revoke", generation: command.generation, now: command.now };
    default:
      return null;
  }
}

/** Acts are taken by home alone: elsewhere they would be lost without a word. */
function atHomeHere(tools: Tools, credentials: readonly string[], sites: readonly string[]): readonly string[] {
  const all = credentials.length > 0 ? credentials : Object.keys(tools.config.credentials);
  const here = all.filter((name) => sites.includes(credentialOf(tools.config, name).home));
  const elsewhere = credentials.find((name) => !here.includes(name));
  if (elsewhere !== undefined) {
    const { home } = credentialOf(tools.config, elsewhere);
    throw new CommandRefused(`${elsewhere} is at home at ${home}; ask the function there`);
  }
  if (here.length === 0) throw new CommandRefused("no credential is at home here");
  return here;
}

function homeDocument({ credential, site, outcome, ledger, actDone }: HomeRun, acted: boolean): InvokedRun {
  return {
    credential,
    role: "home",
    site,
    end: outcome.end,
    problems: outcome.problems,
    waits: outcome.waits,
    ...(ledger === null ? {} : { epoch: ledger.epoch }),
    ...(ledger?.current ? { generation: ledger.current.generation } : {}),
    ...(acted ? { actTaken: actDone } : {}),
  };
}

function siteDocument({ credential, site, outcome }: SiteRun): InvokedRun {
  const { end, problems, report } = outcome;
  const seen = report && {
    epoch: report.epoch,
    generation: report.generation,
    served: report.served,
    wanted: report.wanted,
  };
  return { credential, role: "site", site, end, problems, ...seen };
}

async function look(tools: Tools, credentials: readonly string[], sites: readonly string[]): Promise<InvokeResult> {
  const nowMs = tools.clock.nowMs();
  const inputs: TickInputs = { nowMs, entropy: tools.entropy, owner: tools.owner, deadlineMs: Number.MAX_SAFE_INTEGER };
  const names = credentials.length > 0 ? credentials : Object.keys(tools.config.credentials);
  const runs: InvokedRun[] = [];
  for (const credential of names) {
    const { home, ...others } = credentialOf(tools.config, credential);
    if (sites.includes(home)) runs.push(await lookHome(tools, credential, home, inputs));
    for (const site of sitesOf({ home, ...others })) {
      if (sites.includes(site)) runs.push(await lookSite(tools, credential, site, inputs));
    }
  }
  return result(tools.entropy.hex(8), nowMs, runs);
}

async function lookHome(tools: Tools, credential: string, site: string, inputs: TickInputs): Promise<InvokedRun> {
  const { state, wouldDo, problems, waits } = await lookAtHome(tools, credential, inputs);
  const { ledger } = state;
  const blocked = problems.some((problem) => problem.blocks);
  return {
    credential,
    role: "home",
    site,
    end: blocked ? "blocked" : wouldDo.length + waits.length > 0 ? "waiting" : "idle",
    problems,
    waits: [...waits, ...wouldDo.map((text) => `next: ${text}`)],
    ...(ledger === null ? {} : { epoch: ledger.epoch }),
    ...(ledger?.current ? { generation: ledger.current.generation } : {}),
  };
}

async function lookSite(tools: Tools, credential: string, site: string, inputs: TickInputs): Promise<InvokedRun> {
  const { wanted, served, problems } = await lookAtSite(tools, credential, site, inputs);
  const blocked = problems.some((problem) => problem.blocks);
  const end = blocked ? "blocked" : served < wanted ? "waiting" : "served";
  return { credential, role: "site", site, end, problems, served, wanted };
}

function result(id: string, nextAtMs: number, runs: readonly InvokedRun[]): InvokeResult {
  const worst = Math.max(0, ...runs.map((run) => endsBestFirst.indexOf(run.end)));
  const end = endsBestFirst[worst] ?? "blocked";
  return { tick: id, nextAtMs, nextAt: new Date(nextAtMs).toISOString(), end, runs };
}
