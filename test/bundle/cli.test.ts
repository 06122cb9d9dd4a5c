import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packModules } from "../../infra/bundle/pack-modules.ts";
import { type Built, buildFor } from "./built.ts";

const helpMsMax = 150;

let built: Built;
let folder: string;
let capstan: string;
beforeAll(async () => {
  built = await buildFor(["cli"]);
  folder = mkdtempSync(join(tmpdir(), "capstan-cli-"));
  capstan = join(folder, "capstan.mjs");
  copyFileSync(built.path("cli"), capstan);
}, 60_000);
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function call(...args: string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  const env = { HOME: folder, ISSUER: "issuer-secret" };
  return spawnSync(process.execPath, [capstan, ...args], { cwd: folder, env, encoding: "utf8" });
}

describe("dist/cli/capstan.mjs alone in an empty folder", () => {
  it("is one file that can be executed", () => {
    expect(readdirSync(join(built.folder, "cli"))).toEqual(["capstan.mjs"]);
    expect(statSync(built.path("cli")).mode & 0o777).toBe(0o755);
    expect(readFileSync(capstan, "utf8").startsWith("#!/usr/bin/env node\n")).toBe(true);
  });

  // Processor time of all its threads: more than the wall time of a machine that is free for it, and not
  // lengthened by somebody else's work on one that is not.
  it(`starts --help within ${helpMsMax} ms`, () => {
    const telling = "process.on('exit', () => process.stderr.write(JSON.stringify(process.cpuUsage())))";
    const took = Array.from({ length: 5 }, () => {
      const args = ["--import", `data:text/javascript,${encodeURIComponent(telling)}`, capstan, "--help"];
      const startedMs = performance.now();
      const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      const wallMs = performance.now() - startedMs;
      expect(stdout).toContain("capstan help exit-codes");
      const { user, system } = JSON.parse(stderr) as NodeJS.CpuUsage;
      return { cpuMs: (user + system) / 1000, wallMs };
    });
    const told = took.map(({ cpuMs, wallMs }) => `${cpuMs.toFixed(0)} (${wallMs.toFixed(0)})`).join(", ");
    process.stdout.write(`capstan.mjs --help took so many ms of processor (and wall) time: ${told}\n`);
    expect(Math.min(...took.map(({ cpuMs }) => cpuMs))).toBeLessThanOrEqual(helpMsMax);
  });

  it("writes a configuration, and ticks with what it wrote as far as a Harbor that is not there lets it", () => {
    const login = ["--issuer", "robot$capstan", "--project", "apps", "--password", "env:ISSUER"];
    expect(call("init", "--harbor-url", "http://127.0.0.1:1", ...login)).toMatchObject({ status: 0 });
    expect(readdirSync(folder)).toContain("age.key");
    const ticked = call("tick", "-o", "json");
    expect(JSON.parse(ticked.stdout)).toEqual(expect.any(Object));
    expect(ticked.stderr).not.toContain("internal error");
    expect(`${ticked.stdout}${ticked.stderr}`).not.toContain("issuer-secret");
  });
});

describe("packing modules into one file", () => {
  it("keeps what would end the comment out of it, and says where each module lies in bytes", () => {
    const text = 'export const pattern = "*/*"; // größer';
    const file = Buffer.from(packModules("head;", [{ name: "a.mjs", text }], "a licence /* of */ somebody"));
    const { start, index } = JSON.parse(file.toString("utf8", file.lastIndexOf("\n//") + 3)) as {
      start: number;
      index: [string, number][];
    };
    const [[name, length] = ["", 0]] = index;
    const packed = file.toString("utf8", start, start + length);
    expect([name, packed]).toEqual(["a.mjs", text.replace("*/", "*~~/")]);
    expect(file.toString("utf8").match(/\*\//g)).toHaveLength(2);
  });

  it("refuses a module that holds the replacement itself", () => {
    expect(() => packModules("", [{ name: "a.mjs", text: "*~~/" }], "")).toThrow("a.mjs holds *~~/");
  });
});
