import { drainMinutes, toSchedule } from "../plan.ts";

export const alone = { sites: ["aws"], clusters: { c0: "aws" }, namespaces: 1, runners: 2, jumps: [] } as const;
export const both = {
  sites: ["aws", "azure"],
  clusters: { c0: "aws", c1: "azure" },
  namespaces: 1,
  runners: 2,
  jumps: [],
} as const;
export const calm = { faults: {}, faultsMax: 0, promotionsMax: 1, rest: "idle", statesMax: 3_000_000 } as const;

/** From nothing to the first generation, served everywhere; then its schedule passes. */
export const aloneDue = ["aws", "aws", toSchedule];
/** The second generation is promoted and served; the first is not draining yet. */
export const aloneServed = [...aloneDue, "aws"];
/** The first generation's drain is over: the next tick draws a round. */
export const aloneDrained = [...aloneServed, "aws", drainMinutes + 1];
/** The round is out, and echoed: the next tick retires and deletes. */
export const aloneEchoed = [...aloneDrained, "aws"];

export const bothDue = ["aws", "azure", "aws", "azure", "aws", toSchedule];
export const bothFlipped = [...bothDue, "aws", "aws"];
export const bothServed = [...bothFlipped, "azure"];
export const bothDrained = [...bothServed, "aws", drainMinutes + 1];
export const bothEchoed = [...bothDrained, "aws", "azure"];
