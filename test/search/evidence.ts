import { isRefreshedOver } from "../../core/protocol/fixed.ts";
import type { SiteLedger } from "../../core/protocol/site-state.ts";
import type { HomeLedger, Replaced } from "../../core/protocol/state.ts";
import { minuteMs } from "../simulation/world.ts";
import { echoedRounds, siteLedgerIn } from "./echoes.ts";
import { at } from "./layout.ts";
import { drainMinutes } from "./plan.ts";
import { named, type Space } from "./space.ts";

function siteLedgers(space: Space, row: Int32Array): Readonly<Record<string, SiteLedger | null>> {
  return Object.fromEntries(space.plan.sites.map((site) => [site, siteLedgerIn(space, row, site)]));
}

/**
 * The records' steps against what stands in the sites' ledgers at that moment: nothing drains before every site
 * is past it, and nothing retires before its drain and a fresh round, echoed by all. An expiry, which needs
 * neither, is never reached in these worlds, and nobody says `--now`.
 */
export function hastySteps(space: Space, before: HomeLedger, after: HomeLedger, row: Int32Array): readonly string[] {
  space.clock(at(row, space.layout.minutes));
  const { nowMs } = space.bench.world;
  const sites = siteLedgers(space, row);
  const broken: string[] = [];
  for (const record of after.replaced) {
    const old = before.replaced.find((other) => other.generation === record.generation);
    // Refreshed in place: its secret is dead already, and nothing of it is ended by a step.
    if (old === undefined || old.state === record.state || isRefreshedOver(record)) continue;
    for (const site of after.sites) {
      const report = named(sites, site)?.report;
      // Of a report only what never falls: a later look may find a deleted Secret, and be right.
      const isPast = report != null && report.epoch > record.epoch;
      const text = `generation ${record.generation} goes from ${old.state} to ${record.state}`;
      if (record.state !== "held" && !isPast) broken.push(`promise 1: ${text}, and ${site} has not reported past it`);
      const isEchoed = before.round !== null && echoedRounds(space, row, site).includes(before.round.id);
      if (record.state === "retiring" && !isEchoed)
        broken.push(`promise 1: ${text}, and ${site} has not echoed the round`);
      if (record.state === "retiring" && !drained(old, nowMs))
        broken.push(`promise 1: ${text} before its drain is over`);
    }
  }
  return broken;
}

function drained(record: Replaced, nowMs: number): boolean {
  if (record.revoked) return record.drainFrom !== null;
  return record.drainFrom !== null && nowMs - record.drainFrom.localMs >= drainMinutes * minuteMs;
}

/** What a site has seen and reported never goes back. */
export function siteFalls(space: Space, before: Int32Array, after: Int32Array): readonly string[] {
  const [old, now] = [siteLedgers(space, before), siteLedgers(space, after)];
  return Object.entries(now).flatMap(([site, ledger]) => {
    const earlier = old[site] ?? null;
    if (earlier === null) return [];
    if (ledger === null) return [`fence: the ledger of site ${site} is gone`];
    if (ledger.epoch < earlier.epoch)
      return [`fence: site ${site} went from epoch ${earlier.epoch} back to ${ledger.epoch}`];
    const [then, next] = [earlier.report?.epoch ?? 0, ledger.report?.epoch ?? 0];
    return next < then ? [`fence: the report of ${site} went from epoch ${then} back to ${next}`] : [];
  });
}
