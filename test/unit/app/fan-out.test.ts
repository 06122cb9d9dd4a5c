import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { invoke } from "../../../core/app/invoke.ts";
import { act } from "../../../core/app/rotate.ts";
import { type TickResult, tick } from "../../../core/app/tick.ts";
import { PortError } from "../../../core/ports/errors.ts";
import { twoCredentials } from "./two-credentials.ts";

const all = { sites: ["here"], credentials: [], acts: {}, deadlineMs: null };
const ends = ({ runs }: TickResult) =>
  runs.map(({ role, credential, outcome }) => `${credential} ${role} ${outcome.end}`);

function defect(name: string) {
  return (asked: string) => {
    if (asked === name) throw new TypeError("canary: what was sent");
  };
}

describe("a tick in which one run meets a defect", () => {
  it("goes on with home's other runs, and says what happened without the error's words", async () => {
    const { tools, logged } = twoCredentials({ ledger: defect("demo/one") });
    const result = await tick(tools, all);
    expect(ends(result)).toEqual(["one home blocked", "one site nothing", "two home waiting", "two site served"]);
    const [home] = result.runs;
    expect(home?.outcome.problems).toEqual([
      { code: "internal-error", text: expect.stringContaining("one: the home's run at here"), blocks: true },
    ]);
    const lines = logged.filter(({ code }) => code === "internal-error");
    expect(lines).toMatchObject([{ level: "error", tick: result.tick, credential: "one", site: "here", role: "home" }]);
    expect(lines[0]?.frames?.[0]).toMatch(/^at .*fan-out\.test\.ts/);
    expect(inspect([result, logged], { depth: 12 })).not.toContain("canary");
    expect(result.nextAtMs).toBe(tools.clock.nowMs() + 60_000);
  });

  it("goes on with the site's other runs", async () => {
    const { tools } = twoCredentials({ cluster: defect("two-pull") });
    const result = await tick(tools, all);
    expect(ends(result)).toEqual(["one home waiting", "one site served", "two home waiting", "two site blocked"]);
  });

  it("answers a function's caller with a document all the same", async () => {
    const { tools } = twoCredentials({ ledger: defect("demo/one") });
    const command = { action: "tick" as const, credentials: [] };
    const result = await invoke(tools, { command, sites: ["here"], deadlineMs: null });
    expect(result).toMatchObject({ end: "blocked", runs: [{ problems: [{ code: "internal-error" }] }, {}, {}, {}] });
  });
});

describe("an act taken to several credentials", () => {
  const follow = { act: { type: "rotate" as const }, credentials: [], wait: true, timeoutMs: null };
  const signal = new AbortController().signal;

  it("goes on with the others when one is blocked, and says blocked", async () => {
    let asked = 0;
    const denied = new PortError("denied", "denied", { system: "memory", operation: "load" });
    const ledger = (key: string) => {
      if (key !== "demo/one") return;
      asked += 1;
      throw denied;
    };
    const { tools } = twoCredentials({ ledger });
    const { end, last } = await act(tools, { ...follow, signal });
    expect(end).toBe("blocked");
    expect(asked).toBe(1);
    expect(ends(last)).toEqual(["one home blocked", "one site nothing", "two home idle", "two site served"]);
    const two = last.runs.find((run) => run.role === "home" && run.credential === "two");
    expect(two).toMatchObject({ ledger: { current: { generation: 1 }, next: null, replaced: [] } });
  });

  it("is over when all are, with the last tick of each", async () => {
    const { tools } = twoCredentials();
    const { end, last } = await act(tools, { ...follow, signal });
    expect(end).toBe("idle");
    expect(ends(last)).toEqual(["one home idle", "one site served", "two home idle", "two site served"]);
  });

  it("stops at once when all are blocked", async () => {
    let ticks = 0;
    const { tools } = twoCredentials({
      ledger: () => {
        throw new TypeError("x");
      },
    });
    const { end, last } = await act(tools, { ...follow, signal, ticked: () => void ticks++ });
    expect({ end, ticks }).toEqual({ end: "blocked", ticks: 1 });
    expect(last.runs).toHaveLength(4);
  });
});
