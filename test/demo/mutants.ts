import { readFileSync } from "node:fs";
import type { Plugin } from "esbuild";

/** One answer of the product to a fault of the demo, switched off: what stands in `from` becomes `to`. */
export interface Mutant {
  readonly fault: string;
  /** What the product does no more. */
  readonly without: string;
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

const core = "core/protocol";

/** The audit log would still see the old robot at work, and hold it. */
const noEvidence: Mutant["edits"] = [
  { file: `${core}/home-records.ts`, from: '?.verdict === "in-use"', to: "?.verdict === (false as never)" },
  { file: `${core}/home-records.ts`, from: "record.revoked ||", to: "true || record.revoked ||" },
];

const noRace: Mutant["edits"] = [
  ...noEvidence,
  {
    file: "core/drivers/dynamodb/ledger-store.ts",
    from: "...(expected === null",
    to: "...(true ? {} : expected === null",
  },
  { file: `${core}/home-judge.ts`, from: "if (!lease ||", to: "if (true || !lease ||" },
  { file: `${core}/home-delete.ts`, from: 'if (victim.guard === "expired") return null;', to: "return null;" },
];

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
  },
  {
    fault: "crash-after-stage",
    without: "sweeping the robots of attempts that were given up",
    edits: [{ file: `${core}/home-delete.ts`, from: "if (mark === null) return null;", to: "return null;" }],
  },
  {
    fault: "crash-mid-distribution",
    without: "looking at every target again at every tick",
    edits: [
      {
        file: `${core}/site-step.ts`,
        from: "state.clusters ?? state.settings.clusters.map(startCluster)",
        to: 'state.clusters ?? ((state.replies["load-site-ledger"] as any).value.ledger?.epoch >= value.epoch ? [] : state.settings.clusters.map(startCluster))',
      },
    ],
  },
  {
    fault: "crash-before-retire",
    without: "going on with a retirement that another tick began",
    edits: [
      {
        file: `${core}/home-delete.ts`,
        from: 'if (record.state !== "retiring") continue;',
        to: 'if (record.state !== "retiring" || state.saves === 0) continue;',
      },
    ],
  },
  {
    fault: "lost-reply-mint",
    without: "sweeping a robot whose secret nobody has",
    edits: [{ file: `${core}/home-delete.ts`, from: "if (mark === null) return null;", to: "return null;" }],
  },
  {
    fault: "store-down",
    without: "holding the old robot while a store, a report or the audit log says no",
    edits: [
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
        file: `${core}/home-delete.ts`,
        from: 'victim.guard === "never-promoted" ? [state.settings.home] : allSites(state)',
        to: "[state.settings.home]",
      },
    ],
  },
  {
    fault: "cluster-dark",
    without: "holding the old robot while a cluster cannot be read, or the audit log says no",
    edits: [
      ...noEvidence,
      { file: `${core}/site-tally.ts`, from: "complete: tally.complete && read", to: "complete: true" },
      { file: `${core}/site-tally.ts`, from: "wanted: tally.wanted + 1, unserved: named", to: "unserved: named" },
    ],
  },
  { fault: "doubled-events", without: "compare-and-set, the lease and the guard of deletions", edits: noRace },
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
