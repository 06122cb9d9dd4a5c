import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { drainMsOf } from "../../../core/config/complete.ts";
import { loadConfig } from "../../../core/config/load.ts";
import { documentedAwsRates } from "../../../functions/sandbox/aws/quotas.ts";
import { documentedVaultRates } from "../../../functions/sandbox/azure/quotas.ts";
import { documentedGcpRates } from "../../../functions/sandbox/gcp/quotas.ts";
import { change, example, load, loadGood, path, problemsOf } from "./example.ts";

describe("a good file", () => {
  const config = loadGood(example);
  const credential = config.credentials["platform-pull"];

  test("has its spans in milliseconds and its defaults filled in", () => {
    expect(credential).toMatchObject({
      canarySite: "aws",
      storeName: "capstan-platform-pull",
      registryHost: "harbor.example.com",
      sites: ["azure", "gcp"],
      robot: { level: "system", durationDays: 30 },
      proof: { repository: "apps/hello", action: "pull" },
      rotate: { rules: [{ kind: "interval", everyMs: 604_800_000, jitterShare: 0.1 }] },
      drain: { overlapMs: 3_600_000, longestPullMs: 1_800_000, pullModeRefreshMs: 0 },
      distributionMaxMs: 3_600_000,
      marginMs: 3_600_000,
      limits: { leaseMs: 300_000, tickDeadlineMs: 240_000, refusedChecks: { count: 3, spanMs: 180_000 } },
    });
    expect(credential && drainMsOf(credential.drain)).toBe(3_600_000);
    expect(config.registries["main"]).toMatchObject({
      pullEndpoints: ["https://harbor.example.com"],
      tokenLifetimeMs: 1_800_000,
    });
    expect(config.sites["gcp"]).toMatchObject({
      credential: { kind: "default" },
      ledger: { kind: "secret-annotation" },
    });
    expect(config.sites["azure"]).toMatchObject({ vaultUrl: "https://demo.vault.azure.net" });
    expect(credential?.targets[0]).toMatchObject({
      clusters: ["prod-1", "prod-2"],
      namespaces: { by: "names", names: ["web", "shop"] },
      adopt: false,
    });
  });

  test("has its paths taken from its own folder", () => {
    expect(config.registries["main"]?.caFile).toBe("/etc/capstan/ca.pem");
    expect(config.sites["local"]).toMatchObject({
      directory: "/etc/capstan/.capstan",
      identity: "file:/etc/capstan/age.key",
    });
    expect(config.sites["aws"]).toMatchObject({ credentials: { secretAccessKey: "file:/etc/capstan/aws-secret" } });
    expect(config.clusters["home-1"]).toMatchObject({ kubeconfig: "/home/op/.kube/home", context: "home" });
  });

  test("an email of old files is accepted, left out, and said so", () => {
    const text = change("secret: harbor-pull", "secret: harbor-pull\n        email: ops@example.com");
    const { problems, notices } = load(text);
    expect(problems).toEqual([]);
    expect(notices).toMatchObject([
      { path: "credentials.platform-pull.targets[0].email", problem: expect.stringContaining("left out") },
    ]);
    expect(JSON.stringify(notices)).not.toContain("ops@example.com");
    expect(load(example).notices).toEqual([]);
  });

  test("tells Azure's two audiences apart", () => {
    const tokens = loadGood(
      change("{ kind: managed }", "{ kind: token, vaultToken: env:VAULT_TOKEN, storageToken: file:./storage }"),
    );
    expect(tokens.sites["azure"]).toMatchObject({
      credential: { vaultToken: "env:VAULT_TOKEN", storageToken: "file:/etc/capstan/storage" },
    });
    const one = problemsOf(change("{ kind: managed }", "{ kind: token, vaultToken: env:VAULT_TOKEN }"));
    expect(one.join()).toContain("sites.azure.credential.storageToken: is missing");
  });

  test("keeps requests below the quotas that the services document, or below others", () => {
    const { sites } = loadGood(example);
    const { writesPerSecondMax, readsPerSecondMax } = documentedAwsRates;
    expect(sites["aws"]).toMatchObject({ secretsManager: { rateLimits: { writesPerSecondMax, readsPerSecondMax } } });
    expect(sites["azure"]).toMatchObject({ rateLimits: documentedVaultRates });
    expect(sites["gcp"]).toMatchObject({ rateLimits: documentedGcpRates });
    const shared = loadGood(
      change("project: demo-project", "project: demo-project\n    rateLimits: { readsPerMinuteMax: 60 }"),
    );
    expect(shared.sites["gcp"]).toMatchObject({ rateLimits: { ...documentedGcpRates, readsPerMinuteMax: 60 } });
    const none = problemsOf(
      change(
        "project: demo-project",
        "project: demo-project\n    rateLimits: { readsPerMinute: 60, writesPerMinuteMax: 0 }",
      ),
    );
    expect(none.join("\n")).toContain("did you mean readsPerMinuteMax?");
    expect(none.join("\n")).toContain("sites.gcp.rateLimits.writesPerMinuteMax");
  });

  test("may have a credential without clusters, and one for all clusters of its sites", () => {
    const bare = loadGood(example.slice(0, example.indexOf("    targets:")));
    expect(bare.credentials["platform-pull"]?.targets).toEqual([]);
    const all = loadGood(change("clusters: [prod-1, prod-2]", "clusters: all"));
    expect(all.credentials["platform-pull"]?.targets[0]?.clusters).toEqual(["prod-1", "prod-2"]);
  });

  test("derives sites from clusters when none are named", () => {
    const derived = loadGood(change("    sites: [azure, gcp]\n", ""));
    expect(derived.credentials["platform-pull"]?.sites).toEqual(["azure"]);
    const everything = loadGood(
      change("clusters: [prod-1, prod-2]", "clusters: all", change("    sites: [azure, gcp]\n", "")),
    );
    expect(everything.credentials["platform-pull"]?.sites).toEqual(["azure", "local"]);
  });

  test("keys of pull Secrets keep a port and lose the scheme's own", () => {
    const withPort = loadGood(change("    caFile: ./ca.pem", "    pullEndpoints: ['https://pull.example.com:8443']"));
    expect(withPort.credentials["platform-pull"]?.registryHost).toBe("pull.example.com:8443");
    const plain = loadGood(change("endpoint: https://harbor.example.com", "endpoint: https://harbor.example.com:443"));
    expect(plain.credentials["platform-pull"]?.registryHost).toBe("harbor.example.com");
  });
});

describe("the format number", () => {
  test("of a newer version: one problem with the version to install, nothing else read", () => {
    const newer = change(
      "format: 1",
      "format: 7\nunknown: [",
      change("installation: demo", "installation: DEMO"),
    ).replace("[", "1");
    expect(problemsOf(newer)).toEqual([
      expect.stringMatching(/^1:9 format: is 7, newer than 1.*; install Capstan 0\.7\.0 or newer$/),
    ]);
  });

  test.each([
    ["format: 0", "not a format number"],
    ["format: '1'", "not a format number"],
    ["format: 1.5", "not a format number"],
    ["# none", "is missing"],
  ])("%s is refused", (line, problem) => {
    expect(problemsOf(change("format: 1", line))).toEqual([expect.stringContaining(problem)]);
  });
});

describe("a file that is none", () => {
  test("names the file that cannot be read, and why", () => {
    const loaded = loadConfig({
      path,
      readFile: () => {
        throw Object.assign(new Error("secret text"), { code: "ENOENT" });
      },
      env: {},
    });
    expect(loaded.problems).toEqual([
      {
        file: path,
        line: 1,
        column: 1,
        path: "",
        problem: "cannot be read (ENOENT)",
        mend: expect.stringContaining("capstan init"),
      },
    ]);
  });

  test.each([
    ["a: 1\na: 2\n", "2:1 : the same key stands here twice; keep one of them"],
    ["a:\n\tb: 1\n", "2:1 : a tab is used to indent; indent with spaces"],
    ["a: *hunter2\n", "1:4 : an alias (*name) without its anchor"],
    ["a: 'x\n", "a quote, bracket or colon is missing"],
    ["a: 1\n---\nb: 1\n", "a second document begins here"],
    ["a: !hunter2 x\n", "a tag (!name) is used"],
    ["? {hunter2: 1}\n: x\n", "a key is no text"],
    ["a: { [hunter2]: 1 }\n", "a key is no text"],
    ["", "is no mapping"],
    ["- 1", "is no mapping"],
  ])("%j", (text, problem) => {
    const warned = vi.spyOn(process, "emitWarning");
    const found = problemsOf(text);
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
    expect(found.join("\n")).toContain(problem);
    expect(found.join("\n")).not.toContain("hunter2");
  });

  test("deep nesting and bombs of aliases are problems, not crashes", () => {
    expect(problemsOf(`a: ${"[".repeat(20_000)}`)).not.toEqual([]);
    const bomb = ["a0: &a0 [x, x]", ...Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`)];
    expect(problemsOf(bomb.join("\n")).join()).toContain("too deeply nested");
  });
});

describe("whatever the file says, loading never throws", () => {
  const oneOrOther = ({ config, problems }: ReturnType<typeof load>) => {
    expect((config === null) === problems.length > 0).toBe(true);
    for (const problem of problems) {
      expect(problem.line).toBeGreaterThanOrEqual(1);
      expect(problem.column).toBeGreaterThanOrEqual(1);
      expect(problem.problem).not.toBe("");
      expect(problem.mend).not.toBe("");
    }
  };

  test("arbitrary text", () => {
    const texts = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.json());
    fc.assert(
      fc.property(texts, (text) => oneOrOther(load(text))),
      { numRuns: 500 },
    );
  });

  test("a good file with a piece replaced by anything", () => {
    const piece = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom("", "null", "[]", "{}", "__proto__:", "constructor", "- ", "\n", "*a", "&a"),
    );
    const spot = fc.nat({ max: example.length });
    fc.assert(
      fc.property(spot, fc.nat({ max: 40 }), piece, (start, length, text) =>
        oneOrOther(load(example.slice(0, start) + text + example.slice(start + length))),
      ),
      { numRuns: 500 },
    );
  });

  test("any value at any key", () => {
    const line = fc.constantFrom(...example.split("\n").filter((one) => /: \S/.test(one)));
    fc.assert(
      fc.property(line, fc.jsonValue(), (old, value) =>
        oneOrOther(load(example.replace(old, () => `${old.slice(0, old.indexOf(": "))}: ${JSON.stringify(value)}`))),
      ),
      { numRuns: 500 },
    );
  });

  test("names that every object has are no entries", () => {
    for (const name of ["constructor", "tostring", "valueof"]) {
      expect(problemsOf(change("registry: main", `registry: ${name}`)).join()).toContain("names no registry");
      expect(problemsOf(change("home: aws", `home: ${name}`)).join()).toContain("names no site");
      expect(problemsOf(change("[prod-1, prod-2]", `[${name}]`)).join()).toContain("names no cluster");
    }
  });
});
