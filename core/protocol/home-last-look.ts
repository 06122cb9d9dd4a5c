import { effectId } from "./effects.ts";
import { behindBy } from "./home-judge.ts";
import { ask, type Decision, type LedgerState, replyTo } from "./home-state.ts";
import { endOf, stillHeld, type Victim } from "./home-victims.ts";
import type { Instant } from "./state.ts";

/**
 * The last thing before a deletion, since what was read may be old by now: where a ledger was restored meanwhile,
 * the line of the lost time may have handed the robot out, or the restored ledger may live by it again. Ledgers
 * come last: a site writes the epoch down before it tries the value and hands it out, so a hand-out that this look
 * missed can only be one that finds the robot gone.
 */
export function lookAgain(state: LedgerState, victim: Victim): Decision | undefined {
  if (victim.guard === "expired") return undefined;
  const before = victim.id;
  const { sites } = state.settings;
  return (
    ask(
      state,
      sites.map((site) => ({ type: "read-store", site, before }) as const),
    ) ??
    ask(state, [
      ...sites.map((site) => ({ type: "load-site", site, before }) as const),
      { type: "load-ledger", before } as const,
    ])
  );
}

/** Why the last look says that the robot must stay; null: it was not made, or found nothing. */
export function seenAgain(state: LedgerState, victim: Victim, at: Instant): string | null {
  const { settings } = state;
  const before = victim.id;
  if (victim.guard === "expired") return null;
  const looked = settings.sites.every((site) => replyTo(state, { type: "load-site", site, before }) !== undefined);
  if (!looked) return null;
  // A flip of this tick counts no more: what stands in the store now was read after it.
  const kept = Object.entries(state.replies).filter(([id]) => !id.startsWith("flip:"));
  const again = settings.sites.flatMap((site) =>
    (["read-store", "load-site"] as const).map((type) => [
      effectId({ type, site }),
      state.replies[effectId({ type, site, before })],
    ]),
  );
  const fresh: LedgerState = { ...state, replies: Object.fromEntries([...kept, ...again]) };
  return behindBy(fresh) ?? stillHeld(fresh, victim, at) ?? homeAgain(state, victim);
}

/** Once the deletion was asked for, this tick's own saves follow, which say nothing of it. */
function homeAgain(state: LedgerState, victim: Victim): string | null {
  const home = replyTo(state, { type: "load-ledger", before: victim.id });
  if (home === undefined || state.replies[effectId(endOf(victim))] !== undefined) return null;
  if (!home.ok) return `home's ledger cannot be read once more: ${home.failure.text}`;
  return home.value.revision === state.revision ? null : "home's ledger was written meanwhile";
}
