import { drainMinutes, type Plan, toSchedule } from "../plan.ts";
import { alone, calm } from "./beginnings.ts";

/** A refreshed secret is proved again in a later tick, at least 10 s on. */
const verified = 1;
const alternating = { ...alone, ...calm, strategy: "alternating", jumps: [verified], faultsMax: 2 } as const;
/** From nothing to the first generation, served; then its schedule passes. */
const due = ["aws", verified, "aws", toSchedule] as const;
/** The second generation is promoted and served. */
const served = [...due, "aws", verified, "aws"] as const;
const drained = [...served, "aws", drainMinutes + 1] as const;
/** The round is out, and echoed: the next tick throws the old secret away. */
const echoed = [...drained, "aws"] as const;

/**
 * Two robots of fixed names: their secrets are refreshed, never that of the one in use. A revoke of the current one is
 * not among them: it takes the other robot whatever holds it, which breaks promise 1 by intent (the simulation excuses it).
 */
export const alternatingWorlds: readonly Plan[] = [
  {
    ...alternating,
    name: "alternating-lost",
    about: "a rotation is due: whatever request or reply of the one tick is lost, the next one goes on",
    prelude: due,
    ticks: { aws: 2 },
    runners: 1,
    faults: { lost: 1, crash: 1 },
  },
  {
    ...alternating,
    name: "alternating-thrown",
    about: "the round is echoed: whatever request or reply is lost of the secret that is thrown away",
    prelude: echoed,
    ticks: { aws: 2 },
    runners: 1,
    faults: { lost: 1, crash: 1 },
  },
  {
    ...alternating,
    name: "alternating-first",
    about: "nothing is there yet; two runners make the first robot, with a crash and a lost reply",
    prelude: [],
    ticks: { aws: 3 },
    faults: { crash: 1, lost: 1 },
  },
  {
    ...alternating,
    name: "alternating-due",
    about: "a rotation is due: the idle robot is made or refreshed, with a crash and a lost reply",
    prelude: due,
    ticks: { aws: 3 },
    faults: { crash: 1, lost: 1 },
  },
  {
    ...alternating,
    name: "alternating-late",
    about: "a rotation is due, and a write arrives late: it is the very secret that is staged",
    prelude: due,
    ticks: { aws: 3 },
    faults: { late: 1, crash: 1 },
  },
  {
    ...alternating,
    name: "alternating-retire",
    about: "the round is echoed: the old secret is thrown away and seen to be out, with a crash and a lost reply",
    prelude: echoed,
    ticks: { aws: 3 },
    faults: { crash: 1, lost: 1 },
  },
  {
    ...alternating,
    name: "alternating-roll-back",
    about: "the round is echoed: a roll back against the secret that is thrown away, with a crash",
    prelude: echoed,
    ticks: { aws: 3 },
    faults: { "roll-back": 1, crash: 1 },
  },
];
