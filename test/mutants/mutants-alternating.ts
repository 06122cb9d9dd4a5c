import { type Mutant, simulated, told } from "./mutant.ts";

const slots = "core/protocol/home-slots.ts";
const line = "core/protocol/home-line.ts";
const refresh = "core/protocol/home-refresh.ts";
const fixed = "core/protocol/fixed.ts";
const strategy = "alternating" as const;

/** Two robots of fixed names. */
export const alternatingMutants: readonly Mutant[] = [
  {
    // The ledger's invariants would stop it before anything is written, so they are gone, too.
    name: "the robot in use is refreshed",
    edits: [
      { file: slots, from: "[ledger.current, ...ledger.replaced].find(", to: "[...ledger.replaced].find(" },
      {
        file: "core/protocol/invariants.ts",
        from: "promoted.every((generation) => generation.robot.username !== nextRobot)",
        to: "true",
      },
      {
        file: "core/protocol/invariants.ts",
        from: "new Set(alive.map((generation) => generation.robot.id)).size === alive.length",
        to: "true",
      },
      { file: "core/protocol/invariants.ts", from: "record.thrownAwayAt === undefined ||", to: "true ||" },
    ],
    hunt: simulated(20, {}, { strategy }),
    broken: /^promise 1: robot platform-pull-g[ab] was refreshed while generation \d+ lives by it/,
  },
  {
    name: "a robot is taken although its rotation could wait",
    edits: [{ file: slots, from: "if (isExpired(first, at) || mayTake(reason))", to: "if (true)" }],
    hunt: simulated(60, { acts: ["rotate"], act: 0.5 }, { strategy }),
    // Whoever still needs it: our targets, a drain, or what somebody else wrote, which the end would have waited for.
    broken: /^promise 1: (robot platform-pull-g[ab] was refreshed while|.* which is dead|.* died)/,
  },
  {
    name: "a refreshed secret is not looked at again",
    edits: [
      {
        file: line,
        from: "if (since && !mayVerifyAgain(since, at)) return undefined;",
        to: "",
      },
    ],
    hunt: simulated(20, {}, { strategy }),
    broken: /^promise 1: generation \d+ was promoted before its secret was looked at once more/,
  },
  {
    name: "a refresh that a clock ahead noted is looked at again too early",
    edits: [
      {
        file: fixed,
        from: "return elapsedMs(since, at) >= verifyAgainMs;",
        to: "return Math.abs(elapsedMs(since, at)) >= verifyAgainMs;",
      },
      { file: fixed, from: "return elapsedMs(since, at) < -verifyAgainMs;", to: "return false;" },
    ],
    hunt: told("refresh-noted-by-a-clock-ahead"),
    broken: /^promise 1: generation 2 was promoted before its secret was looked at once more/,
  },
  {
    name: "an old secret is believed to be out",
    edits: [
      {
        file: refresh,
        from: "  const [versionId] = record.versionIds;",
        to: '  if (record.thrownAwayAt !== undefined) return "out";\n  const [versionId] = record.versionIds;',
      },
    ],
    hunt: told("thrown-away-secret-written-back"),
    broken: /^promise 4: the idle robot platform-pull-ga still has a secret that was handed out/,
  },
  {
    name: "a current secret that was written over is not put in again",
    edits: [{ file: "core/protocol/home-watch.ts", from: "if (isFixed(ledger.current.madeOf)) {", to: "if (false) {" }],
    hunt: told("old-secret-written-back"),
    broken: /^promise 2: the current generation 2 is dead/,
  },
  {
    name: "a secret is put in again where somebody else claimed the robot",
    edits: [{ file: refresh, from: "if (markOf(state, robot) === null) return undefined;", to: "" }],
    hunt: told("secret-and-mark-written-over"),
    broken: /^promise 3: robot platform-pull-ga was refreshed, which is not ours/,
  },
  {
    name: "a robot is written without a ledger that was confirmed",
    edits: [
      { file: refresh, from: "if (state.saves === 0)", to: "if (false)" },
      {
        file: refresh,
        from: 'lookAgain(state, victim) ?? (seenAgain(state, victim, at) === null ? "yes" : "no")',
        to: '"yes"',
      },
    ],
    hunt: told("staged-secret-put-in-late"),
    broken: /^promise 1: robot platform-pull-gb was refreshed while generation \d+ lives by it/,
  },
  {
    name: "a robot of a fixed name is swept",
    edits: [
      {
        file: "core/protocol/home-victims.ts",
        from: "if (mark.slot !== null) return null;",
        to: "",
      },
    ],
    hunt: simulated(60, {}, { strategy }),
    broken: /^promise 3: robot platform-pull-g[ab] was deleted, whose name is on allow-lists/,
  },
];
