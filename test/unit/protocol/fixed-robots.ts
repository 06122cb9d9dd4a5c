import type { RobotSeen } from "../../../core/protocol/effects.ts";
import { robotDescription, type Slot, slotName } from "../../../core/protocol/mark.ts";
import type { Generation, HomeLedger, Replaced } from "../../../core/protocol/state.ts";
import { type Answers, type Played, playHome, type Scene } from "./home-tick.ts";
import {
  attemptOf,
  credential,
  dayMs,
  generation,
  ledgerId,
  ledgerWith,
  madeOf as madeOfGenerations,
  record,
  siteLedgerWith,
  t0,
  versionIdOf,
} from "./ledgers.ts";

/** Two robots of fixed names: generation 1 lived by `a`, 2 lives by `b`, and so on in turn. */
export const madeOf = { ...madeOfGenerations, strategy: "alternating" } as const;
const slotOf = (n: number): Slot => (n % 2 === 1 ? "a" : "b");
export const usernameIn = (slot: Slot) => `robot$${slotName(credential, slot)}`;
const createdAtMs = t0 - dayMs;

export const robotOf = (n: number) => ({
  id: n,
  username: usernameIn(slotOf(n)),
  createdAtMs,
  expiresAtMs: t0 + 29 * dayMs,
});
export const living = (n: number, changes: Partial<Generation> = {}): Generation => ({
  ...generation(n),
  robot: robotOf(n),
  madeOf,
  ...changes,
});
export const old = (n: number, changes: Partial<Replaced> = {}): Replaced => ({
  ...record(n, changes),
  robot: robotOf(n),
  madeOf,
  ...changes,
});

/** As the registry shows it, with the mark of this generation. */
export function seen(id: number, n: number, changes: Partial<RobotSeen> = {}): RobotSeen {
  const attempt = n === 3 ? "dada" : attemptOf(n);
  const description = robotDescription({ ledgerId, credential, generation: n, attempt });
  return { ...robotOf(id), id, description, disabled: false, ...changes };
}

export const trace = (n: number) => ({
  ledgerId,
  epoch: n,
  generation: n,
  username: usernameIn(slotOf(n)),
  hash: n === 3 ? "5e" : `ff${n}`,
});

/** Generation 2 is current in `b`; 1 is gone from `a`, whose robot is idle with id 1. */
export const idleLedger = (changes: Partial<HomeLedger> = {}) => ledgerWith({ current: living(2), ...changes });
const rotate = { madeOf, act: { type: "rotate" } } as const;

const world: Answers = {
  "list-robots": () => ({ robots: [seen(1, 1), seen(2, 2)] }),
  "read-store": () => ({ versionId: versionIdOf(2), trace: trace(2) }),
  "load-site": ({ site }) => ({ ledger: siteLedgerWith(site, { usernames: [usernameIn("b")] }) }),
  "read-robot": ({ id, renewed }) => ({ robot: renewed ? seen(id, 3) : seen(id, id) }),
  "read-version": ({ versionId }) => ({ trace: versionId === "staged" ? trace(3) : trace(Number(versionId.slice(1))) }),
};
export const play = (scene: Partial<Scene> = {}): Played =>
  playHome({ ledger: idleLedger(), settings: rotate, ...scene, answers: { ...world, ...scene.answers } });
export const typesOf = (played: Played) => played.asked.map((effect) => effect.type);
export const writes = (played: Played) => played.changed.filter((name) => /^(mint|renew|refresh|remove)/.test(name));
