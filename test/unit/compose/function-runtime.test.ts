import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventRefused } from "../../../core/config/event.ts";
import { PortError } from "../../../core/ports/errors.ts";
import { failureOf, SetupRefused } from "../../../functions/compose/function-failure.ts";
import { createFunctionRuntime } from "../../../functions/compose/function-runtime.ts";
import { createJsonLog } from "../../../functions/compose/json-log.ts";

describe("the log of a function", () => {
  function logTo(level: string | undefined, scrub = (text: string) => text) {
    const lines: string[] = [];
    const log = createJsonLog({ write: (line) => lines.push(line), scrub, nowMs: () => 0, level });
    return { lines, log };
  }

  it("is one line of JSON per record, with the time and each cloud's word for its level", () => {
    const { lines, log } = logTo(undefined);
    log({ level: "warn", message: "two\nlines", tick: "ab", credential: "pull" });
    expect(lines).toEqual([
      '{"time":"1970-01-01T00:00:00.000Z","severity":"WARNING","level":"warn","message":"two\\nlines","tick":"ab","credential":"pull"}\n',
    ]);
  });

  it.each<[string | undefined, readonly string[]]>([
    [undefined, ["info", "warn", "error"]],
    ["nonsense", ["info", "warn", "error"]],
    ["debug", ["debug", "info", "warn", "error"]],
    ["error", ["error"]],
  ])("CAPSTAN_LOG_LEVEL %s writes %j", (level, written) => {
    const { lines, log } = logTo(level);
    for (const each of ["debug", "info", "warn", "error"] as const) log({ level: each, message: "m" });
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(written);
  });

  it("stays JSON whatever the scrubber takes out, also inside lists", () => {
    const { lines, log } = logTo("info", (text) => text.replaceAll(/.?secret/gs, "[redacted]"));
    log({ level: "info", message: "a\nsecret", frames: ["at \\secret"] });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ message: "a[redacted]", frames: ["at [redacted]"] });
  });
});

describe("what a failed invocation tells", () => {
  it("400 for an event, 500 for the rest; of an error that is not ours its name and frames alone", () => {
    expect(failureOf(new EventRefused("capstan", "unknown key x"))).toMatchObject({
      status: 400,
      body: { error: "event refused: capstan: unknown key x" },
    });
    expect(failureOf(new SetupRefused("refused", ["a", "b"])).body).toEqual({ error: "refused", problems: ["a", "b"] });
    const denied = new PortError("denied", "dynamodb: denied", { system: "dynamodb", operation: "GetItem" });
    expect(failureOf(denied)).toMatchObject({ status: 500, body: { error: "dynamodb: denied" } });
    const foreign = failureOf(new TypeError("canary\n    at a place"));
    expect(foreign).toMatchObject({ status: 500, body: { error: "internal error (TypeError)" } });
    expect(foreign.frames.length).toBeGreaterThan(1);
    expect(JSON.stringify(failureOf("canary"))).not.toContain("canary");
  });
});

describe("a function without what it needs", () => {
  let folder: string;
  let lines: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "capstan-runtime-"));
    lines = [];
    vi.spyOn(process.stdout, "write").mockImplementation((line) => lines.push(String(line)) > 0);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(folder, { recursive: true });
  });
  const tick = () => ({ action: "tick", credentials: [] }) as const;

  it("answers that its configuration cannot be read, logs it, and throws the same where only that is possible", async () => {
    const runtime = createFunctionRuntime({ CAPSTAN_CONFIG: join(folder, "absent.yaml") });
    const answered = await runtime.answer(tick, 60_000);
    expect(answered).toMatchObject({
      status: 500,
      body: { error: "configuration refused", problems: [expect.stringContaining("cannot be read (ENOENT)")] },
    });
    await expect(runtime.resultOf(tick, 60_000)).rejects.toThrow(/^configuration refused\n.*cannot be read/);
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual(
      Array(2).fill(expect.objectContaining({ level: "error", code: "invocation-failed" })),
    );
  });

  it("refuses an event before it looks at anything else", async () => {
    const runtime = createFunctionRuntime({ CAPSTAN_CONFIG: join(folder, "absent.yaml") });
    const refuse = () => {
      throw new EventRefused("", "no");
    };
    expect(await runtime.answer(refuse, 60_000)).toEqual({ status: 400, body: { error: "event refused: no" } });
  });
});
