import { afterAll, beforeAll, expect, it } from "vitest";
import { ledgerSecretId } from "../../core/drivers/gcp-annotation-ledger/secret-id.ts";
import { builtCli } from "../bundle/built.ts";
import { type CliFleet, startCloudFleet } from "./cli-fleet.ts";

let fleet: CliFleet;
beforeAll(async () => {
  fleet = await startCloudFleet({ clusters: 3, namespacesPerCluster: 2, entry: await builtCli() });
});
afterAll(async () => {
  fleet.capstan.expectSilent(fleet.secrets());
  await fleet.close();
});

const value = "capstan-platform-pull";
const ledgers = [
  "sandbox/platform-pull",
  ...["aws", "azure", "gcp"].map((site) => `sandbox/platform-pull@site/${site}`),
];

/** Everything that a request could have changed, in every part. */
function everything() {
  const { harbor, aws, azure, gcp, clusters } = fleet.sandbox;
  const names = [value, `${value}-next`, `${value}-round`, ...ledgers];
  return structuredClone({
    robots: harbor.robots(),
    aws: names.map((name) => [aws.secret(name), aws.item("capstan", name)]),
    azure: names.map((name) => [azure.secret(name), azure.blob("capstan", name)]),
    gcp: [...names, ...ledgers.map(ledgerSecretId)].map((name) => gcp.secret(name)),
    clusters: clusters.map((cluster) => cluster.secrets()),
  });
}

function requests(): ReadonlyMap<string, number> {
  const { harbor, aws, azure, gcp, clusters } = fleet.sandbox;
  const parts = Object.entries({
    harbor,
    aws,
    azure,
    gcp,
    ...Object.fromEntries(clusters.map((one) => [one.name, one])),
  });
  return new Map(
    parts.flatMap(([part, { counts }]) => [...counts].map(([kind, n]) => [`${part} ${kind}`, n] as const)),
  );
}

/** Kinds that only read; `other` of Azure is what comes without a token and gets its challenge. */
const reads =
  /^(harbor (robot\.(list|get)|token|v2\.ping|manifest\.head|audit\.list|systeminfo|permissions\.current|other)|aws (GetSecretValue|DescribeSecret|GetItem)|azure (secret\.(get|get-version|list-versions)|blob\.get|token|other)|gcp (secret\.(get|list)|version\.(access|get|list)|token|metadata|other)|prod-\d (namespace|secret)\.(get|list)|prod-\d other)$/;

async function plansWithoutATrace(code: number) {
  const before = { state: everything(), requests: requests() };
  const ran = await fleet.capstan.json(["plan", "--detailed-exitcode"]);
  expect({ code: ran.code, err: ran.err }).toMatchObject({ code });
  expect(everything()).toEqual(before.state);
  const asked = [...requests()].filter(([kind, n]) => n > (before.requests.get(kind) ?? 0)).map(([kind]) => kind);
  expect(asked.filter((kind) => !reads.test(kind))).toEqual([]);
  expect(asked.length).toBeGreaterThan(5);
  return ran.data;
}

it("before the first rotation plan changes nothing and tells the first steps", async () => {
  const { credentials, wouldChange } = await plansWithoutATrace(2);
  expect(wouldChange).toBe(true);
  expect(credentials[0]).toMatchObject({ state: "none", current: null, due: null });
  expect(credentials[0].nextTick.at(-1)).toContain("create robot platform-pull-g1-");
  expect(credentials[0].issuer).toMatchObject({ missing: [], problem: null, report: { limits: [] } });
});

it("at rest plan changes nothing and finds nothing to do, but names a foreign Secret", async () => {
  const [first] = fleet.sandbox.clusters;
  first?.createNamespace("guest", { "registry-access": "platform-pull" });
  first?.putSecret("guest", "platform-pull", { ".dockerconfigjson": '{"auths":{}}' });
  expect((await fleet.capstan.run(["rotate", "--wait", "--timeout", "3m"])).code).toBe(0);
  const { aws: inAws, azure: inAzure, gcp: inGcp } = everything();
  for (const part of [inAws, inAzure]) expect(part.flat().filter((found) => found !== null).length).toBeGreaterThan(1);
  expect(inGcp.filter((found) => found !== null).length).toBeGreaterThan(1);
  const { credentials } = await plansWithoutATrace(0);
  expect(credentials[0]).toMatchObject({ state: "idle", nextTick: [], waits: [], current: { generation: 1 } });
  const [aws] = credentials[0].sites;
  expect(aws).toMatchObject({ site: "aws", wanted: 2, served: 2 });
  expect(aws.clusters[0].foreign).toEqual([{ target: "guest/platform-pull", why: "it is written by kubectl-edit" }]);
});

it("a trust that another cloud lacks is named with the commands that make it, and one that works is said", async () => {
  const { aws, gcp } = fleet.sandbox;
  const pool = "projects/123456789012/locations/global/workloadIdentityPools/capstan";
  const serviceAccount = "guest@capstan-sandbox.iam.gserviceaccount.com";
  const entry = { provider: `${pool}/providers/aws-home`, serviceAccount, stsEndpoint: gcp.url, iamEndpoint: gcp.url };
  let before = "";
  fleet.edit((text) => {
    before = text;
    return text
      .replace("    kind: gcp\n", `    kind: gcp\n    federation: { aws: ${JSON.stringify(entry)} }\n`)
      .replace("    kind: aws\n", `    kind: aws\n    sts: { endpoint: ${aws.url} }\n`);
  });
  const atAws = { CAPSTAN_CLOUD: "aws" };
  const elsewhere = await fleet.capstan.run(["plan"]);
  expect(elsewhere.out).toMatch(/gcp: not tried from here: home's runner gets in by its aws identity/);
  const lacking = await fleet.capstan.run(["plan"], atAws);
  expect(lacking.code).toBe(77);
  expect(lacking.out).toContain("gcp: google-sts: token: there is no such workload identity pool or provider");
  expect(lacking.out).toContain(
    "gcloud iam workload-identity-pools providers create-aws aws-home --project=123456789012",
  );
  expect(lacking.out).toContain(`--account-id=${aws.identity.account}`);
  // No Azure login is configured either, and AWS itself is logged in to with keys.
  expect(lacking.out).toContain(
    "azure: home's runner is at aws, and nothing says how it gets in: write sites.azure.federation.aws",
  );
  expect(lacking.out).toContain("aws: keys that do not end");
  gcp.identity.providers.set(entry.provider, { kind: "aws", accountId: aws.identity.account });
  const role = `arn:aws:sts::${aws.identity.account}:assumed-role/${aws.identity.callerRole}`;
  gcp.identity.users.set(serviceAccount, [`principalSet://iam.googleapis.com/${pool}/attribute.aws_role/${role}`]);
  const trusted = await fleet.capstan.json(["plan"], atAws);
  expect(trusted.code).toBe(0);
  expect(trusted.data.credentials[0].logins).toContainEqual(expect.objectContaining({ site: "gcp", verdict: "works" }));
  fleet.edit(() => before);
});

it("in the midst of a rotation plan changes nothing and says what holds the old generation", async () => {
  expect((await fleet.capstan.run(["rotate"])).code).toBe(3);
  fleet.sandbox.clusters[1]?.deleteSecret("team-1", "platform-pull");
  const { credentials } = await plansWithoutATrace(2);
  expect(credentials[0]).toMatchObject({ state: "held", epoch: 2, replaced: [{ generation: 1, state: "held" }] });
  expect(credentials[0].replaced[0].heldBy).toContain("the store of azure is at epoch 1");
  expect(credentials[0].nextTick).toContain("make epoch 2 current in the store of azure");
  const azure = credentials[0].sites.find(({ site }: { site: string }) => site === "azure");
  expect(azure.clusters).toEqual([{ cluster: "prod-2", toWrite: ["team-1/platform-pull"], foreign: [] }]);
});

it("what to look at in Harbor's settings is named, as far as the issuer sees it", async () => {
  const { installations } = await plansWithoutATrace(2);
  expect(installations).toMatchObject([
    {
      registry: "harbor",
      problem: null,
      findings: [{ code: "pull-robots-may-create-projects", about: ["platform-pull"] }],
      notLooked: [{ place: "settings" }, { place: "webhooks of project apps" }],
    },
  ]);
  const { out } = await fleet.capstan.run(["plan"]);
  expect(out).toContain("not to be seen by this login: settings, webhooks of project apps");
});

it("a right that the issuer lacks is named before anything is written", async () => {
  const { harbor } = fleet.sandbox.describe();
  const login = Buffer.from(`${harbor.admin.username}:${harbor.admin.password.reveal()}`).toString("base64");
  const { id } = fleet.sandbox.harbor.robots().find(({ username }) => username === harbor.issuer.username) ?? {};
  const narrowed = {
    name: harbor.issuer.username,
    level: "system",
    permissions: [
      {
        kind: "system",
        namespace: "/",
        access: ["create", "read", "list"].map((action) => ({ resource: "robot", action })),
      },
      { kind: "project", namespace: "*", access: [{ resource: "repository", action: "pull" }] },
    ],
  };
  const headers = { authorization: `Basic ${login}`, "content-type": "application/json" };
  const url = `${fleet.sandbox.harbor.url}/api/v2.0/robots/${id}`;
  const request = { method: "PUT", headers, body: JSON.stringify(narrowed) };
  const { status } = await fetch(url, request);
  expect(status).toBe(200);
  const ran = await fleet.capstan.run(["plan"]);
  expect(ran.code).toBe(77);
  expect(ran.out).toContain("robot:delete at system is missing, needed to delete replaced robots");
  expect(ran.out).toContain(
    "audit-log:list at system is missing, needed to see whether a replaced robot is still used",
  );
  const requestsBefore = requests();
  const refused = await fleet.capstan.run(["rotate"]);
  expect(refused.code).toBe(77);
  expect(refused.err).toContain("platform-pull: the issuer lacks robot:delete at system");
  const asked = [...requests()].filter(([kind, n]) => n > (requestsBefore.get(kind) ?? 0)).map(([kind]) => kind);
  expect(asked.filter((kind) => !reads.test(kind))).toEqual([]);
});
