import type { HomeLook } from "../../core/app/inspect.ts";
import { usageText } from "../../core/app/usage-problems.ts";
import { type CredentialConfig, drainMsOf } from "../../core/config/complete.ts";
import { heldBy } from "../../core/protocol/home-records.ts";
import { hasLedger } from "../../core/protocol/home-state.ts";
import type { Generation, HomeLedger, Replaced, Strategy } from "../../core/protocol/state.ts";
import { due, latestStart } from "../../core/schedule/due.ts";
import { formatTime } from "../../core/schedule/time.ts";

/** Times are ISO 8601 in UTC; null where there is none. */
export interface GenerationDocument {
  readonly generation: number;
  readonly epoch: number;
  readonly username: string;
  /** How it was made. */
  readonly strategy: Strategy;
  readonly promotedAt: string;
  readonly expiresAt: string | null;
  readonly revoked: boolean;
}

export interface ReplacedDocument extends GenerationDocument {
  readonly state: Replaced["state"];
  readonly replacedAt: string;
  /** In words; null: nothing holds it any more but the time of its drain. */
  readonly heldBy: string | null;
  /** What the audit log says of it once its drain is over, in words; null: it was not asked. */
  readonly use: string | null;
  /** Earliest end of the drain; null: it has not begun, or is over. */
  readonly drainEndsAt: string | null;
}

export interface DueDocument {
  /** Earlier of the schedule's date and the last safe one; null: neither exists. */
  readonly at: string | null;
  readonly reason: "schedule" | "expiry" | null;
  readonly why: string | null;
  /** Expiry less distribution, drain and margin: no hold moves this one. */
  readonly latestAt: string | null;
  /** Since a roll back the schedule waits. */
  readonly scheduleHeld: boolean;
}

/** Where the ledger says that a credential stands. */
export interface StandingDocument {
  /** Its key in the file, which may stand for credentials at several registries. */
  readonly entry: string;
  readonly registry: string;
  /** `unknown`: the ledger was not read; `none`: nothing was ever minted. */
  readonly state: "unknown" | "none" | "idle" | "minting" | "staged" | "proven" | "held" | "draining" | "retiring";
  readonly epoch: number | null;
  readonly next: { readonly generation: number; readonly state: string; readonly reason: string } | null;
  readonly current: GenerationDocument | null;
  readonly replaced: readonly ReplacedDocument[];
  readonly due: DueDocument | null;
}

export function standingOf({ state }: HomeLook, name: string, credential: CredentialConfig): StandingDocument {
  const read = state.replies["load-ledger"]?.ok === true;
  const { entry, registry } = credential;
  const nothing = { epoch: null, next: null, current: null, replaced: [], due: null };
  if (!hasLedger(state)) return { entry, registry, state: read ? "none" : "unknown", ...nothing };
  const { ledger } = state;
  const { current, next, epoch } = ledger;
  const drainMs = drainMsOf(credential.drain);
  return {
    entry,
    registry,
    state: wordOf(ledger),
    epoch,
    next: next === null ? null : { generation: next.generation, state: next.state, reason: next.reason },
    current: current === null ? null : generationDocument(current),
    replaced: ledger.replaced.map((record) => ({
      ...generationDocument(record),
      state: record.state,
      replacedAt: formatTime(record.replacedAtMs),
      heldBy: record.state === "retiring" ? null : heldBy(state, record),
      use: usageText(state, record),
      drainEndsAt:
        record.state === "draining" && record.drainFrom !== null
          ? formatTime(record.drainFrom.localMs + (record.revoked ? 0 : drainMs))
          : null,
    })),
    due: current === null ? null : dueOf(ledger, current, name, credential, drainMs),
  };
}

/** The line's state, else that of the replaced generation with the longest way to go. */
function wordOf(ledger: HomeLedger): StandingDocument["state"] {
  if (ledger.next !== null) return ledger.next.state;
  if (ledger.current === null) return "none";
  const states = ["held", "draining", "retiring"] as const;
  return states.find((state) => ledger.replaced.some((record) => record.state === state)) ?? "idle";
}

function generationDocument(generation: Generation): GenerationDocument {
  const { robot, epoch, revoked, madeOf } = generation;
  return {
    generation: generation.generation,
    epoch,
    username: robot.username,
    strategy: madeOf.strategy,
    promotedAt: formatTime(generation.promotedAtMs),
    expiresAt: robot.expiresAtMs === null ? null : formatTime(robot.expiresAtMs),
    revoked,
  };
}

function dueOf(
  ledger: HomeLedger,
  current: Generation,
  credential: string,
  config: CredentialConfig,
  drainMs: number,
): DueDocument {
  const expiry = {
    expiresAtMs: current.robot.expiresAtMs,
    distributionMaxMs: config.distributionMaxMs,
    drainMs,
    marginMs: config.marginMs,
  };
  const scheduleHeld = ledger.holdSinceMs !== null;
  const turn = { credential, generation: current.generation, promotedAtMs: current.promotedAtMs };
  const found = due({ ...expiry, ...turn, rules: scheduleHeld ? [] : config.rotate.rules });
  const latestMs = latestStart(expiry);
  return {
    at: found === null ? null : formatTime(found.dueMs),
    reason: found?.reason ?? null,
    why: found?.why ?? null,
    latestAt: latestMs === null ? null : formatTime(latestMs),
    scheduleHeld,
  };
}
