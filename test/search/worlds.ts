import { type Plan, toSchedule } from "./plan.ts";

const oneSite = { sites: ["aws"], clusters: { c0: "aws" }, namespaces: 1 } as const;
const twoSites = { sites: ["aws", "azure"], clusters: { c0: "aws", c1: "azure" }, namespaces: 1 } as const;
const bounds = { statesMax: 2_000_000 } as const;
const calm = { faults: {}, faultsMax: 0, rest: "idle", ...bounds } as const;
/** From nothing to the first generation, served everywhere; then its schedule passes. */
const due = ["aws", "azure", "aws", "azure", toSchedule];
const dueAlone = ["aws", "aws", toSchedule];

export const worlds: readonly Plan[] = [
  {
    ...oneSite,
    ...calm,
    name: "alone-two-runners",
    about: "one site, one target, due: two runners at once, three ticks, a drain",
    prelude: dueAlone,
    ticks: { aws: 3 },
    runners: 2,
    jumps: [11],
    promotionsMax: 1,
  },
];
