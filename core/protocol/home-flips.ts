import type { HomeEffect } from "./effects.ts";
import { answerTo, ask, type LedgerState, type Problem, type Rule, siteSeen, storeEpoch } from "./home-state.ts";
import { currentValueState, versionOf } from "./home-watch.ts";
import type { Instant } from "./state.ts";

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

/** The store is the signal: the canaries' site first, the others when the canaries are served (or have been waited for). */
export function mayFlip(state: LedgerState, site: string, at: Instant): boolean {
  const { canarySite, limits } = state.settings;
  const promotedAtMs = state.ledger.current?.promotedAtMs ?? at.localMs;
  return site === canarySite || siteServed(state, canarySite) || at.localMs - promotedAtMs >= limits.canaryWaitMaxMs;
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
function needsFlip(state: LedgerState, site: string): boolean {
  const { current } = state.ledger;
  const seen = answerTo(state, { type: "read-store", site });
  if (!current || seen === undefined) return false;
  const epoch = storeEpoch(state, site) ?? 0;
  return epoch < current.epoch || (seen.trace?.epoch === current.epoch && seen.trace.hash !== current.hash);
}

export const flipStores: Rule = (state, at) => {
  const { current } = state.ledger;
  if (!current || !currentValueReadable(state)) return undefined;
  const wanted: HomeEffect[] = [];
  for (const site of state.settings.sites) {
    if (!needsFlip(state, site) || storeObstacle(state, site) !== undefined || !mayFlip(state, site, at)) continue;
    const replaces = answerTo(state, { type: "read-store", site })?.versionId ?? null;
    wanted.push({ type: "flip", site, versionId: versionOf(current), epoch: current.epoch, replaces });
  }
  if (wanted.length === 0) return undefined;
  // The value is taken from the home store by its version id, in the tick that hands it on.
  const reading = ask(state, [{ type: "read-version", versionId: versionOf(current) }]);
  if (reading) return reading;
  return currentValueState(state) === "good" ? ask(state, wanted) : undefined;
};

function currentValueReadable(state: LedgerState): boolean {
  const { current } = state.ledger;
  return !current || state.replies[`read-version:${versionOf(current)}`]?.ok !== false;
}
