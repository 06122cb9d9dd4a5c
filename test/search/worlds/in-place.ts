import { type Plan, toSchedule } from "../plan.ts";
import { alone, calm } from "./beginnings.ts";

const inPlace = { ...alone, ...calm, strategy: "in-place" } as const;

/** Everybody is served, and the one robot has a secret that nobody else has had. */
const due = ["aws", "aws", toSchedule] as const;

/** One robot of a fixed name, refreshed in use. Promises 1 and 2 are not asked of these worlds; all others are. */
export const inPlaceWorlds: readonly Plan[] = [
  {
    ...inPlace,
    name: "in-place-lost",
    about: "a rotation is due: whatever request or reply is lost, the next tick goes on, and all are served",
    prelude: due,
    ticks: { aws: 2 },
    runners: 1,
    faults: { lost: 1, crash: 1 },
    faultsMax: 2,
  },
  {
    ...inPlace,
    name: "in-place-due",
    about: "a rotation is due: two runners, a write that arrives late, and a crash",
    prelude: due,
    ticks: { aws: 3 },
    faults: { late: 1, crash: 1 },
    faultsMax: 2,
  },
  {
    ...inPlace,
    name: "in-place-revoke",
    about: "the one generation is revoked, and a roll back is asked for, which there is none to",
    prelude: ["aws", "aws"],
    ticks: { aws: 3 },
    faults: { revoke: 1, "roll-back": 1 },
    faultsMax: 2,
    promotionsMax: 2,
  },
];
