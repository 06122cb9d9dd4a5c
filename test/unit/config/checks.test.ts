import { describe, expect, test } from "vitest";
import { change, example, loadGood, problemsOf } from "./example.ts";

const targets = example.slice(example.indexOf("    targets:"));

/** A second credential; each `replace` pair changes its text. */
function withSecond(...changes: readonly (readonly [string, string])[]): string {
  let second = example.slice(example.indexOf("  platform-pull:")).replace("platform-pull", "ci-pull");
  for (const [from, to] of changes) second = change(from, to, second);
  return example + second;
}

describe("names", () => {
  test.each([
    ["registry: main", "registry: mian", "registry: names no registry of this file; did you mean main?"],
    ["home: aws", "home: awz", "home: names no site of this file; did you mean aws?"],
    [
      "sites: [azure, gcp]",
      "sites: [azure, mars]",
      "sites[1]: names no site of this file; known: aws, azure, gcp, local",
    ],
    [
      "clusters: [prod-1, prod-2]",
      "clusters: [prod-1, prod-3]",
      "clusters[1]: names no cluster of this file; did you mean",
    ],
    [
      "site: local, context",
      "site: locl, context",
      "clusters.home-1.site: names no site of this file; did you mean local?",
    ],
    ["home: aws", "home: aws\n    canarySite: local", "canarySite: is no site of this credential"],
    [
      "clusters: [prod-1, prod-2]",
      "clusters: [home-1]",
      "belongs to the site local, which is none of this credential's; add local to",
    ],
  ])("%s → %s", (from, to, wanted) => {
    expect(problemsOf(change(from, to)).join("\n")).toContain(wanted);
  });
});

describe("endpoints of other Harbors", () => {
  const two = "  two: { site: aws, harbor: { endpoint: 'https://two.example.com', username: x, password: env:TWO } }\n";
  const withTwo = change("credentials:\n  platform-pull", `${two}credentials:\n  platform-pull`);
  const target = (text: string) => `${withTwo}      - ${text}\n`;

  test("are targets, taken over as they are; all means the Harbors there, and of Secrets the clusters", () => {
    const { credentials } = loadGood(
      change("[prod-1, prod-2]", "all", target("{ clusters: all, endpoint: Main Harbor }")),
    );
    const [secrets, endpoints] = credentials["platform-pull"]?.targets ?? [];
    expect(secrets).toMatchObject({ kind: "secret", clusters: ["prod-1", "prod-2"] });
    expect(endpoints).toMatchObject({ kind: "endpoint", clusters: ["two"], secret: "Main Harbor", adopt: true });
  });

  test.each([
    ["{ clusters: [prod-1], endpoint: a }", "targets[1].clusters[0]: is no Harbor: endpoints are at one"],
    [
      "{ clusters: [two], namespaces: { names: [a] }, secret: b }",
      "targets[1].clusters[0]: is a Harbor, which has no Secrets; write endpoint: and its name there",
    ],
    ["{ clusters: [two], endpoint: a/b }", "targets[1].endpoint: is not well formed"],
    ["{ clusters: [two] }", "targets[1].endpoint: is missing"],
    ["{ clusters: [two], endpoint: a }\n      - { clusters: [two], endpoint: a }", "an earlier target again"],
  ])("refused: %s", (text, wanted) => {
    expect(problemsOf(target(text)).join("\n")).toContain(wanted);
  });
});

describe("pulls that may fail", () => {
  const inPlace = change("    proof:", "    strategy: in-place\n    proof:");

  test("need consent", () => {
    expect(problemsOf(inPlace).join("\n")).toContain("strategy: lets pulls fail at each rotation");
    loadGood(change("    proof:", "    acceptFailedPulls: true\n    proof:", inPlace));
    loadGood(change("    proof:", "    strategy: alternating\n    proof:"));
  });
});

describe("waves", () => {
  const waves = (limits: string) => change("    home: aws", `    home: aws\n    limits: { ${limits} }`);

  test.each([
    ["waves: [10, 10]", "limits.waves: must grow from one to the next"],
    ["waves: [50, 10]", "limits.waves: must grow from one to the next"],
    ["waves: [10, 100]", "limits.waves[1]"],
    ["waves: [10], waveFailuresMax: -1", "limits.waveFailuresMax"],
    ["waves: [10], waveSlowdownMax: 2.5", "limits.waveSlowdownMax"],
    ["waves: [10], waveLatencyMin: 2", "limits.waveLatencyMin"],
    [
      "waves: [10], waveWaitMax: 1h",
      "limits.waveWaitMax: is not shorter than distributionMax (1h): a halt could outlast what is kept of a robot's life for handing out; write less than 1h",
    ],
  ])("%s is refused", (limits, wanted) => {
    expect(problemsOf(waves(limits)).join("\n")).toContain(wanted);
  });

  test("are refused in place, where those who wait hold a dead login", () => {
    const text = change(
      "    proof:",
      "    strategy: in-place\n    acceptFailedPulls: true\n    proof:",
      waves("waves: [10]"),
    );
    expect(problemsOf(text).join("\n")).toContain("limits.waves: are not for strategy: in-place");
  });

  test("growing shares are taken, and without any the wait may be as long as one likes", () => {
    const [credential] = Object.values(loadGood(waves("waves: [10, 50], waveWaitMax: 59m")).credentials);
    expect(credential?.limits).toMatchObject({
      ...{ waves: [10, 50], waveFailuresMax: 0, waveWaitMaxMs: 59 * 60_000 },
      ...{ waveSlowdownMax: 5, waveLatencyMinMs: 2_000 },
    });
    expect(problemsOf(waves("waveWaitMax: 2h"))).toEqual([]);
  });
});

describe("expiry headroom", () => {
  test("names the numbers and the least life that would do", () => {
    const tight = change("      permissions:", "      durationDays: 7\n      permissions:");
    expect(problemsOf(tight)).toEqual([
      "38:21 credentials.platform-pull.robot.durationDays: leaves no headroom: 7d is not more than every + distributionMax + drain + margin = 7d + 1h + 1h + 1h = 171h; write at least durationDays: 8, or shorten one of the others",
    ]);
    loadGood(change("durationDays: 7", "durationDays: 8", tight));
  });

  test("life equal to the sum is refused: it must be more", () => {
    const equal = (every: string) =>
      change("    home: aws", `    home: aws\n    rotate: { rules: [{ every: ${every} }] }`).replace(
        "      permissions:",
        "      durationDays: 1\n      permissions:",
      );
    expect(problemsOf(equal("21h")).join()).toContain("leaves no headroom");
    expect(problemsOf(equal("20h"))).toEqual([]);
  });

  test("the drain is the longest of its waits", () => {
    const slow = change("    home: aws", "    home: aws\n    drain: { overlap: 1h, pullModeRefresh: 25d }");
    expect(problemsOf(slow).join()).toContain("7d + 1h + 25d + 1h");
  });

  test("a lease shorter than a tick, pauses that shrink", () => {
    const limits = change(
      "    home: aws",
      "    home: aws\n    limits: { lease: 1m, requestTimeout: 4m, emergencyGap: 1d, emergencyGapMax: 2h }",
    );
    const found = problemsOf(limits).join("\n");
    expect(found).toContain("limits.lease: is shorter than a tick (1m < 4m)");
    expect(found).toContain("limits.requestTimeout: is not shorter than a whole tick");
    expect(found).toContain("limits.emergencyGapMax: is shorter than emergencyGap (1d)");
  });
});

describe("what Harbor would refuse", () => {
  test.each([
    [
      "      permissions:",
      "      adopts: 'robot$capstan'\n      permissions:",
      "robot.adopts: is the login that mints or deletes robots, which no consumer may hold",
    ],
    [
      "      permissions:",
      "      level: project\n      permissions:\n        - { namespace: other, access: [{ resource: repository, action: pull }] }",
      "Harbor refuses for a robot of level project",
    ],
    ["namespace: apps", "namespace: '*'\n          kind: system", "is not / although the kind is system"],
    ["namespace: apps", "namespace: /", "is / although the kind is project"],
    [
      "      permissions:\n        - namespace: apps",
      "      level: project\n      permissions:\n        - namespace: '*'",
      "reaches further than one project",
    ],
    [
      "      permissions:",
      "      permissions:\n        - { namespace: apps, access: [{ resource: tag, action: list }] }",
      "stands here twice",
    ],
    ["apps/hello }", "apps/hello, action: push }", "could never succeed: the robot has no right to push"],
    ["apps/hello }", "other/hello }", "could never succeed"],
  ])("%s → %s", (from, to, wanted) => {
    expect(problemsOf(change(from, to)).join("\n")).toContain(wanted);
  });

  test("all projects cover the proof's", () => {
    expect(problemsOf(change("namespace: apps", "namespace: '*'"))).toEqual([]);
  });
});

describe("names in the stores", () => {
  test.each([
    ["capstan/pull", "is no name for the store of the site azure"],
    ["capstan_pull", "is no name for the store of the site azure"],
    ["a".repeat(122), "at most 121 characters (azure allows no others)"],
  ])("%s", (name, wanted) => {
    expect(problemsOf(change("    home: aws", `    home: aws\n    storeName: ${name}`)).join("\n")).toContain(wanted);
  });

  test("a path is a fine name where only AWS is", () => {
    const aws = change(
      "    sites: [azure, gcp]",
      "    sites: []\n    storeName: team/pull",
      change("[prod-1, prod-2]", "[prod-1]"),
    );
    expect(problemsOf(aws)).toEqual([]);
  });

  test("two credentials must not meet, not even by a neighbour's suffix", () => {
    const apart = ["secret: harbor-pull", "secret: ci-pull"] as const;
    expect(problemsOf(withSecond(apart))).toEqual([]);
    for (const name of [
      "capstan-platform-pull",
      "Capstan-Platform-Pull",
      "capstan-platform-pull-next",
      "capstan-platform-pull-round",
    ]) {
      const text = withSecond(apart, ["    home: aws", `    home: aws\n    storeName: ${name}`]);
      expect(problemsOf(text).join("\n")).toContain("meets the values of the credential platform-pull");
    }
  });

  test("two local sites need two folders", () => {
    const text = change(
      "clusters:\n",
      "  other: { kind: local, directory: .capstan, identity: file:age.key }\nclusters:\n",
    );
    expect(problemsOf(text).join()).toContain("sites.other.directory: is the folder of the site local too");
  });

  test("ledgers may be in buckets, whose names are looked at", () => {
    const s3 = change("ledger: { kind: dynamodb, table: capstan }", "ledger: { kind: s3, bucket: capstan-ledgers }");
    expect(problemsOf(s3)).toEqual([]);
    expect(problemsOf(s3.replace("capstan-ledgers", "Capstan")).join()).toContain(
      "write the name of an existing bucket",
    );
    const gcs = change("project: demo-project", "project: demo-project\n    ledger: { kind: gcs, bucket: ledgers }");
    expect(problemsOf(gcs)).toEqual([]);
    expect(problemsOf(gcs.replace(", bucket: ledgers", "")).join()).toContain("ledger.bucket: is missing");
  });

  test("a site in a cluster names one that there is, and a namespace of its own", () => {
    const site = (name: string, more: string) => `  ${name}: { kind: kubernetes, ${more} }\n`;
    const withSites = (...lines: readonly string[]) =>
      problemsOf(change("clusters:\n", `${lines.join("")}clusters:\n`)).join();
    expect(withSites(site("onprem", "cluster: home-1, namespace: capstan"))).toBe("");
    expect(withSites(site("onprem", "cluster: home-2, namespace: capstan"))).toContain(
      "sites.onprem.cluster: names no cluster of this file; did you mean home-1?",
    );
    expect(withSites(site("onprem", "cluster: home-1, namespace: Capstan"))).toContain("use lower case letters");
    const twice = ["one", "two"].map((name) => site(name, "cluster: home-1, namespace: capstan"));
    expect(withSites(...twice)).toContain("sites.two.namespace: is the namespace of the site one too");
  });
});

describe("an entry of a pull Secret belongs to one credential", () => {
  const store = ["    registry: main", "    registry: main\n    storeName: other"] as const;

  test("the same namespace, Secret and registry is refused", () => {
    const found = problemsOf(withSecond(store)).join("\n");
    expect(found).toContain(
      "credentials.ci-pull.targets[0]: writes the entry harbor.example.com of the Secret harbor-pull in cluster prod-1, as platform-pull does",
    );
  });

  test.each([
    ["another Secret", ["secret: harbor-pull", "secret: other"]],
    ["another namespace", ["[web, shop]", "[ops]"]],
    ["another registry key", ["    home: aws", "    home: aws\n    registryHost: other.example.com"]],
    ["no common cluster", ["[prod-1, prod-2]", "[home-1]"]],
  ] as const)("%s is fine", (_, difference) => {
    const own = difference[1] === "[home-1]" ? [["sites: [azure, gcp]", "sites: [local]"] as const] : [];
    expect(problemsOf(withSecond(store, difference, ...own))).toEqual([]);
  });

  test("a selector may match what is named, unless it is excepted", () => {
    const by = (choice: string) => withSecond(store, ["{ names: [web, shop] }", choice]);
    expect(problemsOf(by("{ selector: 'team=a' }")).join()).toContain("may write the entry");
    expect(problemsOf(by("{ selector: 'team=a', except: [web] }")).join()).toContain("may write");
    expect(problemsOf(by("{ selector: 'team=a', except: [web, shop] }"))).toEqual([]);
  });

  test("two selectors must contradict each other", () => {
    const first = change("{ names: [web, shop] }", "{ selector: 'team=a' }");
    const both = (selector: string) => {
      const second = first.slice(first.indexOf("  platform-pull:")).replace("platform-pull", "ci-pull");
      return first + change("'team=a'", selector, change(store[0], store[1], second));
    };
    expect(problemsOf(both("'team=b'"))).toEqual([]);
    expect(problemsOf(both("'team!=a'"))).toEqual([]);
    expect(problemsOf(both("'tier=front'")).join()).toContain("may write the entry");
    expect(problemsOf(both("''")).join()).toContain("may write the entry");
  });

  test("one credential may not name a namespace twice in one Secret, but may select twice", () => {
    const twice = `${example}${targets.replace("    targets:\n", "").replace("[web, shop]", "[shop]")}`;
    expect(problemsOf(twice).join()).toContain("targets[1]: names a namespace of an earlier target again");
    const selected = `${example}${targets.replace("    targets:\n", "").replace("{ names: [web, shop] }", "{ selector: 'a=b' }")}`;
    expect(problemsOf(selected)).toEqual([]);
  });
});

describe("agents", () => {
  const withAgent = (of: string, ...changes: readonly (readonly [string, string])[]) => {
    const site = `clusters:\n  edge-1: { site: edge, inCluster: true }\n`;
    const agent = change("clusters:\n", `  edge: { kind: agent, of: ${of} }\n${site}`);
    return changes.reduce((text, [from, to]) => change(from, to, text), agent);
  };

  test("an agent brings the site whose store it reads, where sites are not named", () => {
    const { credentials } = loadGood(
      withAgent(
        "azure",
        ["    sites: [azure, gcp]\n", ""],
        ["clusters: [prod-1, prod-2]", "clusters: [prod-1, edge-1]"],
      ),
    );
    expect(credentials["platform-pull"]?.sites).toEqual(["edge", "azure"]);
  });

  test.each([
    ["sites.edge.of: names no site of this file; did you mean aws?", withAgent("awz")],
    ["sites.edge.of: keeps its values in files of one machine; name a site of kind aws", withAgent("local")],
    ["sites.edge.of: is an agent itself", withAgent("edge")],
    [
      "home: is the site of an agent, which has no store of its own; name the",
      withAgent("aws", ["home: aws", "home: edge"]),
    ],
    [
      "canarySite: is the site of an agent",
      withAgent("aws", ["sites: [azure, gcp]", "sites: [azure, gcp, edge]\n    canarySite: edge"]),
    ],
    [
      "sites: has the agent edge and not the site whose store it reads; add gcp to credentials.platform-pull.sites",
      withAgent("gcp", ["sites: [azure, gcp]", "sites: [azure, edge]"]),
    ],
  ])("%s", (wanted, text) => {
    expect(problemsOf(text).join("\n")).toContain(wanted);
  });
});

test.each(["adopt", "repair"])("%s is refused for a target that External Secrets writes", (key) => {
  const text = change(
    "        secret: harbor-pull\n",
    `        secret: harbor-pull\n        by: external-secrets\n        ${key}: true\n`,
  );
  expect(problemsOf(text).join("\n")).toContain(`targets[0].${key}: is not for targets that external-secrets writes`);
});

describe("targets that a tool copies", () => {
  const copied = (more: string, file = example) =>
    change("        secret: harbor-pull\n", `        secret: harbor-pull\n${more}`, file);
  const kyverno =
    "        by: kyverno\n        source: { namespace: infra }\n        adopt: true\n        repair: true\n";

  test("are only read; their source is a target of its own, which adopt and repair hold for", () => {
    const targets = loadGood(copied(kyverno)).credentials["platform-pull"]?.targets ?? [];
    expect(targets).toMatchObject([
      { by: "kyverno", secret: "harbor-pull", adopt: false, repair: false, at: 0 },
      {
        ...{ by: "capstan", secret: "harbor-pull", namespaces: { by: "names", names: ["infra"] }, at: 0 },
        ...{ adopt: true, repair: true, serviceAccounts: [], clusters: ["prod-1", "prod-2"] },
      },
    ]);
  });

  test("may share a source, have it among their namespaces, or name it as a target, too", () => {
    const more = [
      "      - { clusters: [prod-1], namespaces: { names: [infra, web] }, secret: other, by: reflector, source: { namespace: infra }, serviceAccounts: [default] }",
      "      - { clusters: [prod-2], namespaces: { names: [web] }, secret: other, by: reflector, source: { namespace: infra } }",
      "      - { clusters: [prod-1], namespaces: { names: [a] }, secret: mirrored, by: replicator, source: { namespace: own, secret: main } }",
      "      - { clusters: [prod-1], namespaces: { names: [own] }, secret: main }",
      "",
    ].join("\n");
    const targets = loadGood(example + more).credentials["platform-pull"]?.targets ?? [];
    expect(targets.slice(1)).toMatchObject([
      { secret: "other", namespaces: { names: ["web"] }, by: "reflector" },
      { secret: "other", namespaces: { names: ["web"] }, by: "reflector" },
      { secret: "mirrored", namespaces: { names: ["a"] }, by: "replicator" },
      { secret: "main", namespaces: { names: ["own"] }, by: "capstan" },
      { secret: "other", namespaces: { names: ["infra"] }, by: "capstan", clusters: ["prod-1", "prod-2"] },
    ]);
    expect(targets).toHaveLength(6);
  });

  test.each([
    ["        by: replicator\n", "targets[0].by: says that replicator copies it, and not from where; add source:"],
    [
      "        source: { namespace: infra }\n",
      "targets[0].source: is not for targets that capstan writes; take it out, or",
    ],
    [
      "        by: external-secrets\n        source: { namespace: infra }\n",
      "targets[0].source: is not for targets that external-secrets writes",
    ],
    ["        by: kyverno\n        source: { namespace: Infra }\n", "targets[0].source.namespace: "],
    ["        by: helm\n", "targets[0].by: "],
  ])("%s → %s", (more, wanted) => {
    expect(problemsOf(copied(more)).join("\n")).toContain(wanted);
  });

  test("a source belongs to one credential, as every target does", () => {
    const second = withSecond(["secret: harbor-pull", "secret: another"]);
    const both = change(
      "secret: another\n",
      "secret: another\n        by: reflector\n        source: { namespace: web, secret: harbor-pull }\n",
      second,
    );
    expect(problemsOf(both).join("\n")).toContain("credentials.ci-pull.targets[0]: ");
  });
});
