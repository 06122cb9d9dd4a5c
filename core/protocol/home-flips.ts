import type { HomeEffect, StoreSeen } from "./effects.ts";
import { answerTo, ask, type LedgerState, type Problem, type Rule, siteSeen, storeEpoch } from "./home-state.ts";
import { currentReadBack, versionOf } from "./home-watch.ts";
import type { Generation, Instant } from "./state.ts";

/** Has this site handed the current epoch to all its targets, by its own report? */
export function siteServed(state: LedgerState, site: string): boolean {
  const report = siteSeen(state, site)?.report;
  const { ledger } = state;
  return (
    report != null &&
    report.ledgerId === ledger.ledgerId &&
    report.epoch >= ledger.epoch &&
    report.complete &&
    report.served === report.wanted
  );
}

/** What stands in a store where our value should: undefined when it may be replaced. */
export function storeObstacle(state: LedgerState, site: string): Problem | undefined {
  const seen = answerTo(state, { type: "read-store", site });
  if (seen === undefined)
    return {
      code: "store-unreadable",
      text: `the store of ${site} cannot be read: it keeps what it has`,
      blocks: false,
    };
  if (seen.trace !== null && seen.trace.ledgerId !== state.ledger.ledgerId) {
    return {
      code: "store-foreign",
      text: `the store of ${site} holds a value of ledger ${seen.trace.ledgerId}, which is not ours: left alone`,
      blocks: true,
    };
  }
  const everOurs = (siteSeen(state, site)?.epoch ?? 0) > 0;
  if (seen.versionId !== null && seen.trace === null && !everOurs) {
    return {
      code: "store-occupied",
      text: `the store of ${site} already holds a value of this name that is not ours: remove it or choose another storeName`,
      blocks: true,
    };
  }
  return undefined;
}

/** A store whose current value is not exactly ours of this epoch. */
function needsFlip(state: LedgerState, site: string, seen: StoreSeen, current: Generation): boolean {
  const epoch = storeEpoch(state, site) ?? 0;
  return epoch < current.epoch || (seen.trace?.epoch === current.epoch && seen.trace.hash !== current.hash);
}

/** The store is the signal: the canaries' site first, the others when the canaries are served (or have been waited for). */
function mayFlip(state: LedgerState, site: string, current: Generation, at: Instant): boolean {
  const { canarySite, limits } = state.settings;
  const waitedMs = at.localMs - current.promotedAtMs;
  return site === canarySite || siteServed(state, canarySite) || waitedMs >= limits.canaryWaitMaxMs;
}

/** The value is taken from the home store by its version id, read back in the tick that hands it on. */
export const flipStores: Rule = (state, at) => {
  const current = currentReadBack(state);
  if (current === null) return undefined;
  const wanted: HomeEffect[] = [];
  for (const site of state.settings.sites) {
    const seen = answerTo(state, { type: "read-store", site });
    if (seen === undefined || storeObstacle(state, site) !== undefined) continue;
    if (!needsFlip(state, site, seen, current) || !mayFlip(state, site, current, at)) continue;
    const { versionId: replaces } = seen;
    wanted.push({ type: "flip", site, versionId: versionOf(current), epoch: current.epoch, replaces });
  }
  return ask(state, wanted);
};
