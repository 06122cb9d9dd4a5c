import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type InitAnswers, renderConfig } from "../../../core/app/init.ts";
import { createJsonSchema } from "../../../core/config/json-schema.ts";
import { loadConfig } from "../../../core/config/load.ts";
import type { CliContext, InitOptions } from "../../../functions/cli/actions.ts";
import { createPaint } from "../../../functions/cli/colour.ts";
import { findConfigFile, readConfigFile } from "../../../functions/cli/config-file.ts";
import { init } from "../../../functions/cli/init.ts";

const answers: InitAnswers = {
  installation: "main",
  credential: "platform-pull",
  harborUrl: "https://harbor.example.com",
  caFile: null,
  issuer: "robot$capstan",
  password: "env:HARBOR_ISSUER_PASSWORD",
  project: "apps",
  kubeconfig: null,
  contexts: ["admin@prod", "arn:aws:eks:eu-central-1:123456789012:cluster/Prod_2", "it's: #1"],
  namespaces: ["web", "shop"],
  selector: "",
  secret: "harbor-pull",
  directory: "./.capstan",
  identity: "./age.key",
  adopt: false,
};

const load = (text: string) => loadConfig({ path: "/etc/capstan/capstan.yaml", readFile: () => text, env: {} });

describe("the rendered file", () => {
  test("loads without problems and says what was answered", () => {
    const { config, problems } = load(renderConfig(answers, "capstan.schema.json"));
    expect(problems).toEqual([]);
    expect(config?.registries["main"]?.issuer).toEqual({
      username: "robot$capstan",
      password: "env:HARBOR_ISSUER_PASSWORD",
    });
    expect(
      Object.entries(config?.clusters ?? {}).map(([name, cluster]) => [name, "context" in cluster && cluster.context]),
    ).toEqual([
      ["admin-prod", "admin@prod"],
      ["prod-2", "arn:aws:eks:eu-central-1:123456789012:cluster/Prod_2"],
      ["it-s-1", "it's: #1"],
    ]);
    expect(config?.credentials["platform-pull"]).toMatchObject({
      home: "local",
      sites: [],
      proof: { repository: "apps/capstan-proof" },
      targets: [{ clusters: ["admin-prod", "prod-2", "it-s-1"], namespaces: { by: "names", names: ["web", "shop"] } }],
    });
  });

  test("begins with the line by which editors find the schema, and explains itself", () => {
    const text = renderConfig(answers, "capstan.schema.json");
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=./capstan.schema.json");
    expect(text.split("\n").filter((line) => line.includes("# ")).length).toBeGreaterThan(8);
  });

  test.each([
    ["by selector", { namespaces: null, selector: "team in (a,b)" }],
    ["all namespaces", { namespaces: null, selector: "" }],
    ["without clusters", { contexts: [], namespaces: [] }],
    [
      "with paths of one's own",
      { caFile: "~/ca.pem", kubeconfig: "/etc/kube", identity: "/etc/age.key", directory: "/var/lib/capstan" },
    ],
    ["contexts that would get one name", { contexts: ["a/x", "b/x", "///", "--"] }],
  ])("loads %s", (_, changed) => {
    expect(load(renderConfig({ ...answers, ...changed }, "capstan.schema.json")).problems).toEqual([]);
  });

  test("any context is only ever a context", () => {
    const context = fc.string({ minLength: 1, maxLength: 200, unit: "binary" });
    fc.assert(
      fc.property(fc.array(context, { maxLength: 3 }), (contexts) => {
        const { problems } = load(renderConfig({ ...answers, contexts }, "capstan.schema.json"));
        for (const problem of problems) expect(problem.path).toMatch(/^clusters\.[^.]+\.context$|^$/);
      }),
      { numRuns: 200 },
    );
  });
});

describe("capstan init", () => {
  const root = mkdtempSync(join(tmpdir(), "capstan-init-"));
  afterAll(() => rmSync(root, { recursive: true }));

  let count = 0;
  const fresh = () => join(root, `n${count++}`, "capstan.yaml");
  const options: InitOptions = { ...answers, namespaces: ["web"], selector: null, force: false };
  const context = (configPath: string): CliContext => ({
    configPath,
    env: {},
    say: () => undefined,
    style: { paint: createPaint(false), ascii: false },
    progress: () => {},
    debug: () => {},
    signal: new AbortController().signal,
  });

  test("writes the file, the schema beside it and an age identity that only the owner reads", async () => {
    const path = fresh();
    const result = await init(options, context(path));
    expect(result).toMatchObject({ exitCode: 0, data: { config: path, identityMade: true } });
    expect((await readConfigFile(context(path))).config.installation).toBe("main");
    const folder = join(path, "..");
    expect(JSON.parse(readFileSync(join(folder, "capstan.schema.json"), "utf8"))).toEqual(createJsonSchema());
    expect(statSync(join(folder, "age.key")).mode & 0o777).toBe(0o600);
    const identity = readFileSync(join(folder, "age.key"), "utf8");
    expect(identity).toMatch(/^# recipient: age1\w+\nAGE-SECRET-KEY-1\w+\n$/);
    const secret = identity.split("\n")[1] ?? "";
    expect(JSON.stringify(result)).not.toContain(secret);
  });

  test("keeps an existing file without --force, and the identity always", async () => {
    const path = fresh();
    await init(options, context(path));
    const identityPath = join(path, "..", "age.key");
    writeFileSync(identityPath, "mine");
    writeFileSync(path, "format: 1");
    await expect(init(options, context(path))).rejects.toMatchObject({
      exitCode: 64,
      message: expect.stringContaining("--force"),
    });
    expect(readFileSync(path, "utf8")).toBe("format: 1");
    const forced = await init({ ...options, force: true }, context(path));
    expect(forced.data).toMatchObject({ identityMade: false });
    expect(readFileSync(path, "utf8")).toContain("platform-pull");
    expect(readFileSync(identityPath, "utf8")).toBe("mine");
  });

  test.each([
    [{ harborUrl: "http://harbor.example.com" }, "registries.main.endpoint: is plain http"],
    [{ credential: "Platform Pull" }, "name the credential with"],
    [{ namespaces: ["Web"] }, "write a namespace's name"],
    [{ project: "a b" }, "robot.permissions[0].namespace"],
  ])("refuses answers that make no valid file: %j", async (changed, message) => {
    const path = fresh();
    await expect(init({ ...options, ...changed }, context(path))).rejects.toMatchObject({
      exitCode: 64,
      message: expect.stringContaining(message),
    });
    expect(() => statSync(path)).toThrow();
  });

  test("a refused configuration is 78 with every problem", async () => {
    const path = join(root, "bad.yaml");
    writeFileSync(path, "format: 1\ninstallation: A\nextra: 1\n");
    const failure = await readConfigFile(context(path)).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      exitCode: 78,
      message: expect.stringMatching(/bad\.yaml:3:1: extra: unknown key extra/),
    });
    expect((failure as { problems: readonly unknown[] }).problems.length).toBeGreaterThan(3);
  });

  test("the configuration is looked for by flag, then in the user's folder", () => {
    expect(findConfigFile({ configPath: "/x/y.yaml", env: {} })).toBe("/x/y.yaml");
    const xdg = join(root, "xdg");
    expect(findConfigFile({ configPath: null, env: { XDG_CONFIG_HOME: xdg } })).toMatch(/capstan\.yaml$/);
  });
});
