import { drainEnded, retirementsStopped } from "./home-records.ts";
import { allSites, answerTo, ask, type LedgerState, type Rule, siteSeen } from "./home-state.ts";

/** A site echoed when a complete look that began after reading the round found everything served. */
export function echoed(state: LedgerState, site: string): boolean {
  const report = siteSeen(state, site)?.report;
  return (
    report != null && report.round === state.ledger.round?.id && report.complete && report.served === report.wanted
  );
}

/** When a drain ends, home draws a round: into its ledger first, then beside each store's value. */
export const drawRound: Rule = (state, at) => {
  const { ledger } = state;
  if (ledger.round !== null || retirementsStopped(state)) return undefined;
  const returning = ledger.next?.rollBack ? ledger.next.generation : null;
  const ended = ledger.replaced.filter((record) => record.generation !== returning && drainEnded(state, record, at));
  if (ended.length === 0) return undefined;
  const generations = ended.map((record) => record.generation);
  const round = { id: state.settings.draws.round, drawnAtMs: at.localMs, generations };
  const why = `round drawn for generation ${generations.join(", ")}`;
  return { do: "save", ledger: { ...ledger, round }, why, withoutLease: true };
};

export const spreadRound: Rule = (state) => {
  const { round } = state.ledger;
  if (!round) return undefined;
  const silent = state.settings.sites.filter((site) => !echoed(state, site));
  const reading = ask(
    state,
    silent.map((site) => ({ type: "read-round", site }) as const),
  );
  if (reading) return reading;
  const missing = silent.filter((site) => {
    const seen = answerTo(state, { type: "read-round", site });
    return seen !== undefined && seen.round !== round.id;
  });
  return ask(
    state,
    missing.map((site) => ({ type: "write-round", site, round: round.id }) as const),
  );
};

/** Every site echoed: what drained before the round was drawn, and still does (`advanceRecords`), may be retired. */
export const confirmRound: Rule = (state) => {
  const { ledger } = state;
  const { round } = ledger;
  if (!round || retirementsStopped(state)) return undefined;
  if (!allSites(state).every((site) => echoed(state, site))) return undefined;
  // What is about to come back keeps its robot while the roll back lasts.
  const returning = ledger.next?.rollBack ? ledger.next.generation : null;
  const confirmed = ledger.replaced.filter(
    (record) =>
      round.generations.includes(record.generation) && record.state === "draining" && record.generation !== returning,
  );
  const replaced = ledger.replaced.map((record) =>
    confirmed.includes(record) ? { ...record, state: "retiring" as const } : record,
  );
  return {
    do: "save",
    ledger: { ...ledger, replaced, round: null },
    why: `every site echoed the round; retiring: ${confirmed.map((record) => record.generation).join(", ") || "none"}`,
  };
};
