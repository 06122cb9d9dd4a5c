import type {
  DueDates,
  FailureKind,
  HomeEffect,
  HomeReplies,
  Reply,
  RobotSeen,
  ValueTrace,
} from "../../../core/protocol/effects.ts";
import { type HomeOutcome, type HomeState, startHome } from "../../../core/protocol/home-state.ts";
import { homeStep } from "../../../core/protocol/home-step.ts";
import { robotDescription } from "../../../core/protocol/mark.ts";
import type { HomeSettings } from "../../../core/protocol/settings.ts";
import type { HomeLedger, RobotRef } from "../../../core/protocol/state.ts";
import { credential, hashOf, ledgerId, settingsWith, siteLedgerWith, t0, usernameOf, versionIdOf } from "./ledgers.ts";

type EffectOf<T extends HomeEffect["type"]> = Extract<HomeEffect, { type: T }>;
type Failing = { readonly fails: FailureKind };

/** Answers that differ from those of a world in which all is well. */
export type Answers = {
  readonly [T in HomeEffect["type"]]?: (effect: EffectOf<T>) => HomeReplies[T] | Failing;
};

export const fails = (kind: Failing["fails"] = "unreachable"): Failing => ({ fails: kind });

export interface Played {
  readonly outcome: HomeOutcome;
  readonly state: HomeState;
  /** The ledger at the end, as it was last saved. */
  readonly ledger: HomeLedger;
  readonly asked: readonly HomeEffect[];
  /** Ids of what changed something outside, saves aside. */
  readonly changed: readonly string[];
  /** Why each save was made. */
  readonly saves: readonly string[];
  readonly codes: readonly string[];
}

export interface Scene {
  readonly ledger: HomeLedger | null;
  readonly settings?: Partial<HomeSettings>;
  readonly answers?: Answers;
  readonly due?: DueDates | null;
  readonly nowMs?: number;
  /** Which of so many calls under way is answered next; the oldest where absent. */
  readonly answersNext?: (underWay: number) => number;
  /** Clock of registry and ledger; the runner's where absent, null where they do not tell. */
  readonly serverMs?: number | null;
  /** The runner's clock at the n-th reply; `nowMs` where absent. */
  readonly clock?: (replies: number) => number;
}

export function marked(generation: number, robot: Partial<RobotRef> = {}, attempt?: string): RobotSeen {
  const username = usernameOf(generation, attempt);
  const tag = username.split("-").at(-1) ?? "";
  return {
    id: generation,
    username,
    createdAtMs: t0 - 86_400_000,
    expiresAtMs: t0 + 29 * 86_400_000,
    ...robot,
    description: robotDescription({ ledgerId, credential, generation, attempt: tag }),
    disabled: false,
  };
}

export function traceOf(generation: number, changes: Partial<ValueTrace> = {}): ValueTrace {
  const username = usernameOf(generation);
  return { ledgerId, epoch: generation, generation, username, hash: hashOf(generation), ...changes };
}

/** A world in which all is well: every generation of the ledger lives, stores and targets are at the current one. */
function wellWorld(scene: Scene, stored: () => HomeLedger | null): Required<Answers> {
  const robots = [2, 1, 3].map((n) => marked(n)).filter((robot) => knows(scene.ledger, robot.username));
  const values = new Map<string, ValueTrace>([1, 2, 3].map((n) => [versionIdOf(n), traceOf(n)]));
  const current = scene.ledger?.current;
  let saves = 0;
  return {
    "list-robots": () => ({ robots }),
    "read-store": () => {
      const versionId = current?.versionIds[0] ?? null;
      return { versionId, trace: versionId === null ? null : (values.get(versionId) ?? null) };
    },
    "load-site": ({ site }) => ({ ledger: current ? siteLedgerWith(site) : null }),
    "load-ledger": () => ({ ledger: scene.ledger, revision: scene.ledger && `r${saves}`, due: scene.due ?? null }),
    save: () => ({ revision: `r${++saves}` }),
    mint: ({ generation, attempt }) => ({ ...marked(generation, { id: 50 }, attempt), createdAtMs: t0 }),
    stage: ({ generation, epoch, robot }) => {
      values.set("staged", { ledgerId, epoch, generation, username: robot.username, hash: "5e" });
      return { versionId: "staged", hash: "5e" };
    },
    "read-version": ({ versionId }) => ({ trace: values.get(versionId) ?? null }),
    prove: () => ({ verdict: "accepted" }),
    flip: ({ site }) => ({ versionId: `flipped-${site}` }),
    "read-round": () => ({ round: stored()?.round?.id ?? null }),
    "write-round": () => null,
    "ask-usage": () => ({ verdict: "quiet" }),
    whoami: () => ({ readOnly: false }),
    "read-robot": ({ id }) => ({ robot: robots.find((robot) => robot.id === id) ?? null }),
    "remove-robot": () => null,
    renew: () => null,
    refresh: () => null,
    "list-versions": () => ({ versions: [] }),
    discard: () => null,
  };
}

function knows(ledger: HomeLedger | null, username: string): boolean {
  const next = ledger?.next && "robot" in ledger.next ? [ledger.next] : [];
  return [...(ledger?.current ? [ledger.current] : []), ...(ledger?.replaced ?? []), ...next].some(
    (generation) => generation.robot.username === username,
  );
}

const changing = new Set<HomeEffect["type"]>([
  "mint",
  "renew",
  "refresh",
  "stage",
  "flip",
  "write-round",
  "remove-robot",
  "discard",
]);

/** One whole home tick against scripted answers. */
export function playHome(scene: Scene): Played {
  const nowMs = scene.nowMs ?? t0;
  let saved = scene.ledger;
  const world = { ...wellWorld(scene, () => saved), ...scene.answers } as Record<
    string,
    (effect: HomeEffect) => unknown
  >;
  const asked: HomeEffect[] = [];
  let step = homeStep(startHome(settingsWith(scene.settings), nowMs), { type: "go" }, nowMs);
  const queue = [...step.effects];
  const take = () => queue.splice(scene.answersNext?.(queue.length) ?? 0, 1)[0];
  for (let effect = take(); effect !== undefined; effect = take()) {
    asked.push(effect);
    const under = Object.values(step.state.inFlight).map((one) => one.type);
    if (under.includes("save") && under.length > 1) throw new Error("a save is alone");
    if (asked.length > 500) throw new Error("this tick does not end");
    const answer = world[effect.type]?.(effect) as object | null;
    const reply: Reply<never> =
      answer !== null && "fails" in answer
        ? { ok: false, failure: { kind: (answer as Failing).fails, text: "scripted" } }
        : { ok: true, value: answer as never };
    if (effect.type === "save" && reply.ok) saved = effect.ledger;
    const tellsTime = effect.type === "list-robots" || effect.type === "load-ledger";
    const serverMs = tellsTime && scene.serverMs !== undefined ? scene.serverMs : tellsTime ? nowMs : null;
    step = homeStep(step.state, { type: "reply", effect, reply, serverMs }, scene.clock?.(asked.length) ?? nowMs);
    if (step.state.outcome !== null && Object.keys(step.state.inFlight).length > 0)
      throw new Error("a tick ends with nothing under way");
    queue.push(...step.effects);
  }
  const { outcome } = step.state;
  if (outcome === null) throw new Error("this tick stopped without an outcome");
  return {
    outcome,
    state: step.state,
    ledger: saved as HomeLedger,
    asked,
    changed: asked.filter((effect) => changing.has(effect.type)).map(nameOf),
    saves: asked.flatMap((effect) => (effect.type === "save" ? effect.why : [])),
    codes: outcome.problems.map((problem) => problem.code),
  };
}

function nameOf(effect: HomeEffect): string {
  if ("site" in effect) return `${effect.type} ${effect.site}`;
  return "id" in effect ? `${effect.type} ${effect.id}` : effect.type;
}
