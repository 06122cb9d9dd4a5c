import type { CallReply, PortCall, Wanted } from "../engine/calls.ts";
import type { StrategyChoice } from "../engine/choose-strategy.ts";
import { advanceHome, type HomeRunner, startHomeRunner } from "../engine/home-runner.ts";
import { perform } from "../engine/perform.ts";
import { choiceOf } from "../engine/settle-strategy.ts";
import { advanceSite, startSiteRunner } from "../engine/site-runner.ts";
import { instantAt } from "../protocol/clocks.ts";
import type { HomeEffect } from "../protocol/effects.ts";
import { problemsOf, waitingFor } from "../protocol/home-end.ts";
import type { HomeState, Problem } from "../protocol/home-state.ts";
import { robotName, slotName } from "../protocol/mark.ts";
import type { Wave } from "../protocol/site-waves.ts";
import { adoptedProblems } from "./adopted-problems.ts";
import { autoProblems, lookAtAuto } from "./auto-strategy.ts";
import { issuerProblems } from "./issuer-lives.ts";
import { rightsProblems } from "./rights-problems.ts";
import { homeInput, siteInput, type TickInputs } from "./settings.ts";
import { storeProblems } from "./store-problems.ts";
import type { Tools } from "./tools.ts";
import { usageProblems } from "./usage-problems.ts";

const readCalls: ReadonlySet<PortCall["call"]> = new Set([
  "registry.list",
  "registry.read",
  "registry.probe",
  "registry.whoami",
  "usage.usedSince",
  "store.readVersion",
  "store.readCurrent",
  "store.readRound",
  "store.listVersions",
  "ledger.load",
  "cluster.listNamespaces",
  "cluster.listSecrets",
  "cluster.readSecret",
  "cluster.readExternalSecret",
]);

export interface HomeLook {
  readonly state: HomeState;
  /** The first things that a tick would change, in its own order; empty: nothing. */
  readonly wouldDo: readonly string[];
  readonly problems: readonly Problem[];
  readonly waits: readonly string[];
  /** Of `strategy: auto`; null: the file names one. */
  readonly choice: StrategyChoice | null;
}

/** A home tick that reads as a real one does and stops before its first change outside. */
export async function lookAtHome(tools: Tools, name: string, inputs: TickInputs): Promise<HomeLook> {
  const auto = await lookAtAuto(tools, name);
  const { context, settings } = homeInput(tools.config, name, inputs, null, auto);
  const wouldDo: string[] = [];
  let looked: HomeState | null = null;
  let step = startHomeRunner(context, settings, tools.clock.nowMs());
  let queue: Wanted[] = [...step.calls];
  while (queue.length > 0) {
    const replies = await Promise.all(
      queue.map(async ({ id, call }) => ({
        id,
        call,
        reply: readCalls.has(call.call) ? await perform(tools.ports, call) : null,
      })),
    );
    queue = [];
    for (const { id, reply } of replies) {
      let answer: CallReply | null = reply;
      if (answer === null) {
        looked ??= step.runner.state;
        const effect = step.runner.state.inFlight[id];
        if (effect !== undefined) wouldDo.push(describe(effect, name));
        // The ledger is followed in memory only, to see what comes of it; everything else stops here.
        if (effect?.type !== "save") continue;
        answer = { ok: true, value: { revision: "looked-at", serverMs: null } };
      }
      step = advanceHome(step.runner, id, answer, tools.clock.nowMs());
      queue.push(...step.calls);
    }
  }
  const seen = summary(step.runner, looked, wouldDo, tools.clock.nowMs());
  const { ledger } = seen.state;
  const used = usageProblems(seen.state);
  const choice = choiceOf(context, seen.state);
  const chosen = auto && choice && { auto, choice, ledger };
  const more = await Promise.all([
    issuerProblems(tools, name),
    rightsProblems(tools, name, ledger),
    adoptedProblems(tools, name, ledger),
    storeProblems(tools, name),
  ]);
  const problems = [...seen.problems, ...used, ...autoProblems(chosen, seen.problems), ...more.flat()];
  return { ...seen, choice, problems };
}

function summary(
  runner: HomeRunner,
  looked: HomeState | null,
  wouldDo: readonly string[],
  nowMs: number,
): Omit<HomeLook, "choice"> {
  const state = looked ?? runner.state;
  const at = instantAt(nowMs, state.offsets);
  const { outcome } = runner.state;
  if (looked === null && outcome !== null) return { state, wouldDo, problems: outcome.problems, waits: outcome.waits };
  return { state, wouldDo, problems: problemsOf(state, at), waits: waitingFor(state, at) };
}

function describe(effect: HomeEffect, credential: string): string {
  switch (effect.type) {
    case "save":
      return `write the ledger: ${effect.why}`;
    case "mint":
      return effect.slot === undefined
        ? `create robot ${robotName(credential, effect.generation, "<random>")} at the registry, then store, prove, promote and hand out`
        : `create robot ${slotName(credential, effect.slot)} at the registry, then store a secret, put it in, prove, promote and hand out`;
    case "stage":
      return `store the secret of generation ${effect.generation}, then put it into ${effect.robot.username}, prove, promote and hand out`;
    case "renew":
      return `give robot ${effect.username} its life and rights anew`;
    case "refresh":
      return effect.versionId === null
        ? `throw the secret of robot ${effect.id} away`
        : `put the stored secret into robot ${effect.id}`;
    case "flip":
      return `make epoch ${effect.epoch} current in the store of ${effect.site}`;
    case "write-round":
      return `ask site ${effect.site} for a fresh look before the old robot is deleted`;
    case "remove-robot":
      return `delete robot ${effect.id}`;
    case "discard":
      return `drop ${effect.versionIds.length} old versions from the store of ${effect.site}`;
    default:
      return effect.type;
  }
}

export interface SiteLook {
  readonly site: string;
  /** False: the site could not be looked at, or has no value yet; `problems` says which, and the counts say nothing. */
  readonly looked: boolean;
  readonly wanted: number;
  readonly served: number;
  readonly toWrite: readonly string[];
  readonly foreign: readonly { readonly target: string; readonly why: string }[];
  /** What only a share is written of; null: all is open. */
  readonly wave: Pick<Wave, "percent" | "held"> | null;
  readonly problems: readonly Problem[];
}

/** A site tick in which every write is only counted. */
export async function lookAtSite(tools: Tools, name: string, site: string, inputs: TickInputs): Promise<SiteLook> {
  const { context, settings } = siteInput(tools.config, name, site, inputs);
  const toWrite: string[] = [];
  let step = startSiteRunner(context, settings, tools.clock.nowMs());
  let queue: Wanted[] = [...step.calls];
  while (queue.length > 0) {
    const replies = await Promise.all(
      queue.map(async ({ id, call }) => ({
        id,
        call,
        reply: readCalls.has(call.call) ? await perform(tools.ports, call) : pretend(call, toWrite),
      })),
    );
    queue = [];
    for (const { id, reply } of replies) {
      step = advanceSite(step.runner, id, reply, tools.clock.nowMs());
      queue.push(...step.calls);
    }
  }
  const { outcome } = step.runner.state;
  const final = outcome?.report ?? null;
  // What became of a wave cannot be said where nothing was written.
  const problems = (outcome?.problems ?? []).filter(
    ({ code, text }) => !text.endsWith(plannedText) && !code.startsWith("wave-"),
  );
  return {
    site,
    looked: final !== null,
    wanted: final?.wanted ?? 0,
    served: final?.served ?? 0,
    toWrite,
    foreign: final?.foreign ?? [],
    wave: final?.wave ? { percent: final.wave.percent, held: final.wave.held } : null,
    problems,
  };
}

const plannedText = "only planned";

function pretend(call: PortCall, toWrite: string[]): CallReply {
  if (call.call === "ledger.save") return { ok: true, value: { revision: "looked-at", serverMs: null } };
  if (call.call === "cluster.createEmptySecret") toWrite.push(`${call.on}/${call.namespace}/${call.name}`);
  if (call.call === "cluster.applySecret") toWrite.push(`${call.on}/${call.write.namespace}/${call.write.name}`);
  return { ok: false, failure: { kind: "invalid", text: plannedText } };
}
