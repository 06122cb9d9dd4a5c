import { registryMs } from "./clocks.ts";
import { isRefreshedOver } from "./fixed.ts";
import type { Decision, LedgerState, Problem, Rule } from "./home-state.ts";
import type { Act } from "./settings.ts";
import { abandonedKeptMax, type Instant, type Replaced, takenEventsKeptMax } from "./state.ts";

function refuse(state: LedgerState, text: string): Decision {
  const problem: Problem = { code: "act-refused", text, blocks: true };
  return { do: "note", patch: { actDone: true, problems: [...state.problems, problem] } };
}

/** Which generation a roll back goes to, or why it cannot. */
export function rollBackTarget(state: LedgerState, generation: number | null, at: Instant): Replaced | string {
  const all = state.ledger.replaced;
  const candidates =
    generation === null
      ? all.filter(
          (record) =>
            record.state !== "retiring" && !record.revoked && record.versionIds.length > 0 && !isRefreshedOver(record),
        )
      : all.filter((record) => record.generation === generation);
  const [target] = [...candidates].sort((a, b) => b.epoch - a.epoch);
  if (target === undefined)
    return generation === null
      ? "there is no older generation to go back to"
      : `generation ${generation} is not among the replaced ones`;
  if (target.versionIds.length === 0)
    return `the value of generation ${target.generation} is not known since the ledger was rebuilt`;
  if (isRefreshedOver(target))
    return `the secret of generation ${target.generation} ended when its robot was refreshed`;
  if (target.revoked) return `generation ${target.generation} was revoked`;
  if (target.state === "retiring") return `generation ${target.generation} is retiring already`;
  const { lifeLeftMinMs } = state.settings.limits;
  if (target.robot.expiresAtMs !== null && target.robot.expiresAtMs - registryMs(at) < lifeLeftMinMs)
    return `generation ${target.generation} is too near its expiry`;
  return target;
}

function rollBack(state: LedgerState, act: Extract<Act, { type: "roll-back" }>, at: Instant): Decision {
  const { ledger } = state;
  const target = rollBackTarget(state, act.generation, at);
  if (typeof target === "string") return refuse(state, `roll back refused: ${target}`);
  const { attempt } = state.settings.draws;
  // A next that was never promoted was handed to nobody: it makes way.
  const abandoned =
    ledger.next && !ledger.next.rollBack
      ? [...ledger.abandoned, { generation: ledger.next.generation, attempt: ledger.next.attempt, atMs: at.localMs }]
      : ledger.abandoned;
  const next = {
    state: "minting",
    generation: target.generation,
    attempt,
    startedAtMs: at.localMs,
    reason: "roll-back",
    madeOf: target.madeOf,
    rollBack: true,
  } as const;
  return {
    do: "save",
    ledger: { ...ledger, abandoned: abandoned.slice(-abandonedKeptMax), next, askedSinceMs: null },
    why: `roll back to generation ${target.generation} begun`,
    patch: { actDone: true },
  };
}

function revoke(state: LedgerState, act: Extract<Act, { type: "revoke" }>, at: Instant): Decision {
  const { ledger } = state;
  const patch = { actDone: true };
  if (ledger.next?.generation === act.generation && !ledger.next.rollBack) {
    const attempt = { generation: ledger.next.generation, attempt: ledger.next.attempt, atMs: at.localMs };
    return {
      do: "save",
      ledger: { ...ledger, next: null, abandoned: [...ledger.abandoned, attempt].slice(-abandonedKeptMax) },
      why: `generation ${act.generation} revoked before it was handed out`,
      patch,
    };
  }
  if (ledger.current?.generation === act.generation) {
    return {
      do: "save",
      ledger: { ...ledger, current: { ...ledger.current, revoked: true, endNow: act.now } },
      why: `generation ${act.generation} revoked: a next one is minted at once`,
      patch,
    };
  }
  const record = ledger.replaced.find((replaced) => replaced.generation === act.generation);
  if (record === undefined) return refuse(state, `generation ${act.generation} is not alive: nothing to revoke`);
  const replaced = ledger.replaced.map((other) =>
    other === record ? { ...record, revoked: true, endNow: record.endNow || act.now } : other,
  );
  // A roll back under way to what is revoked now has lost its goal.
  const next = ledger.next?.rollBack && ledger.next.generation === act.generation ? null : ledger.next;
  return {
    do: "save",
    ledger: { ...ledger, replaced, next },
    why: `generation ${act.generation} revoked${act.now ? " now" : ""}`,
    patch,
  };
}

/**
 * Takes the operator's act into the ledger, once: what was asked for survives the runner that was asked,
 * and an event delivered twice is taken once. `start-new` is done when there is a ledger (`home-judge.ts`).
 */
export const takeAct: Rule = (state, at) => {
  const { ledger } = state;
  const { act } = state.settings;
  if (act === null || state.actDone) return undefined;
  const dedupeId = "dedupeId" in act ? act.dedupeId : undefined;
  if (act.type === "start-new" || (dedupeId !== undefined && ledger.takenEvents.includes(dedupeId))) {
    return { do: "note", patch: { actDone: true } };
  }
  const decision = decide(state, act, at);
  if (decision.do !== "save" || dedupeId === undefined) return decision;
  const takenEvents = [...ledger.takenEvents, dedupeId].slice(-takenEventsKeptMax);
  return { ...decision, ledger: { ...decision.ledger, takenEvents } };
};

function decide(state: LedgerState, act: Exclude<Act, { type: "start-new" }>, at: Instant): Decision {
  if (act.type === "roll-back") return rollBack(state, act, at);
  if (act.type === "revoke") return revoke(state, act, at);
  const { ledger } = state;
  const askedSinceMs = ledger.askedSinceMs ?? at.localMs;
  return { do: "save", ledger: { ...ledger, askedSinceMs }, why: "a rotation was asked for", patch: { actDone: true } };
}
