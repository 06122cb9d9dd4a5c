import { type Mutant, simulated, told } from "./mutant.ts";

const line = "core/protocol/home-line.ts";
const records = "core/protocol/home-records.ts";
const refresh = "core/protocol/home-refresh.ts";
const promotion = "core/protocol/promote.ts";
const strategy = "in-place" as const;

/** One robot, refreshed while it is in use. */
export const inPlaceMutants: readonly Mutant[] = [
  {
    name: "in place, a secret that does not log in is promoted",
    edits: [
      {
        file: line,
        from: 'for (const purpose of ["next", "last"] as const) {',
        to: 'for (const purpose of next.madeOf.strategy === "in-place" ? [] : (["next", "last"] as const)) {',
      },
      // A write without an answer is taken for done.
      { file: refresh, from: 'if (how === "unknown") return { is: "waiting" };', to: "" },
    ],
    hunt: simulated(60, {}, { strategy }),
    broken: /^promise 2: the current generation \d+ is dead/,
  },
  {
    // The guard of every end keeps it for good: the robot's name is in use.
    name: "in place, the one before is ended by a refresh",
    edits: [
      { file: promotion, from: "const isOver = old !== null &&", to: "const isOver = false && old !== null &&" },
      {
        file: "core/protocol/invariants.ts",
        from: "new Set(alive.map((generation) => generation.robot.id)).size === alive.length",
        to: "true",
      },
    ],
    hunt: simulated(20, {}, { strategy }),
    broken: /^promise 4: generation \d+ is still retiring/,
  },
  {
    name: "in place, a robot is written by an old ledger",
    edits: [
      { file: refresh, from: "if (state.saves === 0)", to: "if (false)" },
      {
        file: refresh,
        from: 'lookAgain(state, victim) ?? (seenAgain(state, victim, at) === null ? "yes" : "no")',
        to: '"yes"',
      },
    ],
    hunt: told("in-place-staged-secret-put-in-late"),
    broken: /^promise 1: robot platform-pull-ga was refreshed while generation \d+ lives by it/,
  },
  {
    name: "in place, the robot's life is not extended",
    edits: [
      { file: refresh, from: "for (const effect of [renew, refresh]) {", to: "for (const effect of [refresh]) {" },
      {
        file: refresh,
        from: "const stands = !seen.disabled &&",
        to: "const stands = true || (!seen.disabled &&",
      },
      {
        file: refresh,
        from: "robotDescription({ ledgerId, credential, generation, attempt });\n  // Somebody",
        to: "robotDescription({ ledgerId, credential, generation, attempt }));\n  // Somebody",
      },
    ],
    hunt: simulated(20, {}, { strategy }),
    broken: /^promise 7: no current generation/,
  },
  {
    name: "in place, a window from the answered refresh on",
    edits: [{ file: promotion, from: "windowFrom: next.windowFrom", to: "windowFrom: undefined" }],
    hunt: told("in-place-refresh-without-an-answer"),
    broken: /^promise 4: a window of \d+ ms is told, of \d+ ms at least/,
  },
  {
    name: "in place, a window until not all are served",
    edits: [
      {
        file: records,
        from: 'if (isRefreshedOver(record)) return held ? record : { ...record, state: "retiring" };',
        to: 'if (isRefreshedOver(record)) return { ...record, state: "retiring" };',
      },
    ],
    hunt: told("in-place-with-a-dark-cluster"),
    broken: /^promise 4: a window is told while a target holds the dead secret/,
  },
  {
    name: "in place, an old secret is believed to be out",
    edits: [
      {
        file: refresh,
        from: 'if (verdict === "accepted" && goesOn) return undefined;',
        to: 'if (verdict === "accepted" && goesOn) return "out";',
      },
    ],
    hunt: told("in-place-old-secret-written-back"),
    broken: /^promise 4: generation 1 is over, and its secret logs in/,
  },
];
