import { describe, expect, it } from "vitest";
import type { HomeRun, SiteRun } from "../../../core/app/run-credential.ts";
import { type ExitCode, exitCode } from "../../../functions/cli/exit-codes.ts";
import { callKey, codeOfOutcome, codeOfRuns, kindsOfRun } from "../../../functions/cli/verdict.ts";

const problem = (code: string, blocks = false) => ({ code, text: code, blocks });
const none = (): string | null => null;
const always = (kind: string) => (): string | null => kind;

describe("one run", () => {
  it.each([
    ["idle", [], none, exitCode.done],
    ["served", [problem("target-foreign")], none, exitCode.done],
    ["waiting", [], none, exitCode.notFinished],
    ["deadline", [], none, exitCode.notFinished],
    ["busy", [problem("lease-held")], none, exitCode.temporary],
    ["lost-race", [], none, exitCode.temporary],
    ["blocked", [problem("ledger-behind", true)], none, exitCode.blocked],
    ["blocked", [problem("issuer-refused", true)], always("denied"), exitCode.denied],
    ["waiting", [problem("ledger-unreadable")], always("unreachable"), exitCode.unreachable],
    ["idle", [problem("registry-unreadable")], always("unreachable"), exitCode.unreachable],
    ["waiting", [problem("registry-unreadable")], always("throttled"), exitCode.temporary],
    ["blocked", [problem("ledger-unreadable", true)], always("invalid"), exitCode.blocked],
  ] as const)("%s with %j", (end, problems, kindOf, code) => {
    expect(codeOfOutcome({ end, problems }, kindOf)).toBe(code);
  });

  it("a person is called for what is denied only when nothing else needs one", () => {
    const kindOf = (code: string) => (code === "issuer-refused" ? "denied" : null);
    const problems = [problem("issuer-refused", true), problem("store-foreign", true)];
    expect(codeOfOutcome({ end: "blocked", problems }, kindOf)).toBe(exitCode.blocked);
  });

  it("a replica's store is not the home's", () => {
    const run = { role: "home", credential: "c", site: "aws" } as HomeRun;
    const kinds = new Map([[callKey("c", "home", "store.readCurrent", "azure"), "unreachable"]]);
    expect(kindsOfRun(kinds, run, "harbor")("store-unreadable")).toBeNull();
    kinds.set(callKey("c", "home", "store.readCurrent", "aws"), "unreachable");
    expect(kindsOfRun(kinds, run, "harbor")("store-unreadable")).toBe("unreachable");
  });
});

describe("one credential", () => {
  const run = (role: "home" | "site", code: ExitCode) => ({ role, site: String(code) }) as HomeRun | SiteRun;
  const of = (home: ExitCode | null, ...sites: ExitCode[]) =>
    codeOfRuns(
      [...(home === null ? [] : [run("home", home)]), ...sites.map((code) => run("site", code))],
      ({ site }) => {
        return Number(site) as ExitCode;
      },
    );

  it("home's word wins, a blocked site over what is not finished, and an unserved one is not finished", () => {
    expect(of(0, 0, 0)).toBe(0);
    expect(of(69, 4)).toBe(69);
    expect(of(3, 4, 3)).toBe(4);
    expect(of(3, 69)).toBe(3);
    expect(of(0, 69)).toBe(3);
    expect(of(null, 0, 75)).toBe(75);
    expect(of(null)).toBe(0);
  });
});
