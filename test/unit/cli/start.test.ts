import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("../../../functions/cli/main.ts", import.meta.url));

/** Runs the entry as people do; returns stdout and the milliseconds that it took. */
function start(args: readonly string[]) {
  const beganMs = performance.now();
  const out = execFileSync(process.execPath, [main, ...args], { encoding: "utf8" });
  return { out, tookMs: performance.now() - beganMs };
}

test("the entry says its version and its help", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as { version: string };
  expect(start(["--version"]).out).toBe(`${manifest.version}\n`);
  expect(start(["--help"]).out).toContain("capstan help exit-codes");
});
