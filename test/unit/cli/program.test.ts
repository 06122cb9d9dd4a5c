import { describe, expect, test } from "vitest";
import { PortError } from "../../../core/ports/errors.ts";
import { commandTable } from "../../../functions/cli/commands.ts";
import { Failure } from "../../../functions/cli/failure.ts";
import { run } from "./harness.ts";

describe("what is asked", () => {
  test.each([
    ["plan", { credentials: [], detailedExitcode: false }],
    ["plan a b --detailed-exitcode", { credentials: ["a", "b"], detailedExitcode: true }],
    ["rotate a --wait --timeout 15m", { credentials: ["a"], wait: true, timeoutMs: 900_000, startNew: false }],
    ["rotate --start-new a", { credentials: ["a"], wait: false, timeoutMs: null, startNew: true }],
    ["tick", { sites: [], resume: false }],
    ["tick --resume", { sites: [], resume: true }],
    ["tick --site aws gcp", { sites: ["aws", "gcp"], resume: false }],
    ["agent --site edge", { site: "edge", once: false, probePort: null }],
    ["agent --site edge --probe-port 8080", { site: "edge", once: false, probePort: 8080 }],
    ["agent --site edge --once", { site: "edge", once: true, probePort: null }],
    ["status a --exit-code", { credentials: ["a"], exitCode: true }],
    ["rollback a", { credential: "a", generation: null }],
    ["rollback a --generation 4", { credential: "a", generation: 4 }],
    ["revoke a --generation 4", { credential: "a", generation: 4, now: false }],
    ["revoke a --generation 4 --now --confirm a", { credential: "a", generation: 4, now: true }],
    ["rbac", { clusters: [], account: { namespace: "capstan", name: "capstan" } }],
    ["rbac --cluster a --account ops/run", { clusters: ["a"], account: { namespace: "ops", name: "run" } }],
    [
      "manifests --agent edge",
      {
        ...{ agent: "edge", clusters: [], form: "deployment", image: "capstan:0.1.0", identity: null },
        account: { namespace: "capstan", name: "capstan" },
      },
    ],
    [
      "manifests --external-secrets --cluster a b --account ops/run",
      {
        ...{ agent: null, clusters: ["a", "b"], form: "deployment", image: "capstan:0.1.0", identity: null },
        account: { namespace: "ops", name: "run" },
      },
    ],
    ["discover", { harbor: null, registry: null, write: null, force: false }],
    [
      "discover --harbor-url https://h.example --login bob --password env:P --context a b --write x --force",
      {
        harbor: {
          ...{ url: "https://h.example", login: "bob", password: "env:P", caFile: null },
          ...{ contexts: ["a", "b"], kubeconfig: null },
        },
        ...{ registry: null, write: "x", force: true },
      },
    ],
    [
      "sandbox",
      { clusters: 3, namespaces: 20, harbors: 1, seed: 1, harborVersion: "v2.15.2", directory: ".capstan-sandbox" },
    ],
    [
      "sandbox --clusters 2 --seed 0 --directory x --harbor-version 2.12",
      { clusters: 2, namespaces: 20, harbors: 1, seed: 0, harborVersion: "v2.12.0", directory: "x" },
    ],
  ])("%s", async (line, asked) => {
    const ran = await run(line.split(" "));
    expect(ran.asked).toEqual(asked);
    expect(ran.code).toBe(0);
  });

  test("the examples of every command are well formed", async () => {
    for (const [name, { examples }] of Object.entries(commandTable)) {
      expect(examples.length).toBeGreaterThan(0);
      for (const [line] of examples) {
        const ran = await run(line.replaceAll("'", "").split(" "));
        expect([line, ran.code, ran.err]).toEqual([line, 0, ""]);
        expect(line.startsWith(name)).toBe(true);
      }
    }
  });

  test("flags that all have in common stand before or after the command; flag beats environment", async () => {
    expect((await run(["-c", "x.yaml", "tick"])).context?.configPath).toBe("x.yaml");
    expect((await run(["tick", "--config", "x.yaml"], { env: { CAPSTAN_CONFIG: "y" } })).context?.configPath).toBe(
      "x.yaml",
    );
    expect((await run(["tick"], { env: { CAPSTAN_CONFIG: "y" } })).context?.configPath).toBe("y");
    expect((await run(["tick"])).context?.configPath).toBeNull();
    expect((await run(["tick"], { env: { CAPSTAN_OUTPUT: "json" } })).out).toContain('"fine"');
    expect((await run(["tick", "-o", "table"], { env: { CAPSTAN_OUTPUT: "json" } })).out).toBe("FINE\nyes\n");
  });
});

describe("wrong usage is 64 and touches nothing", () => {
  test.each([
    ["plna", "Did you mean plan?"],
    ["plan --detailed-exitcod", "Did you mean --detailed-exitcode?"],
    ["tick -o yaml", "Allowed choices are table, json"],
    ["tick extra", "too many arguments"],
    ["rollback", "missing required argument 'credential'"],
    ["revoke a", "required option '--generation <number>' not specified"],
    ["revoke a --generation x", "--generation: a whole number from 1"],
    ["revoke a --generation 0", "--generation: a whole number from 1"],
    ["revoke a --generation 1 --now", "--now: pulls may fail; add --confirm"],
    ["revoke a --generation 1 --now --confirm b", "--now: pulls may fail; add --confirm"],
    ["rotate --timeout 5m", "--timeout: is for --wait"],
    ["rotate --wait --timeout soon", "--timeout: a duration such as 30s"],
    ["rbac --account capstan", "--account: takes namespace/name"],
    ["manifests --agent edge --form daemonset", "--form: takes deployment or cronjob"],
    ["manifests", "--agent: or --external-secrets: one of them is needed"],
    ["manifests --agent edge --external-secrets", "--agent: or --external-secrets: one of them is needed"],
    ["manifests --agent edge --cluster a", "--cluster: is for --external-secrets"],
    ["manifests --agent edge --image UPPER", "--image: takes the name of an image"],
    ["sandbox --harbor-version 2.9", "--harbor-version: a version from 2.10 to 2.16 is needed"],
    ["discover --login bob", "--login: is for --harbor-url: the file says the rest"],
    ["discover --force", "--force: is for --write"],
    ["discover --harbor-url https://h.example --registry main", "--registry: names one of the file"],
    ["sandbox --clusters 0", "--clusters: a whole number from 1 to 50"],
    ["help nonsense", "there is no such topic"],
    ["", "Usage: capstan"],
  ])("%s", async (line, message) => {
    const ran = await run(line === "" ? [] : line.split(" "));
    expect(ran.err).toContain(message);
    expect(ran).toMatchObject({ code: 64, out: "", asked: null });
  });

  test("from the environment too", async () => {
    expect(await run(["tick"], { env: { CAPSTAN_OUTPUT: "xml" } })).toMatchObject({ code: 64, asked: null });
  });

  test("a password on the command line is refused and not repeated", async () => {
    const line = "init --harbor-url https://h --issuer i --project p --password hunter2 -o json".split(" ");
    const ran = await run(line);
    expect(ran).toMatchObject({ code: 64, asked: null });
    expect(ran.out + ran.err).not.toContain("hunter2");
    expect(ran.err).toContain("--password: never write a secret here");
  });
});

describe("help and version go to stdout with 0", () => {
  test.each([["--help"], ["-h"], ["help"], ["help rotate"], ["rotate --help"], ["help exit-codes"], ["--version"]])(
    "%s",
    async (line) => {
      const ran = await run(line.split(" "));
      expect(ran.err).toBe("");
      expect(ran.out).not.toBe("");
      expect(ran.code ?? 0).toBe(0);
      expect(ran.asked).toBeNull();
    },
  );

  test("the most used command comes first, and examples before options", async () => {
    const { out } = await run(["--help"]);
    const order = Object.keys(commandTable).map((name) => out.indexOf(`\n  ${name} `));
    expect(order.every((at) => at > 0)).toBe(true);
    expect(order).toEqual([...order].sort((one, other) => one - other));
    const rotate = (await run(["rotate", "--help"])).out;
    expect(rotate.indexOf("capstan rotate platform-pull --wait")).toBeLessThan(rotate.indexOf("--timeout"));
    expect(rotate).toContain("--config");
  });
});

describe("streams", () => {
  const act = async (context: { progress(line: string): void; debug(line: string): void }) => {
    context.progress("minting");
    context.debug("detail");
    return { exitCode: 3 as const, data: { nextAt: 1 }, table: ["WAITING"] };
  };

  test("data on stdout, progress on stderr, the action's status", async () => {
    expect(await run(["tick"], { act })).toMatchObject({ out: "WAITING\n", err: "minting\n", code: 3 });
    expect(await run(["tick", "--quiet"], { act })).toMatchObject({ out: "WAITING\n", err: "" });
    expect((await run(["tick", "--debug"], { act })).err).toBe("minting\ndebug: detail\n");
    const json = await run(["tick", "-o", "json"], { act });
    expect(JSON.parse(json.out)).toEqual({ nextAt: 1 });
    expect(json.err).toBe("minting\n");
  });

  test("colour only for a terminal, and never with --no-color", async () => {
    const paint = async (argv: readonly string[], isTTY: boolean) =>
      (await run(argv, { isTTY })).context?.style.paint("red", "x");
    expect(await paint(["tick"], true)).toBe("\u001b[31mx\u001b[0m");
    expect(await paint(["tick"], false)).toBe("x");
    expect(await paint(["tick", "--no-color"], true)).toBe("x");
  });
});

describe("failures", () => {
  const port = (kind: ConstructorParameters<typeof PortError>[0]) =>
    new PortError(kind, "harbor: list: said so", { system: "harbor", operation: "list" });

  test.each([
    [port("denied"), 77, "harbor: list: said so"],
    [port("unreachable"), 69, "harbor: list: said so"],
    [port("throttled"), 75, "harbor: list: said so"],
    [port("conflict"), 75, "harbor: list: said so"],
    [port("invalid"), 1, "harbor: list: said so"],
    [new Failure(78, "configuration refused"), 78, "configuration refused"],
    [new TypeError("hunter2"), 1, "internal error (TypeError); --debug shows where"],
    ["hunter2", 1, "internal error (string)"],
  ])("%s", async (error, code, message) => {
    const act = async () => {
      throw error;
    };
    const ran = await run(["tick", "-o", "json", "--debug"], { act });
    expect(ran.code).toBe(code);
    expect(ran.err).toContain(`error: ${message}`);
    expect(JSON.parse(ran.out)).toMatchObject({
      error: { exitCode: code, message: expect.stringContaining(message), problems: [] },
    });
    expect(ran.out + ran.err).not.toContain("hunter2");
    expect((await run(["tick"], { act })).out).toBe("");
  });

  test("interrupted: 130 or 143, whether the action came to its end or not", async () => {
    expect((await run(["tick"], { interrupted: 130 })).code).toBe(130);
    const act = async () => {
      throw new DOMException("x", "AbortError");
    };
    expect(await run(["tick"], { interrupted: 143, act })).toMatchObject({
      code: 143,
      err: expect.stringContaining("goes on from here"),
    });
  });
});
