import { type Plan, toSchedule } from "../plan.ts";
import { alone, calm } from "./beginnings.ts";

/** A refreshed secret is proved again in a later tick, at least 10 s on. */
const verified = 1;
const auto = { ...alone, ...calm, strategy: "auto", jumps: [verified] } as const;
/** The first generation, by a robot of its own, is served; then its schedule passes. */
const due = ["aws", "aws", toSchedule] as const;

/** A strategy chosen by the issuer's rights, which change at any moment, between two calls of a tick as well. */
export const autoWorlds: readonly Plan[] = [
  {
    ...auto,
    name: "auto-rights",
    about: "a rotation is due: the issuer's rights change once, in five ways, and a request or reply is lost",
    prelude: due,
    ticks: { aws: 2 },
    runners: 1,
    faults: { rights: 1, lost: 1 },
    faultsMax: 2,
  },
  {
    ...auto,
    name: "auto-rights-twice",
    about: "a rotation is due: rights change twice, so that an attempt of one way meets the rights for another",
    prelude: due,
    ticks: { aws: 3 },
    runners: 1,
    faults: { rights: 2, crash: 1 },
    faultsMax: 3,
  },
  {
    ...auto,
    name: "auto-due",
    about: "a rotation is due: two runners that saw other rights, with a crash",
    prelude: due,
    ticks: { aws: 3 },
    faults: { rights: 1, crash: 1 },
    faultsMax: 2,
  },
];
