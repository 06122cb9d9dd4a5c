import { describe, expect, test } from "vitest";
import { formatProblem } from "../../../core/config/problem.ts";
import { change, example, load, problemsOf } from "./example.ts";

describe("what the schema refuses", () => {
  test.each([
    [
      "installation: demo",
      "instalation: demo",
      ["1:1 installation: is missing", "2:1 instalation: unknown key instalation; did you mean installation?"],
    ],
    ["    home: aws", "    hoem: aws", ["did you mean home?"]],
    [
      "    kind: azure",
      "    kind: azure\n    kmsKeyId: https://keys.example.com/one",
      ["sites.azure.kmsKeyId: unknown key kmsKeyId; leave it out: Key Vault encrypts secrets with keys of its own"],
    ],
    ["    kind: local", "    kind: local\n    kmsKeyName: one", ["values are encrypted to the age identity"]],
    [
      "region: eu-central-1",
      "region: Frankfurt",
      ["12:13 sites.aws.region: is not well formed; write a region such as eu-central-1"],
    ],
    [
      "    project: demo-project",
      "    project: demo-project\n    federation: { gcp: { provider: p } }",
      ["sites.gcp.federation.gcp: unknown key gcp"],
    ],
    [
      "    project: demo-project",
      "    project: demo-project\n    federation: { aws: { provider: my-pool, serviceAccount: capstan } }",
      [
        "federation.aws.provider: is not well formed; write projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/<provider>",
        "federation.aws.serviceAccount: is not well formed; write the account's address",
      ],
    ],
    [
      "    region: eu-central-1",
      "    region: eu-central-1\n    federation: { azure: { roleArn: capstan, audience: capstan } }",
      [
        "federation.azure.roleArn: is not well formed; write the role's ARN: arn:aws:iam::<account>:role/<name>",
        "federation.azure.audience: is not well formed; write the Application ID URI",
      ],
    ],
    [
      "    credential: { kind: managed }",
      "    credential: { kind: managed }\n    federation: { aws: { tenantId: contoso } }",
      [
        "federation.aws.tenantId: is not well formed; write the tenant's id (a GUID)",
        "federation.aws.clientId: is missing",
      ],
    ],
    ["kind: gcp", "kind: gpc", ["sites.gcp.kind: is none of the values allowed here; did you mean gcp?"]],
    ["context: home,", "contxt: home,", ["clusters.home-1.context: is missing", "did you mean context?"]],
    ["server: 'https://10.0.0.2:6443', ", "", ["clusters.prod-2.server: is missing; add server: a text"]],
    [
      "    home: aws",
      "    home: aws\n    rotate: { rules: [{ every: weekly }] }",
      ["credentials.platform-pull.rotate.rules[0].every: is not a duration"],
    ],
    [
      "    home: aws",
      "    home: aws\n    rotate: { rules: [{ every: 7d, jitter: 90% }] }",
      ["rules[0].jitter: is not well formed"],
    ],
    ["    home: aws", "    home: aws\n    rotate: { rules: [] }", ["rules: is too small; 1 entries is the least"]],
    ["    home: aws", "    home: aws\n    drain: { overlap: 30 }", ["drain.overlap: should be a text; put quotes"]],
    [
      "    home: aws",
      "    home: aws\n    limits: { tickDeadline: 9d }",
      ["limits.tickDeadline: is a duration out of range"],
    ],
    [
      "      permissions:",
      "      durationDays: -1\n      permissions:",
      ["robot.durationDays: is too small; 1 is the least"],
    ],
    [
      "  platform-pull:",
      "  Platform_Pull:",
      ["credentials.Platform_Pull: is not well formed; name the credential with"],
    ],
    [
      "{ names: [web, shop] }",
      "{ names: [web, Shop] }",
      ["targets[0].namespaces.names[1]: is not well formed; write a namespace's name"],
    ],
    [
      "{ names: [web, shop] }",
      "{ selector: 'team in (a' }",
      ["targets[0].namespaces.selector: is not a label selector"],
    ],
    ["{ names: [web, shop] }", "{ selector: 'a=b', names: [web] }", ["unknown key"]],
    ["secret: harbor-pull", "secret: Harbor_Pull", ["targets[0].secret: is not well formed"]],
    [
      "proof: { repository: apps/hello }",
      "proof: { repository: apps }",
      ["proof.repository: is not well formed; write project/repository"],
    ],
    ["resource: repository, action: pull", "resource: '*', action: pull", ["access[0].resource: is not well formed"]],
    ["clusters: [prod-1, prod-2]", "clusters: every", ["targets[0].clusters: "]],
    ["credentials:\n", "credentials: none\nx:\n", ["credentials: should be a mapping"]],
  ])("%s → %s", (from, to, wanted) => {
    const found = problemsOf(change(from, to)).join("\n");
    for (const one of wanted) expect(found).toContain(one);
  });

  test.each([
    ["http://harbor.example.com", "is plain http to another machine"],
    ["https://user:hunter2@harbor.example.com", "carries a login inside the URL"],
    ["https://harbor.example.com/c/portal", "has a path"],
    ["https://harbor.example.com/?a=1", "has a query or a fragment"],
    ["ftp://harbor.example.com", "is neither https nor http"],
    ["harbor.example.com", "is not a URL"],
    ["http://127.0.0.1.example.com", "is plain http to another machine"],
  ])("endpoint %s", (endpoint, problem) => {
    const found = problemsOf(change("endpoint: https://harbor.example.com", `endpoint: '${endpoint}'`)).join("\n");
    expect(found).toContain(`registries.main.endpoint: ${problem}`);
    expect(found).not.toContain("hunter2");
  });

  test.each(["http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:8080", "http://127.9.9.9"])(
    "plain http to loopback: %s",
    (endpoint) => {
      expect(problemsOf(change("endpoint: https://harbor.example.com", `endpoint: '${endpoint}'`))).toEqual([]);
    },
  );
});

describe("no problem ever shows a value", () => {
  const canary = "Xq7canary9Zz";

  test.each([
    ["'env:HARBOR_ISSUER_PASSWORD'", canary],
    ["'env:HARBOR_ISSUER_PASSWORD'", `${canary}: x`],
    ["env:PROD_1_TOKEN", canary],
    ["eu-central-1", `'${canary} '`],
    ["kind: harbor", `kind: ${canary}`],
    ["username: 'robot$capstan'", `username: ["${canary}"]`],
    ["home: aws", `home: ${canary}`],
    ["home: aws", `home: ${canary.toLowerCase()}`],
    ["format: 1", `format: ${canary}`],
    ["env:PROD_2_TOKEN", `!${canary} x`],
    ["env:PROD_2_TOKEN", `"\\${canary}"`],
    ["env:PROD_2_TOKEN", `*${canary}`],
    ["password: 'env:HARBOR_ISSUER_PASSWORD'", `"${canary} + $": x`],
  ])("%s → %s", (from, to) => {
    const text = change(from, to);
    const loaded = load(text);
    expect(loaded.problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(loaded.problems).toLowerCase()).not.toContain(canary.toLowerCase());
  });

  test("a literal secret is refused with the mend", () => {
    const [problem] = load(change("'env:HARBOR_ISSUER_PASSWORD'", "Harbor12345")).problems;
    expect(problem).toMatchObject({ line: 8, column: 52, path: "registries.main.issuer.password" });
    expect(problem?.mend).toContain("never write a secret here; name where it is kept: env:NAME, file:path");
  });
});

test("problems are listed in the file's order and printed as editors read them", () => {
  const { problems } = load(
    change("  gcp:\n", "  gcp:\n    colour: red\n", change("format: 1", "format: 1\nextra: 1")),
  );
  expect(problems.map((one) => one.path)).toEqual(["extra", "sites.gcp.colour"]);
  expect(problems.map(formatProblem)[0]).toMatch(
    /^\/etc\/capstan\/capstan\.yaml:2:1: extra: unknown key extra; known here: format, installation/,
  );
});

test("thousands of mistakes are cut to a hundred, quickly", () => {
  const many = Array.from({ length: 3_000 }, (_, n) => `  x${n}: 1`).join("\n");
  expect(load(`${example}${many.replace(/^ {2}/gm, "")}`).problems.length).toBeLessThanOrEqual(100);
});
