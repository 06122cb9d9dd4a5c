import { readdirSync, readFileSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

// Rules of the house that can be executed. Borders between folders are lint rules (biome.json).

const root = fileURLToPath(new URL("../../", import.meta.url));

function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name}`)
    .filter((path) => statSync(join(root, path)).isFile());
}

const read = (path: string): string => readFileSync(join(root, path), "utf8");
const linesOf = (path: string): number => read(path).split("\n").length - 1;
const isCode = (path: string): boolean => path.endsWith(".ts");
const within = (...folders: readonly string[]) => folders.flatMap(filesBelow);

/** Lines without what a comment says, so that rules may be explained. Good enough for our own code. */
function codeLines(path: string): readonly { readonly at: string; readonly text: string }[] {
  const text = read(path).replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, " "));
  return text.split("\n").map((line, index) => ({
    at: `${path}:${index + 1}`,
    text: line.replace(/(^|[^:"'`])\/\/ .*$/, "$1"),
  }));
}

function offences(paths: readonly string[], pattern: RegExp): readonly string[] {
  return paths.flatMap((path) =>
    codeLines(path).flatMap(({ at, text }) => (pattern.test(text) ? [`${at}: ${text.trim()}`] : [])),
  );
}

const core = filesBelow("core").filter(isCode);
const rooms = within("core", "functions", "infra").filter(isCode);

/** Imports from its room, or a condition with its name in it. */
const usesSandbox = /(from|import\()\s*"[^"]*sandbox\/|(?:\bif\b|\bcase\b|[!=]==|\?|&&|\|\|).*sandbox/i;

test("the patterns below find what they look for", () => {
  const own = ["test/unit/house.test.ts"];
  expect(offences(own, /statSync\(join/)).toHaveLength(1);
  expect(offences(own, /without what a comment says/)).toHaveLength(1);
  expect(offences(["functions/cli/sandbox.ts"], usesSandbox).length).toBeGreaterThan(3);
  expect(rooms.length).toBeGreaterThan(300);
});

describe("no code asks whether it talks to the sandbox", () => {
  const entries = within("functions/aws", "functions/azure", "functions/gcp", "functions/compose").filter(isCode);
  const cli = filesBelow("functions/cli").filter((path) => isCode(path) && !path.startsWith("functions/cli/sandbox"));

  test("core, composition and entries do not know of it", () => {
    expect(offences([...core, ...entries], /sandbox/i)).toEqual([]);
  });

  test("the command line offers it as a command, and decides nothing by it", () => {
    expect(offences(cli, usesSandbox)).toEqual([]);
  });
});

describe("time and randomness come in from outside", () => {
  /** Where a default stands that options replace, and why it is harmless. */
  const documented: Readonly<Record<string, string>> = {
    "core/drivers/dynamodb/ledger-store.ts": "revisions, where no entropy is given",
    "core/drivers/local-file/file-lock.ts": "how long a lock was waited for; no decision outlives the call",
  };

  test("core reads no clock and draws nothing", () => {
    const asks = /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bperformance\.now\b|\brandom(Bytes|UUID|Int)\b/;
    const found = offences(core, asks);
    const files = [...new Set(found.map((at) => at.split(":")[0]))];
    expect(files.sort()).toEqual(Object.keys(documented).sort());
  });
});

describe("small rooms", () => {
  const sizes = rooms.map(linesOf).sort((a, b) => a - b);
  const share = (part: number) => sizes[Math.floor(sizes.length * part)];

  test("no file has over 300 lines", () => {
    expect(rooms.filter((path) => linesOf(path) > 300)).toEqual([]);
  });

  test("half of them have under 90, nine of ten under 200", () => {
    expect(share(0.5)).toBeLessThan(90);
    expect(share(0.9)).toBeLessThan(200);
  });

  test("entries have under 100", () => {
    const entries = [...within("functions/aws", "functions/azure", "functions/gcp"), "functions/cli/main.ts"];
    expect(entries.filter((path) => isCode(path) && linesOf(path) >= 100)).toEqual([]);
  });

  test("names are kebab-case", () => {
    const all = within("core", "functions", "infra", "test").filter((path) => !path.includes("/transcripts/"));
    const names = all.filter((path) => !/(^|\/)([a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)+|README\.md)$/.test(path));
    expect(names).toEqual([]);
  });
});

test("nothing is put off", () => {
  const words = /\b(TODO|FIXME|XXX|HACK)\b/;
  const isText = (path: string) => (isCode(path) || path.endsWith(".md")) && path !== "test/unit/house.test.ts";
  const all = within("core", "functions", "infra", "test").filter(isText);
  expect(all.filter((path) => words.test(read(path)))).toEqual([]);
});

test("at the top stand the rooms and the usual files, and nothing else", () => {
  const folders = ["core", "functions", "infra", "test", ".ci"];
  const documents = ["README", "ARCHITECTURE", "CONTRIBUTING", "CHANGELOG", "SECURITY"].map((name) => `${name}.md`);
  const settings = ["package.json", "package-lock.json", "tsconfig.json", "serverless.yml", "biome.json", "knip.json"];
  const more = ["vitest.config.ts", "vitest.demo.config.ts", ".editorconfig", ".gitattributes", ".gitignore", ".npmrc"];
  const ignored = read(".gitignore")
    .split("\n")
    .map((line) => line.replace(/\/$/, ""));
  const known = new Set([...folders, ...documents, "LICENSE", ...settings, ...more, ".git", ...ignored]);
  const isKnown = (name: string) => known.has(name) || /\.(tgz|tsbuildinfo)$/.test(name);
  expect(readdirSync(root).filter((name) => !isKnown(name))).toEqual([]);
});

test("every package that core and functions import has its reason in ARCHITECTURE.md", () => {
  const specifiers = within("core", "functions")
    .filter(isCode)
    .flatMap((path) => [...read(path).matchAll(/(?:\bfrom|\bimport\(|^import)\s*"([@a-z][\w@/.:-]*)"/gm)])
    .map(([, specifier = ""]) => specifier);
  const packages = specifiers
    .filter((specifier) => !specifier.startsWith("node:") && !builtinModules.includes(specifier))
    .map((specifier) =>
      specifier
        .split("/")
        .slice(0, specifier.startsWith("@") ? 2 : 1)
        .join("/"),
    );
  const found = [...new Set(packages)].sort();
  expect(found.length).toBeGreaterThan(10);
  const architecture = read("ARCHITECTURE.md");
  const start = architecture.indexOf("## Dependencies");
  const table = architecture.slice(start, architecture.indexOf("\n## ", start + 1));
  expect(found.filter((name) => !new RegExp(`^\\|[^|]*\`${name}\`[^|]*\\|`, "m").test(table))).toEqual([]);
});
