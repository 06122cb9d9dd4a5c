import type { Mutant } from "./mutants.ts";

const rebuild = "core/protocol/rebuild.ts";

/** What an operator asks for, and what comes back from a backup. */
export const actMutants: readonly Mutant[] = [
  {
    name: "roll back to a generation about to expire",
    histories: 1_500,
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
  },
  {
    name: "a revoked generation stays current",
    histories: 500,
    edits: [
      {
        file: "core/protocol/home-watch.ts",
        from: 'if (ledger.current.revoked) return "revoked";',
        to: "",
      },
    ],
  },
  {
    name: "a restored ledger that is obeyed",
    histories: 800,
    edits: [
      {
        file: "core/protocol/home-judge.ts",
        from: "if (ledger === null || evidence === null) return undefined;",
        to: "return undefined;",
      },
    ],
  },
  {
    // The assertion before every save would find it out, so that is gone, too.
    name: "a rebuild that hands out what it found",
    histories: 800,
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
  },
];
