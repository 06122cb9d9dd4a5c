import type { HomeRun, SiteRun } from "../../core/app/run-credential.ts";
import type { Problem } from "../../core/protocol/home-state.ts";
import { type ExitCode, exitCode } from "./exit-codes.ts";

/** `callKey` → how that call last ended: `ok`, or the kind of its failure (core/ports/errors.ts). */
export type CallKinds = ReadonlyMap<string, string>;

export function callKey(credential: string, role: "home" | "site", call: string, on: string): string {
  return [credential, role, call, on].join(" ");
}

/** Kind of the failure behind a problem's code; null: nothing that keeps the whole credential from being worked on. */
export type KindOf = (code: string) => string | null;

const homeCalls: Readonly<Record<string, string>> = {
  "ledger-unreadable": "ledger.load",
  "ledger-unwritable": "ledger.save",
  "registry-unreadable": "registry.list",
  "issuer-refused": "registry.whoami",
  "store-unreadable": "store.readCurrent",
};
const siteCalls: Readonly<Record<string, string>> = {
  "load-site-ledger-failed": "ledger.load",
  "read-round-failed": "store.readRound",
  "read-value-failed": "store.readCurrent",
};

/** By the calls of a tick. A replica's store that cannot be read only holds up retirements: it is not asked here. */
export function kindsOfRun(kinds: CallKinds, run: HomeRun | SiteRun, registry: string): KindOf {
  const { credential, role, site } = run;
  return (code) => {
    const call = (role === "home" ? homeCalls : siteCalls)[code];
    if (call === undefined) return null;
    const on = call.startsWith("registry.") ? registry : site;
    const kind = kinds.get(callKey(credential, role, call, on)) ?? "ok";
    return kind === "ok" ? null : kind;
  };
}

interface Outcome {
  readonly end: string;
  readonly problems: readonly Problem[];
}

/** Exit status of one run: denied and unreachable only where ledger, registry or the home's store are. */
export function codeOfOutcome({ end, problems }: Outcome, kindOf: KindOf): ExitCode {
  if (end === "busy" || end === "lost-race") return exitCode.temporary;
  // A right is missing for each strategy: found before any call was denied.
  const isDenied = ({ code, blocks }: Problem) => kindOf(code) === "denied" || (blocks && code === "no-strategy");
  if (problems.some((problem) => problem.blocks && !isDenied(problem))) return exitCode.blocked;
  if (problems.some(isDenied)) return exitCode.denied;
  const kinds = problems.map(({ code }) => kindOf(code));
  if (kinds.includes("unreachable")) return exitCode.unreachable;
  if (kinds.includes("throttled")) return exitCode.temporary;
  return end === "idle" || end === "served" || end === "nothing" ? exitCode.done : exitCode.notFinished;
}

/** One credential: what keeps home from working wins, then a site that is blocked, then what is not finished. */
export function codeOfRuns(
  runs: readonly (HomeRun | SiteRun)[],
  codeOf: (run: HomeRun | SiteRun) => ExitCode,
): ExitCode {
  const homes = runs.filter((run) => run.role === "home").map(codeOf);
  const sites = runs.filter((run) => run.role === "site").map(codeOf);
  const [home] = homes;
  if (home === undefined) return sites.find((code) => code !== exitCode.done) ?? exitCode.done;
  if (home !== exitCode.done && home !== exitCode.notFinished) return home;
  const stuck = sites.find((code) => code === exitCode.blocked || code === exitCode.denied);
  if (stuck !== undefined) return stuck;
  return sites.every((code) => code === exitCode.done) ? home : exitCode.notFinished;
}
