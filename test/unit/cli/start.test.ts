import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const main = fileURLToPath(new URL("../../../functions/cli/main.ts", import.meta.url));

/** Prints the address of every module that is loaded, to stderr's neighbour: the last lines of stdout. */
const spy = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  const seen = [];
  registerHooks({ load(url, context, next) { seen.push(url); return next(url, context); } });
  process.on("exit", () => process.stdout.write("\\nLOADED " + JSON.stringify(seen)));
`)}`;

function start(args: readonly string[]): { readonly out: string; readonly loaded: readonly string[] } {
  const printed = execFileSync(process.execPath, ["--import", spy, main, ...args], { encoding: "utf8" });
  const at = printed.lastIndexOf("\nLOADED ");
  return { out: printed.slice(0, at), loaded: JSON.parse(printed.slice(at + "\nLOADED ".length)) as string[] };
}

test("the entry says its version", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect(start(["--version"]).out).toBe(`${manifest.version}\n`);
});

// 150 ms is the promise; what is loaded decides it, and unlike a clock it is the same on a busy machine.
test("help loads commander and our own few files: no SDK, no zod, no yaml, no driver", () => {
  const { out, loaded } = start(["--help"]);
  expect(out).toContain("capstan help exit-codes");
  const packages = loaded.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
  expect([...new Set(packages)]).toEqual(["commander"]);
  expect(loaded.filter((url) => url.includes("/core/drivers/"))).toEqual([]);
  expect(loaded.length).toBeLessThan(60);
});
