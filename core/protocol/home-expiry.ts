import { registryMs } from "./clocks.ts";
import { isRefreshedOver } from "./fixed.ts";
import { allSites, type LedgerState, type Problem, siteSeen, storeEpoch } from "./home-state.ts";
import type { Instant, Replaced } from "./state.ts";

/** Of one generation's holders this many are named. */
const holdersMax = 10;

/**
 * Who still holds a replaced generation, in the words of the reports: stores, targets, sites as a whole where
 * nothing better is known. At its expiry pulls fail there (promise 4).
 */
export function holdersOf(state: LedgerState, record: Replaced): readonly string[] {
  const { username } = record.robot;
  return allSites(state).flatMap((site) => {
    const epoch = storeEpoch(state, site);
    const store = epoch === undefined || epoch <= record.epoch ? [`the store of ${site}`] : [];
    const report = siteSeen(state, site)?.report;
    if (!report || report.ledgerId !== state.ledger.ledgerId || report.epoch <= record.epoch)
      return [...store, `all targets of ${site}`];
    // What could not be read may hold it: a dark cluster shows no username.
    if (report.complete && !report.usernames.includes(username)) return store;
    const foreign = report.foreign.filter((one) => one.username === username).map(({ target }) => target);
    const named = [...report.unserved.map(({ target }) => target), ...foreign];
    return [...store, ...(named.length > 0 ? named : [`a target of ${site}`])];
  });
}

/** The generations whose robot ends within the margin, and what will fail with them; told, never acted upon. */
export function endingSoon(state: LedgerState, at: Instant): readonly Problem[] {
  const { current, next, replaced } = state.ledger;
  const leftOf = ({ robot }: Pick<Replaced, "robot">) =>
    robot.expiresAtMs === null ? Number.POSITIVE_INFINITY : robot.expiresAtMs - registryMs(at);
  const isNear = (leftMs: number) => leftMs > 0 && leftMs <= state.settings.limits.marginMs;
  const told = (generation: number, leftMs: number, what: string): Problem => ({
    code: "expiry-near",
    text: `the robot of generation ${generation} ends in ${Math.ceil(leftMs / 60_000)} minutes; then pulls fail at ${what}`,
    blocks: false,
  });
  const found = replaced.flatMap((record) => {
    if (isRefreshedOver(record)) return [];
    const leftMs = leftOf(record);
    const holders = isNear(leftMs) ? holdersOf(state, record) : [];
    if (holders.length === 0) return [];
    const more = holders.length > holdersMax ? ` and ${holders.length - holdersMax} more` : "";
    return [told(record.generation, leftMs, `${holders.slice(0, holdersMax).join(", ")}${more}`)];
  });
  if (current === null || !isNear(leftOf(current))) return found;
  const after = next === null ? "nothing is under way to replace it" : `generation ${next.generation} is ${next.state}`;
  return [...found, told(current.generation, leftOf(current), `every target, since ${after}`)];
}
