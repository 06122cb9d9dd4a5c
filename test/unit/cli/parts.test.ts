import { EventEmitter } from "node:events";
import { describe, expect, test } from "vitest";
import { formatTime } from "../../../core/schedule/time.ts";
import { createPaint, wantsColour } from "../../../functions/cli/colour.ts";
import { exitCode, exitCodeRows, worstExitCode } from "../../../functions/cli/exit-codes.ts";
import { watchInterrupts } from "../../../functions/cli/interrupt.ts";
import { refuseOldNode } from "../../../functions/cli/node-version.ts";
import { renderHealth, renderTable } from "../../../functions/cli/table.ts";
import { createTickLog } from "../../../functions/cli/tick-log.ts";
import { formatRelative } from "../../../functions/cli/time.ts";

describe("exit codes", () => {
  test("are those that operators were promised", () => {
    expect(exitCodeRows().map(({ code }) => code)).toEqual([0, 1, 2, 3, 4, 64, 69, 75, 77, 78, 124, 130, 143]);
    expect(exitCodeRows().map(({ code }) => code)).toEqual(Object.values(exitCode));
  });

  test.each([
    [[], 0],
    [[0, 0], 0],
    [[0, 3], 3],
    [[3, 2], 3],
    [[69, 0, 69], 69],
    [[69, 75], 1],
    [[69, 3], 1],
    [[1, 4, 69], 4],
  ] as const)("%j together are %i", (codes, wanted) => expect(worstExitCode(codes)).toBe(wanted));
});

describe("a line of a tick", () => {
  const told = (line: { readonly role: "home" | "site"; readonly message: string }) => {
    const lines: string[] = [];
    const context = { progress: (text: string) => void lines.push(text), debug: () => {} };
    const log = createTickLog(context, (text) => text, new Map());
    log({ level: "warn", tick: "t1", credential: "web", site: "gcp", ...line });
    return lines;
  };

  test.each([
    ["site", "gcp: gcp-annotation-ledger: load: no answer", "web: gcp: gcp-annotation-ledger: load: no answer"],
    ["site", "the store of gcp holds no value yet", "web: gcp: the store of gcp holds no value yet"],
    ["site", "web: the site's run at gcp was stopped", "web: gcp: the site's run at gcp was stopped"],
    ["home", "web: the home's run at gcp was stopped", "web: the home's run at gcp was stopped"],
    ["home", "gcp: what home says of it", "web: gcp: what home says of it"],
  ] as const)("of the %s, %j, names credential and site once", (role, message, line) =>
    expect(told({ role, message })).toEqual([line]),
  );
});

describe("colour", () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ TERM: "dumb" }, true, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ CAPSTAN_NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
    [{ NO_COLOR: "1", FORCE_COLOR: "1", CLICOLOR_FORCE: "1" }, true, false],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "0", CLICOLOR_FORCE: "1" }, true, false],
    [{ CLICOLOR_FORCE: "1" }, false, true],
    [{ CLICOLOR_FORCE: "0" }, false, false],
    [{ FORCE_COLOR: "1", TERM: "dumb" }, false, true],
  ])("%j on a terminal %s: %s", (env, isTTY, wanted) => {
    expect(wantsColour({ off: false, env, isTTY })).toBe(wanted);
    expect(wantsColour({ off: true, env, isTTY })).toBe(false);
  });
});

describe("tables", () => {
  const plain = { paint: createPaint(false), ascii: false };
  const rows = [
    ["platform-pull", { text: "idle", health: "good" }, "in 3h"],
    ["ci", { text: "blocked", health: "bad" }, ""],
    ["näme", { text: "waiting", health: "warning" }],
  ] as const;

  test("are aligned, with sign and word", () => {
    expect(renderTable(["credential", "state", "next"], rows, plain)).toEqual([
      "CREDENTIAL     STATE      NEXT",
      "platform-pull  ✓ idle     in 3h",
      "ci             ✗ blocked",
      "näme           ! waiting",
    ]);
  });

  test("are plain ASCII when asked", () => {
    const lines = renderTable(["credential", "state", "next"], rows, { ...plain, ascii: true }).join("\n");
    expect(lines).toMatch(/^[\n\x20-\x7e]*$/);
    expect(lines).toContain("x blocked");
    expect(lines).toContain("+ idle");
  });

  test("colour changes no width", () => {
    const painted = renderTable(["credential", "state", "next"], rows, { paint: createPaint(true), ascii: false });
    const esc = String.fromCharCode(27);
    expect(painted.join("\n")).toContain(`${esc}[31m✗ blocked${esc}[0m`);
    const bare = painted.map((line) => line.replaceAll(new RegExp(`${esc}\\[\\d+m`, "g"), "").trimEnd());
    expect(bare).toEqual(renderTable(["credential", "state", "next"], rows, plain));
  });

  test("names cannot steer the terminal, and long ones are cut", () => {
    const [, line] = renderTable(["name"], [["a\u001b[2Jb\u202ec\r\nd"]], plain);
    expect(line).toBe("a?[2Jb?c??d");
    expect(renderTable(["name"], [["x".repeat(253)]], plain)[1]).toHaveLength(100);
    expect(renderHealth("warning", "waiting", plain)).toBe("! waiting");
  });
});

test("times are UTC, and told from now", () => {
  const nowMs = Date.UTC(2026, 10, 24, 12, 0, 0, 999);
  expect(formatTime(nowMs)).toBe("2026-11-24T12:00:00Z");
  expect(formatRelative(nowMs + 3 * 3_600_000 + 5 * 60_000, nowMs)).toBe("in 3h 5m");
  expect(formatRelative(nowMs - 2 * 86_400_000, nowMs)).toBe("2d ago");
  expect(formatRelative(nowMs + 5, nowMs)).toBe("now");
});

test.each([
  ["20.20.2", true],
  ["22.18.9", true],
  ["22.19.0", false],
  ["24.21.0", false],
])("Node %s is refused: %s", (version, refused) => {
  const sentence = refuseOldNode(version);
  expect(sentence !== null).toBe(refused);
  if (sentence !== null) expect(sentence).toContain("run `npm ci` without --ignore-scripts");
});

test("the first Ctrl-C says what is safe and asks to stop, the second leaves", () => {
  const source = new EventEmitter();
  const said: string[] = [];
  const left: number[] = [];
  const interruption = watchInterrupts({
    source: source as unknown as Pick<NodeJS.Process, "on" | "off">,
    say: (line) => said.push(line),
    leave: (code) => left.push(code),
  });
  expect(interruption.exitCode()).toBeNull();
  source.emit("SIGTERM");
  expect(interruption.signal.aborted).toBe(true);
  expect(interruption.exitCode()).toBe(143);
  expect(said).toEqual([expect.stringContaining("capstan tick")]);
  expect(left).toEqual([]);
  source.emit("SIGINT");
  expect(left).toEqual([130]);
  interruption.dispose();
  expect(source.listenerCount("SIGINT") + source.listenerCount("SIGTERM")).toBe(0);
});
