import type { Command } from "../config/event.ts";
import { credentialsNamed } from "../config/expand.ts";
import type { Act } from "../protocol/settings.ts";
import { look } from "./invoke-look.ts";
import { homeDocument, type InvokeResult, invokeResult, siteDocument } from "./invoke-result.ts";
import { credentialOf } from "./settings.ts";
import { tick } from "./tick.ts";
import type { Tools } from "./tools.ts";

export type { InvokeResult } from "./invoke-result.ts";

export interface InvokeRequest {
  readonly command: Command;
  /** Sites whose runners are played. */
  readonly sites: readonly string[];
  /** Latest end; null: by each credential's `tickDeadline`. */
  readonly deadlineMs: number | null;
}

/** A command that cannot be meant for this function. The message is safe to print. */
export class CommandRefused extends Error {
  constructor(why: string) {
    super(`command refused: ${why}`);
    this.name = "CommandRefused";
  }
}

/** One tick of these sites with what a command asks, or (`status`) a look that changes nothing. Throws `CommandRefused`. */
export async function invoke(tools: Tools, request: InvokeRequest): Promise<InvokeResult> {
  const { command, sites, deadlineMs } = request;
  const credentials = meantBy(command, tools);
  if (command.action === "status") return look(tools, credentials, sites, deadlineMs);
  const act = actOf(command);
  const names = act === null ? credentials : atHomeHere(tools, credentials, sites);
  const acts = act === null ? {} : Object.fromEntries(names.map((name) => [name, act]));
  const resume = command.action === "tick" && command.resume === true;
  const done = await tick(tools, { sites, credentials: names, acts, resume, deadlineMs });
  const runs = done.runs.map((run) => (run.role === "home" ? homeDocument(run, act !== null) : siteDocument(run)));
  return invokeResult(done.tick, done.nextAtMs, runs);
}

/** Every credential that the command names; an entry with several registries stands for all of its own. */
function meantBy({ action, credentials }: Command, { config }: Tools): readonly string[] {
  const meant = credentials.map((name) => credentialsNamed(config, name));
  if (meant.some((names) => names.length === 0))
    throw new CommandRefused("it names a credential that is not in the configuration");
  const all = [...new Set(meant.flat())];
  if ((action === "rollback" || action === "revoke") && all.length > 1)
    throw new CommandRefused(`it must name one credential: ${all.join(", ")}`);
  return all;
}

function actOf(command: Exclude<Command, { action: "status" }>): Act | null {
  switch (command.action) {
    case "rotate":
      return { type: "rotate", dedupeId: command.dedupeId };
    case "rollback":
      return { type: "roll-back", generation: command.generation, dedupeId: command.dedupeId };
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
