import { type Mutant, searched, simulated, told } from "./mutant.ts";

const rebuild = "core/protocol/rebuild.ts";
const judge = "core/protocol/home-judge.ts";

/** What an operator asks for, and what comes back from a backup. */
export const actMutants: readonly Mutant[] = [
  {
    name: "roll back to a generation about to expire",
    edits: [
      {
        file: "core/protocol/home-acts.ts",
        from: "target.robot.expiresAtMs - registryMs(at) < lifeLeftMinMs",
        to: "false",
      },
      {
        file: "core/protocol/home-line.ts",
        from: "next.robot.expiresAtMs - registryMs(at) < limits.lifeLeftMinMs",
        to: "false",
      },
    ],
    hunt: simulated(
      600,
      { acts: ["roll back"], act: 0.4, longer: 14, trouble: 0.3, darkForEver: false },
      { tickEveryMs: 80 * 60_000, durationDays: 1 },
    ),
    broken: /was promoted -?\d+ minutes before its expiry/,
  },
  {
    name: "a revoked generation stays current",
    edits: [{ file: "core/protocol/home-watch.ts", from: 'if (ledger.current.revoked) return "revoked";', to: "" }],
    hunt: simulated(200, { acts: ["revoke"], act: 0.3 }, { durationDays: 90 }),
    broken: /^promise 4: generation \d+ was revoked and is still current/,
  },
  {
    name: "a restored ledger that is obeyed",
    edits: [
      {
        file: judge,
        from: "const evidence = behindBy(state);",
        to: "const evidence = null as string | null;",
      },
    ],
    hunt: simulated(400, { outside: 0.3, outsiders: ["ledger restored"] }),
    broken: /^promise/,
  },
  {
    // The assertion before every save would find it out, so that is gone, too.
    name: "a rebuild that hands out what it found",
    edits: [
      { file: "core/protocol/invariants.ts", from: "check(current === null && next === null,", to: "check(true," },
      {
        file: rebuild,
        from: "    current: null,\n",
        to: `    current: held.length === 0 ? null : ({
      ...held.at(-1),
      epoch: epochSeen + epochLift,
      versionIds: [answerTo(state, { type: "read-store", site: settings.home })?.versionId ?? "none"],
      hash: answerTo(state, { type: "read-store", site: settings.home })?.trace?.hash ?? "",
    } as any),
`,
      },
      { file: rebuild, from: "    replaced: held,\n", to: "    replaced: held.slice(0, -1),\n" },
    ],
    hunt: searched("restored-any-copy-awake"),
    broken: /promise/,
  },
  {
    name: "a rebuild from a look that came before the ledger",
    edits: [
      {
        file: judge,
        from: "if (!state.lookedAgain) return readTracesAgain(state);\n  const found",
        to: "const found",
      },
    ],
    hunt: told("rebuilt-from-an-old-look"),
    broken: /^promise/,
  },
  {
    name: "a rebuild that lists the robots before it reads the store",
    edits: [
      {
        file: judge,
        from: "if (!state.lookedAgain) return ask(state, [listRobots, ...otherTraces(state)]);",
        to: "if (state !== null) return ask(state, [listRobots, ...otherTraces(state)]);",
      },
    ],
    hunt: told("rebuilt-over-a-lost-one"),
    broken: /^promise/,
  },
];
