import type { Mutant } from "./mutants.ts";

const deletion = "core/protocol/home-delete.ts";
const records = "core/protocol/home-records.ts";

/** What is taken away, and when. */
export const deletionMutants: readonly Mutant[] = [
  {
    name: "retire without a fresh round",
    histories: 200,
    edits: [
      {
        file: "core/protocol/home-round.ts",
        from: "if (!allSites(state).every((site) => echoed(state, site))) return undefined;",
        to: "",
      },
    ],
  },
  {
    // The save that confirms the ledger before a deletion would find it out, so that is gone, too.
    name: "the sweep reads the ledger before it lists",
    histories: 800,
    edits: [
      {
        file: "core/protocol/home-step.ts",
        from: "  readTraces,\n  loadLedger,\n",
        to: "  loadLedger,\n  readTraces,\n",
      },
      { file: deletion, from: "if (state.saves === 0)", to: "if (false)" },
    ],
  },
  {
    name: "drain counted from promotion instead of the last receipt",
    histories: 300,
    edits: [
      {
        file: records,
        from: '{ ...record, state: "draining", drainFrom: at }',
        to: '{ ...record, state: "draining", drainFrom: { localMs: record.replacedAtMs, registryMs: null, ledgerMs: null } }',
      },
    ],
  },
  {
    name: "delete by id without looking at the name",
    histories: 1_500,
    edits: [
      { file: deletion, from: "if (!sameRobot(state, victim, seen.robot)) return undefined;", to: "" },
      {
        file: deletion,
        from: "seen.robot !== null && seen.robot.createdAtMs === victim.createdAtMs",
        to: "seen.robot !== null",
      },
    ],
  },
  {
    name: "no sweep",
    histories: 200,
    edits: [{ file: deletion, from: "if (mark === null) return null;", to: "return null;" }],
  },
  {
    name: "only the home's store and report hold a generation",
    histories: 500,
    edits: [
      {
        file: records,
        from: "for (const site of allSites(state)) {",
        to: "for (const site of [state.settings.home]) {",
      },
      {
        file: "core/protocol/home-round.ts",
        from: "if (!allSites(state).every((site) => echoed(state, site))) return undefined;",
        to: "if (!echoed(state, state.settings.home)) return undefined;",
      },
      {
        file: deletion,
        from: 'victim.guard === "never-promoted" ? [state.settings.home] : allSites(state)',
        to: "[state.settings.home]",
      },
    ],
  },
  {
    name: "what somebody else holds is not looked at",
    histories: 1_500,
    edits: [
      { file: records, from: "if (report.usernames.includes(record.robot.username)) {", to: "if (false) {" },
      { file: deletion, from: "if (seen?.report?.usernames.includes(victim.username))", to: "if (false)" },
    ],
  },
];
