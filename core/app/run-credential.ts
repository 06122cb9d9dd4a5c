import { type HomeRunner, startHomeRunner } from "../engine/home-runner.ts";
import { run, type Watcher } from "../engine/shell.ts";
import { type SiteRunner, startSiteRunner } from "../engine/site-runner.ts";
import type { HomeOutcome } from "../protocol/home-state.ts";
import type { Act } from "../protocol/settings.ts";
import type { SiteOutcome } from "../protocol/site-run.ts";
import type { HomeLedger } from "../protocol/state.ts";
import { issuerProblems } from "./issuer-lives.ts";
import { linkAccounts } from "./link-accounts.ts";
import type { Log } from "./log.ts";
import { homeInput, siteInput, type TickInputs } from "./settings.ts";
import type { Tools } from "./tools.ts";

export interface HomeRun {
  readonly role: "home";
  readonly credential: string;
  readonly site: string;
  readonly outcome: HomeOutcome;
  readonly ledger: HomeLedger | null;
  /** The operator's act was taken (or refused): it need not be asked for again. */
  readonly actDone: boolean;
}

export interface SiteRun {
  readonly role: "site";
  readonly credential: string;
  readonly site: string;
  readonly outcome: SiteOutcome;
}

type Where = {
  readonly tick: string;
  readonly credential: string;
  readonly site: string;
  readonly role: "home" | "site";
};

/** Every call at debug, failures of calls too: what they mean is said by the outcome's problems. */
function watch(log: Log, where: Where): Watcher {
  return {
    called(call, reply, tookMs) {
      const outcome = reply.ok ? "ok" : reply.failure.kind;
      log({
        level: "debug",
        message: reply.ok ? "call" : reply.failure.text,
        ...where,
        call: call.call,
        on: call.on,
        outcome,
        tookMs,
      });
    },
    advanced(before, after) {
      if (before.kind !== "home" || after.kind !== "home") return;
      const { ledger } = after.state;
      if (ledger === before.state.ledger || ledger === null || before.state.ledger === null) return;
      for (const message of ledgerChanges(before.state.ledger, ledger)) log({ level: "info", message, ...where });
    },
  };
}

/** What a saved ledger says that the one before it did not. */
export function ledgerChanges(before: HomeLedger, after: HomeLedger): readonly string[] {
  const changes: string[] = [];
  if (after.next !== null && after.next.state !== before.next?.state)
    changes.push(`generation ${after.next.generation} ${after.next.state}`);
  if (after.epoch > before.epoch) changes.push(`generation ${after.current?.generation} current, epoch ${after.epoch}`);
  for (const record of after.replaced) {
    const old = before.replaced.find((other) => other.generation === record.generation);
    if (old?.state !== record.state) changes.push(`generation ${record.generation} ${record.state}`);
  }
  for (const old of before.replaced) {
    const still =
      after.current?.generation === old.generation ||
      after.replaced.some((record) => record.generation === old.generation);
    if (!still) changes.push(`generation ${old.generation} gone`);
  }
  if (after.round !== null && after.round.id !== before.round?.id)
    changes.push(`round drawn for generation ${after.round.generations.join(", ")}`);
  return changes;
}

function logProblems(log: Log, where: Where, outcome: HomeOutcome | SiteOutcome): void {
  for (const problem of outcome.problems) {
    log({ level: problem.blocks ? "error" : "warn", message: problem.text, code: problem.code, ...where });
  }
}

export async function runHome(
  tools: Tools,
  credential: string,
  tick: string,
  inputs: TickInputs,
  act: Act | null,
): Promise<HomeRun> {
  const { context, settings } = homeInput(tools.config, credential, inputs, act);
  const where: Where = { tick, credential, site: settings.home, role: "home" };
  const nowMs = () => tools.clock.nowMs();
  const runner: HomeRunner = await run(
    startHomeRunner(context, settings, nowMs()),
    tools.ports,
    nowMs,
    watch(tools.log, where),
    inputs.signal,
  );
  const { outcome: ended, ledger, actDone } = runner.state;
  if (ended === null) throw new Error("a run ends with an outcome");
  const outcome = { ...ended, problems: [...ended.problems, ...(await issuerProblems(tools, credential))] };
  logProblems(tools.log, where, outcome);
  return { role: "home", credential, site: settings.home, outcome, ledger, actDone };
}

export async function runSite(
  tools: Tools,
  credential: string,
  site: string,
  tick: string,
  inputs: TickInputs,
): Promise<SiteRun> {
  const { context, settings } = siteInput(tools.config, credential, site, inputs);
  const where: Where = { tick, credential, site, role: "site" };
  const nowMs = () => tools.clock.nowMs();
  const runner: SiteRunner = await run(
    startSiteRunner(context, settings, nowMs()),
    tools.ports,
    nowMs,
    watch(tools.log, where),
    inputs.signal,
  );
  if (runner.state.outcome === null) throw new Error("a run ends with an outcome");
  const links = await linkAccounts(tools, credential, site, inputs);
  const outcome = { ...runner.state.outcome, problems: [...runner.state.outcome.problems, ...links] };
  logProblems(tools.log, where, outcome);
  return { role: "site", credential, site, outcome };
}
