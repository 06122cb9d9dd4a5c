import { type Mutant, searched, simulated, told } from "./mutant.ts";

const deletion = "core/protocol/home-delete.ts";
const victims = "core/protocol/home-victims.ts";
const records = "core/protocol/home-records.ts";
const round = "core/protocol/home-round.ts";

/** What is taken away, and when. */
export const deletionMutants: readonly Mutant[] = [
  {
    name: "retire without a fresh round",
    edits: [
      { file: round, from: "if (!allSites(state).every((site) => echoed(state, site))) return undefined;", to: "" },
    ],
    hunt: simulated(200),
    broken: /retires without a fresh look of every site/,
  },
  {
    // A ledger that is behind what was listed, a save and a last look would find it out, so those are gone, too.
    name: "the sweep reads the ledger before it lists",
    edits: [
      {
        file: "core/protocol/home-step.ts",
        from: "readTraces(state) ?? loadLedger(state)",
        to: "loadLedger(state) ?? readTraces(state)",
      },
      {
        file: "core/protocol/home-judge.ts",
        from: "if (mark !== null && mark.generation > ledger.generationMax)",
        to: "if (false)",
      },
      { file: deletion, from: "if (state.saves === 0)", to: "if (false)" },
      { file: deletion, from: "if (seenAgain(state, victim, at) !== null) return undefined;", to: "" },
    ],
    hunt: searched("event-doubled"),
    broken: /promise/,
  },
  {
    name: "drain counted from promotion instead of the last receipt",
    edits: [
      {
        file: records,
        from: '{ ...record, state: "draining", drainFrom: at }',
        to: '{ ...record, state: "draining", drainFrom: { localMs: record.replacedAtMs, registryMs: null, ledgerMs: null } }',
      },
    ],
    hunt: simulated(
      500,
      { trouble: 0.3, crash: 0, acts: ["rotate"] },
      { tickEveryMs: 5 * 60_000, drainMs: 40 * 60_000 },
    ),
    broken: /^promise 1: .* died \d+ s after it was last held/,
  },
  {
    name: "delete by id without looking at the name",
    edits: [
      { file: deletion, from: "if (!sameRobot(state, victim, seen.robot)) return undefined;", to: "" },
      {
        file: deletion,
        from: "seen.robot !== null && seen.robot.createdAtMs === victim.createdAtMs",
        to: "seen.robot !== null",
      },
    ],
    hunt: simulated(400, { outside: 0.4, outsiders: ["robot id taken"] }),
    broken: /^promise 3: robot ci-\d+ was deleted, which is not ours/,
  },
  {
    name: "no sweep",
    edits: [{ file: victims, from: "if (mark === null) return null;", to: "return null;" }],
    hunt: searched("first-crash-lost"),
    broken: /promise 3/,
  },
  {
    name: "only the home's store and report hold a generation",
    edits: [
      {
        file: records,
        from: "for (const site of allSites(state)) {",
        to: "for (const site of [state.settings.home]) {",
      },
      {
        file: round,
        from: "if (!allSites(state).every((site) => echoed(state, site))) return undefined;",
        to: "if (!echoed(state, state.settings.home)) return undefined;",
      },
      {
        file: victims,
        from: 'victim.guard === "never-promoted" ? [state.settings.home] : allSites(state)',
        to: "[state.settings.home]",
      },
    ],
    hunt: searched("both-dark"),
    broken: /^(promise 1|a generation)/,
  },
  {
    name: "what somebody else holds is not looked at",
    edits: [
      { file: records, from: "report.usernames.includes(record.robot.username)", to: "false" },
      { file: victims, from: "if (seen?.report?.usernames.includes(victim.username))", to: "if (false)" },
    ],
    hunt: simulated(600, { outside: 0.3, outsiders: ["secret taken back"] }, { adopt: false }),
    broken: /which somebody else wrote to/,
  },
  {
    name: "an expiry by the runner's own clock",
    edits: [
      {
        file: records,
        from: "expiresAtMs !== null && at.registryMs !== null && expiresAtMs <= at.registryMs",
        to: "expiresAtMs !== null && expiresAtMs <= Math.max(at.localMs, at.registryMs ?? 0)",
      },
    ],
    hunt: told("clock-ahead-while-harbor-is-dark"),
    broken: /^promise 1/,
  },
  {
    name: "a store that changed under its flip is believed",
    edits: [
      {
        file: "core/protocol/home-state.ts",
        from: "if (flip !== undefined) return flip.ok ? current.epoch : undefined;",
        to: "if (flip?.ok) return current.epoch;",
      },
    ],
    hunt: told("store-restored-under-a-flip"),
    broken: /^promise 1/,
  },
  {
    name: "no second drain for what a backup brought back",
    edits: [{ file: records, from: "return ahead || takenBack(state, record) ?", to: "return ahead ?" }],
    hunt: told("store-restored-while-retiring"),
    broken: /^promise 1/,
  },
];
