import { type HomeRunner, startHomeRunner } from "../engine/home-runner.ts";
import { choiceOf } from "../engine/settle-strategy.ts";
import { run, type Watcher } from "../engine/shell.ts";
import { type SiteRunner, startSiteRunner } from "../engine/site-runner.ts";
import type { HomeOutcome } from "../protocol/home-state.ts";
import type { Act } from "../protocol/settings.ts";
import type { SiteOutcome } from "../protocol/site-run.ts";
import type { HomeLedger } from "../protocol/state.ts";
import { autoProblems, lookAtAuto } from "./auto-strategy.ts";
import { issuerProblems } from "./issuer-lives.ts";
import { linkAccounts } from "./link-accounts.ts";
import type { Log } from "./log.ts";
import { homeInput, siteInput, type TickInputs } from "./settings.ts";
import type { Tools } from "./tools.ts";
import { usageProblems } from "./usage-problems.ts";

export interface HomeRun {
  readonly role: "home";
  readonly credential: string;
  readonly site: string;
  readonly outcome: HomeOutcome;
  readonly ledger: HomeLedger | null;
  /** The operator's act was taken (or refused): it need not be asked for again. */
  readonly actDone: boolean;
  /** Until when a system asked to be left alone; null: none did. */
  readonly leftAloneUntilMs: number | null;
}

export interface SiteRun {
  readonly role: "site";
  readonly credential: string;
  readonly site: string;
  readonly outcome: SiteOutcome;
  /** ServiceAccounts that targets name and that are not there (yet). */
  readonly accountsAbsent: number;
  /** As in `HomeRun`. */
  readonly leftAloneUntilMs: number | null;
}

type Where = {
  readonly tick: string;
  readonly credential: string;
  readonly site: string;
  readonly role: "home" | "site";
};

interface Watch extends Watcher {
  readonly leftAloneUntilMs: () => number | null;
}

/** Every call at debug, failures of calls too: what they mean is said by the outcome's problems. */
function watch({ log, clock }: Tools, where: Where): Watch {
  let untilMs: number | null = null;
  return {
    leftAloneUntilMs: () => untilMs,
    called(call, reply, tookMs) {
      const askedMs = reply.ok ? undefined : reply.failure.retryAfterMs;
      if (askedMs !== undefined) untilMs = Math.max(untilMs ?? 0, clock.nowMs() + askedMs);
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
    changes.push(`generation ${after.next.generation} ${after.next.state}${otherWay(before, after.next)}`);
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

/** A strategy that is not the last one's, said once, when the attempt begins. */
function otherWay({ current }: HomeLedger, next: NonNullable<HomeLedger["next"]>): string {
  const { strategy } = next.madeOf;
  const isOther = current !== null && current.madeOf.strategy !== strategy;
  return isOther && next.state === "minting" && !next.rollBack
    ? ` by ${strategy}, no longer by ${current.madeOf.strategy}`
    : "";
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
  const auto = await lookAtAuto(tools, credential);
  const { context, settings } = homeInput(tools.config, credential, inputs, act, auto);
  const where: Where = { tick, credential, site: settings.home, role: "home" };
  const nowMs = () => tools.clock.nowMs();
  const watcher = watch(tools, where);
  const started = startHomeRunner(context, settings, nowMs());
  const runner: HomeRunner = await run(started, tools.ports, nowMs, watcher, inputs.signal);
  const { outcome: ended, ledger, actDone } = runner.state;
  if (ended === null) throw new Error("a run ends with an outcome");
  const choice = choiceOf(context, runner.state);
  const chosen = autoProblems(auto && choice && { auto, choice, ledger }, ended.problems);
  const used = usageProblems(runner.state);
  const problems = [...ended.problems, ...used, ...chosen, ...(await issuerProblems(tools, credential))];
  const leftAloneUntilMs = watcher.leftAloneUntilMs();
  const outcome = { ...ended, nextAtMs: Math.max(ended.nextAtMs, leftAloneUntilMs ?? 0), problems };
  logProblems(tools.log, where, outcome);
  return { role: "home", credential, site: settings.home, outcome, ledger, actDone, leftAloneUntilMs };
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
  const watcher = watch(tools, where);
  const started = startSiteRunner(context, settings, nowMs());
  const runner: SiteRunner = await run(started, tools.ports, nowMs, watcher, inputs.signal);
  const { outcome: ended } = runner.state;
  if (ended === null) throw new Error("a run ends with an outcome");
  const accounts = await linkAccounts(tools, credential, site, inputs);
  const problems = [...ended.problems, ...accounts.problems];
  const leftAloneUntilMs = watcher.leftAloneUntilMs();
  const outcome = { ...ended, nextAtMs: Math.max(ended.nextAtMs, leftAloneUntilMs ?? 0), problems };
  logProblems(tools.log, where, outcome);
  return { role: "site", credential, site, outcome, accountsAbsent: accounts.absent, leftAloneUntilMs };
}
