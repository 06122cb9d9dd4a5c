import { readFileSync } from "node:fs";
import type { Plugin } from "esbuild";
import type { DemoRun, DemoStrategy } from "../../functions/sandbox/demo/options.ts";

/** One answer of the product to a fault of the demo, switched off: what stands in `from` becomes `to`. */
export interface Mutant {
  readonly fault: string;
  /** `generations` where absent. */
  readonly strategy?: DemoStrategy;
  /** What the product does no more. */
  readonly without: string;
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[];
  /** What the run fails for, in the demo's words: no other reason counts. */
  readonly fails: RegExp;
  readonly how: Pick<DemoRun, "patienceMs" | "patienceTicks" | "faultLastsMs">;
}

const core = "core/protocol";

/** The audit log would still see the old robot at work, and hold it. */
const noEvidence: Mutant["edits"] = [
  { file: `${core}/home-records.ts`, from: '?.verdict === "in-use"', to: "?.verdict === (false as never)" },
  { file: `${core}/home-records.ts`, from: "record.revoked ||", to: "true || record.revoked ||" },
];

/** What home does with the replicas' stores and reports before it lets an old robot go. */
const homeLooksAtHomeAlone: Mutant["edits"] = [
  ...noEvidence,
  {
    file: `${core}/home-records.ts`,
    from: "for (const site of allSites(state)) {",
    to: "for (const site of [state.settings.home]) {",
  },
  {
    file: `${core}/home-round.ts`,
    from: "allSites(state).every((site) => echoed(state, site))",
    to: "echoed(state, state.settings.home)",
  },
  {
    file: `${core}/home-victims.ts`,
    from: 'victim.guard === "never-promoted" ? [state.settings.home] : allSites(state)',
    to: "[state.settings.home]",
  },
];

/** What never ends is given up after this. The product itself needs a third of it, by time and by ticks. */
const stuck = { patienceMs: 20_000, patienceTicks: 60 } as const;
/** Long after the old robot's end, however slow the machine: a pull with it fails while the fault lasts. */
const untilAPullFails = { patienceMs: 180_000, faultLastsMs: 120_000 } as const;

const neverCurrent = /not: the new generation is current/;
const neverServed = /not: every namespace holds the new generation/;
const neverGone = /not: the old robot is gone/;
const orphans = /^[2-9] robots with our mark are left$/m;
const failedPull = /^a pull failed$/;

export const mutants: readonly Mutant[] = [
  {
    fault: "crash-after-mint",
    without: "giving up the attempt of a runner that is gone",
    edits: [
      {
        file: `${core}/home-line.ts`,
        from: "if (state.ownAttempt !== attempt)",
        to: "if (state.ownAttempt !== attempt) return undefined;\n  if (false)",
      },
    ],
    fails: neverCurrent,
    how: stuck,
  },
  {
    fault: "crash-after-stage",
    without: "sweeping the robots of attempts that were given up",
    edits: [{ file: `${core}/home-victims.ts`, from: "if (mark === null) return null;", to: "return null;" }],
    fails: orphans,
    how: {},
  },
  {
    fault: "crash-mid-distribution",
    without: "looking at every target again at every tick",
    edits: [
      {
        file: `${core}/site-serve.ts`,
        from: "state.clusters ?? startClusters(state, value, nowMs)",
        to: 'state.clusters ?? ((state.replies["load-site-ledger"] as any).value.ledger?.epoch >= value.epoch && value.epoch > 1 ? [] : startClusters(state, value, nowMs))',
      },
    ],
    fails: neverServed,
    how: stuck,
  },
  {
    fault: "crash-before-retire",
    without: "going on with a retirement that another tick began",
    edits: [
      {
        file: `${core}/home-victims.ts`,
        from: 'if (record.state !== "retiring") continue;',
        to: 'if (record.state !== "retiring" || state.saves === 0) continue;',
      },
    ],
    fails: neverGone,
    how: stuck,
  },
  {
    fault: "lost-reply-mint",
    without: "sweeping a robot whose secret nobody has",
    edits: [{ file: `${core}/home-victims.ts`, from: "if (mark === null) return null;", to: "return null;" }],
    fails: orphans,
    how: {},
  },
  {
    fault: "lost-reply-promote",
    without: "bringing a store to the ledger's epoch in a tick that did not promote",
    edits: [
      {
        file: `${core}/home-flips.ts`,
        from: "if (!needsFlip(state, site, seen, current)",
        to: "if (site === state.settings.canarySite && current.epoch > 1 && state.ownAttempt !== current.attempt) continue;\n    if (!needsFlip(state, site, seen, current)",
      },
    ],
    fails: neverServed,
    how: stuck,
  },
  {
    fault: "store-down",
    without: "holding the old robot while a store, a report or the audit log says no",
    edits: homeLooksAtHomeAlone,
    fails: failedPull,
    how: untilAPullFails,
  },
  {
    fault: "store-stale",
    without: "refusing a value older than one seen before, or holding the old robot while such a one is read",
    edits: [
      ...homeLooksAtHomeAlone,
      {
        file: `${core}/home-records.ts`,
        from: "return allSites(state).some((site) => {",
        to: "return [state.settings.home].some((site) => {",
      },
      {
        file: `${core}/site-step.ts`,
        from: "if (trace.epoch < ledger.epoch) {",
        to: "if (false) {",
      },
      {
        file: `${core}/site-step.ts`,
        from: '(reply.value as SiteReplies["prove-value"]).verdict',
        to: '"accepted"',
      },
      {
        file: `${core}/site-target.ts`,
        from: "if (mark !== null && mark.epoch > wanted.value.epoch)",
        to: "if (false)",
      },
    ],
    fails: failedPull,
    how: untilAPullFails,
  },
  {
    fault: "cluster-dark",
    without: "holding the old robot while a cluster cannot be read, or the audit log says no",
    edits: [
      ...noEvidence,
      { file: `${core}/site-tally.ts`, from: "complete: tally.complete && read", to: "complete: true" },
      { file: `${core}/site-tally.ts`, from: "wanted: tally.wanted + 1, unserved: named", to: "unserved: named" },
    ],
    fails: failedPull,
    how: untilAPullFails,
  },
  {
    fault: "harbor-5xx",
    without: "keeping in the ledger that a rotation was asked for",
    edits: [
      {
        file: `${core}/home-acts.ts`,
        from: 'ledger: { ...ledger, askedSinceMs }, why: "a rotation was asked for", patch: { actDone: true }',
        to: 'ledger, why: "a rotation was asked for", patch: { actDone: true, asked: true } as any',
      },
      {
        file: `${core}/home-start.ts`,
        from: "if (ledger.askedSinceMs !== null)",
        to: "if ((state as any).asked === true)",
      },
    ],
    fails: neverCurrent,
    how: { ...stuck, patienceMs: 30_000 },
  },
  {
    fault: "doubled-events",
    without: "remembering which events were taken",
    edits: [
      {
        file: `${core}/home-acts.ts`,
        from: "[...ledger.takenEvents, dedupeId].slice(-takenEventsKeptMax)",
        to: "ledger.takenEvents",
      },
    ],
    fails: /^2 promotions for 1 rotations asked for$/m,
    how: {},
  },
  {
    fault: "crash-after-refresh",
    strategy: "alternating",
    without: "doing a refresh again that another tick began",
    edits: [
      {
        file: `${core}/home-line.ts`,
        from: "const how = refreshStaged(state, next, at);",
        to: "if (state.ownAttempt !== next.attempt) return undefined;\n  const how = refreshStaged(state, next, at);",
      },
    ],
    fails: neverCurrent,
    how: stuck,
  },
  {
    fault: "overlapping-put",
    strategy: "alternating",
    without: "trying a refreshed secret again after ten seconds, and putting the current one in again",
    edits: [
      { file: `${core}/fixed.ts`, from: "return elapsedMs(since, at) >= verifyAgainMs;", to: "return true;" },
      {
        file: `${core}/home-refresh.ts`,
        from: "export const repairCurrent: Rule = (state, at) => {",
        to: "export const repairCurrent: Rule = (state, at) => {\n  if (true) return undefined;",
      },
    ],
    fails: failedPull,
    how: untilAPullFails,
  },
];

/** Builds the product with a mutant's edits. Throws when the text to edit is not there: a mutant must not rot. */
export function mutantPlugin(mutant: Mutant): Plugin {
  return {
    name: "mutant",
    setup(build) {
      const files = new Set(mutant.edits.map(({ file }) => file));
      build.onLoad({ filter: /core\/.*\.ts$/ }, ({ path }) => {
        const file = [...files].find((name) => path.endsWith(name));
        if (file === undefined) return undefined;
        let contents = readFileSync(path, "utf8");
        for (const edit of mutant.edits.filter((one) => one.file === file)) {
          if (!contents.includes(edit.from)) throw new Error(`${file} has no longer: ${edit.from}`);
          contents = contents.replace(edit.from, edit.to);
        }
        return { contents, loader: "ts" };
      });
    },
  };
}
