import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { createJsonSchema } from "../../core/config/json-schema.ts";
import { loadConfig } from "../../core/config/load.ts";
import { newSiteLedger } from "../../core/protocol/site-state.ts";
import { newLedger } from "../../core/protocol/state.ts";
import { commandTable } from "../../functions/cli/commands.ts";
import { exitCodeRows } from "../../functions/cli/exit-codes.ts";
import manifest from "../../package.json" with { type: "json" };

// The documents at the top say what the code says: each list below is taken from the code and looked for in them.

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const readme = read("README.md");
const architecture = read("ARCHITECTURE.md");

const spansOf = (text: string): readonly string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, span]) => span ?? "");
const spans = spansOf(readme);
const rows = readme
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .map((line) => line.split(/(?<!\\)\|/).slice(1, -1));

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly default?: unknown;
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

/** Every key that the file may have, with its default where that is one value. */
function keysOf(node: SchemaNode): readonly { readonly name: string; readonly preset: string | null }[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const preset = ["string", "number", "boolean"].includes(typeof child.default) ? String(child.default) : null;
    return [{ name, preset }, ...keysOf(child)];
  });
  const more = typeof node.additionalProperties === "object" ? [node.additionalProperties] : [];
  const parts = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.items ? [node.items] : []), ...more];
  return [...own, ...parts.flatMap(keysOf)];
}

/** `targets[].adopt` → `adopt` */
const lastPart = (span: string): string => span.split(".").at(-1)?.replace("[]", "") ?? "";

describe("README", () => {
  const keys = keysOf(createJsonSchema() as SchemaNode);

  test("has every key of the configuration", () => {
    expect(keys.length).toBeGreaterThan(80);
    const missing = keys.filter(({ name }) => !spans.some((span) => new RegExp(`\\b${name}\\b`).test(span)));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  test("has every key's default beside it", () => {
    const told = rows.flatMap(([names = "", presets = ""]) => {
      const values = spansOf(presets);
      return spansOf(names).map((span, at) => `${lastPart(span)} ${values[at]}`);
    });
    const wrong = keys.filter(({ name, preset }) => preset !== null && !told.includes(`${name} ${preset}`));
    expect(wrong).toEqual([]);
  });

  test("has an example that loads", () => {
    const example = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map(([, text]) => text ?? "");
    const whole = example.filter((text) => /^format: 1$/m.test(text));
    expect(whole).toHaveLength(1);
    const { problems } = loadConfig({ path: "/etc/capstan/capstan.yaml", readFile: () => whole[0] ?? "", env: {} });
    expect(problems).toEqual([]);
  });

  test("has every command with its options", () => {
    const missing = Object.entries(commandTable).flatMap(([name, { options }]) => {
      const row = rows.find(([first = ""]) => new RegExp(`^ \`${name}[ \`]`).test(first))?.join("|") ?? "";
      const flags = options.map(({ flags: text }) => /--[a-z-]+/.exec(text)?.[0] ?? "?");
      return [...(row === "" ? [name] : []), ...flags.filter((flag) => !row.includes(flag))];
    });
    expect(missing).toEqual([]);
  });

  test("has every exit code with its meaning", () => {
    const missing = exitCodeRows().filter(({ code, meaning }) => {
      const row = rows.find(([first = ""]) => first.split(",").some((part) => part.trim() === String(code)));
      // Both signals share a row.
      const told = row?.[1]?.replaceAll("`", "").trim();
      return told !== meaning && !(told?.startsWith("interrupted") && code >= 130);
    });
    expect(missing).toEqual([]);
  });

  test("has every problem's code and every reason of an unserved target", () => {
    const sources = readdirSync(join(root, "core/protocol")).map((file) => read(`core/protocol/${file}`));
    const patterns = [/\bcode: "([a-z-]+)"/g, /\b(?:add|problem)\(\s*"([a-z-]+)"/g, /\babandon\([^"()]*"([a-z-]+)"/g];
    const codes = sources.flatMap((text) => patterns.flatMap((pattern) => [...text.matchAll(pattern)]));
    const union = /type UnservedReason =([^;]+);/.exec(read("core/protocol/site-state.ts"))?.[1] ?? "";
    const reasons = [...union.matchAll(/"([a-z-]+)"/g)];
    expect(codes.length).toBeGreaterThan(30);
    expect(reasons.length).toBeGreaterThan(5);
    const said = new Set(spans);
    const named = [...codes, ...reasons].map(([, name]) => name ?? "");
    expect([...new Set(named)].filter((name) => !said.has(name))).toEqual([]);
  });

  test("has every variable of a function's environment", () => {
    const files = ["compose/function-runtime.ts", "compose/deployed-tools.ts", "cli/global-flags.ts", "cli/colour.ts"];
    const found = files.flatMap((file) => [...read(`functions/${file}`).matchAll(/env\["(CAPSTAN_[A-Z_]+)"\]/g)]);
    const names = new Set(found.map(([, name]) => name ?? ""));
    expect(names.size).toBeGreaterThan(3);
    expect([...names].filter((name) => !spans.includes(name))).toEqual([]);
  });
});

describe("ARCHITECTURE", () => {
  const said = new Set(spansOf(architecture));

  test("gives a reason for every dependency", () => {
    expect(Object.keys(manifest.devDependencies).filter((name) => !said.has(name))).toEqual([]);
  });

  test("has every field of both ledgers", () => {
    const fields = [newLedger("c", "0", []), newSiteLedger("c", "s")].flatMap((ledger) => Object.keys(ledger));
    expect(fields.filter((name) => !said.has(name))).toEqual([]);
  });

  test("names home's rules in their order", () => {
    const source = read("core/protocol/home-step.ts");
    const list = /const rules: readonly Rule\[\] = \[([^\]]+)\]/.exec(source)?.[1] ?? "";
    const listed = list.split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()]));
    const [, before = "", after = ""] =
      /function nextDecision([\s\S]+)for \(const rule of rules\)([\s\S]+?)\n}/.exec(source) ?? [];
    const called = (text: string) => [...text.matchAll(/(\w+)\(state(?:, at)?\)/g)].map(([, name = ""]) => name);
    const rules = [...called(before), ...listed, ...called(after)];
    const names = rules.filter((name) => name !== "hasLedger" && name !== "rule");
    expect(names.length).toBeGreaterThan(15);
    expect([names.slice(0, 3), names.at(-1)]).toEqual([["readTraces", "loadLedger", "beginLedger"], "endTick"]);
    const table = architecture.slice(architecture.indexOf("| home's rules"), architecture.indexOf("**The guard**"));
    expect(spansOf(table).filter((span) => names.includes(span))).toEqual(names);
  });
});

const documents = ["README", "ARCHITECTURE", "CONTRIBUTING", "SECURITY", "CHANGELOG"].map((name) => `${name}.md`);

test.each([...documents, "test/README.md", "functions/README.md", "functions/sandbox/README.md"])(
  "links of %s lead somewhere",
  (document) => {
    const anchorsOf = (path: string): readonly string[] =>
      [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) =>
        title
          .toLowerCase()
          .replaceAll(/[^a-z0-9 -]/g, "")
          .replaceAll(" ", "-"),
      );
    const dead = [...read(document).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
      if (link.startsWith("https://")) return [];
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? document : join(dirname(document), path);
      if (!existsSync(join(root, target))) return [link];
      return anchor === undefined || anchorsOf(target).includes(anchor) ? [] : [link];
    });
    expect(dead).toEqual([]);
  },
);
