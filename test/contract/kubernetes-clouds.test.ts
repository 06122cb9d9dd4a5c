import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { aksReach } from "../../core/drivers/kubernetes/aks.ts";
import { createKubernetesCluster } from "../../core/drivers/kubernetes/cluster.ts";
import { eksReach, eksToken } from "../../core/drivers/kubernetes/eks.ts";
import { gatewayReach, gkeReach } from "../../core/drivers/kubernetes/gke.ts";
import { inClusterReach } from "../../core/drivers/kubernetes/in-cluster.ts";
import type { ClusterReach } from "../../core/drivers/kubernetes/reach.ts";
import type { DatedToken } from "../../core/drivers/kubernetes/token.ts";
import { Secret } from "../../core/secret.ts";
import { FaultBoard } from "../../functions/sandbox/faults.ts";
import { type ControlPlaneOptions, startControlPlanes } from "../../functions/sandbox/kubernetes/control-planes.ts";
import { readEksToken } from "../../functions/sandbox/kubernetes/eks-tokens.ts";
import { startKubernetes } from "../../functions/sandbox/kubernetes/server.ts";
import { refused } from "./cluster-fixtures.ts";
import { kubernetesCertificates } from "./kubernetes-authority.ts";

let now = Date.parse("2026-11-24T00:00:00Z");
const nowMs = () => now;
const awsKey = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "Example-key", region: "eu-central-1" };
const audience = "6dae42f8-4368-4678-94ff-3960e28e3630";
const folder = mkdtempSync(join(tmpdir(), "capstan-clouds-"));
const caFile = join(folder, "ca.crt");
const faults = new FaultBoard();
const { caPem, tls } = await kubernetesCertificates();
writeFileSync(caFile, caPem);
const user = (username: string) => ({ username, groups: ["system:masters"] });
const server = await startKubernetes({
  name: "prod",
  faults,
  nowMs,
  tls,
  tokens: { entra: user("entra"), google: user("google"), pod: user("pod") },
  reviewToken: (token, at) => (readEksToken(token, "prod", awsKey, at) === null ? null : user("aws")),
});
const planes: { close: () => Promise<void> }[] = [];
afterAll(async () => {
  for (const plane of planes) await plane.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

async function controlPlanes(extra: Partial<ControlPlaneOptions> = {}) {
  const cluster = { name: "prod", server: server.url, caPem };
  const tokens = { managementToken: "management", googleToken: "google" };
  const plane = await startControlPlanes({ faults, nowMs, tls, cluster, awsKey, ...tokens, ...extra });
  planes.push(plane);
  return { endpoint: plane.url, caFile, cluster: "prod", requestTimeoutMs: 5_000, nowMs };
}

function connect(reach: ClusterReach) {
  const name = "prod";
  return createKubernetesCluster({ ...reach, name, fieldManager: "capstan-clouds", nowMs });
}

const dated = (text: string): DatedToken => ({ token: new Secret(text), untilMs: now + 3_600_000 });
const credentials = async () => ({ accessKeyId: awsKey.accessKeyId, secretAccessKey: awsKey.secretAccessKey });

describe("EKS", () => {
  it("is described, and entered with a presigned question to STS", async () => {
    const { region } = awsKey;
    const cluster = connect(await eksReach({ ...(await controlPlanes()), region, credentials }));
    expect(await cluster.readSecret("none", "pull")).toBeNull();
  });

  it("renews the token before its quarter of an hour is over", async () => {
    const { region } = awsKey;
    let asked = 0;
    const counted = async () => {
      asked += 1;
      return credentials();
    };
    const cluster = connect(await eksReach({ ...(await controlPlanes()), region, credentials: counted }));
    await cluster.readSecret("none", "pull");
    const before = asked;
    now += 11 * 60_000;
    await cluster.readSecret("none", "pull");
    expect(asked).toBe(before);
    now += 2 * 60_000;
    await cluster.readSecret("none", "pull");
    expect(asked).toBeGreaterThan(before);
  });

  it.each([
    ["of another cluster", { cluster: "other" }],
    ["signed with another key", { credentials: async () => ({ ...(await credentials()), secretAccessKey: "no" }) }],
    ["of another region", { region: "eu-west-1" }],
    ["from too long ago", { nowMs: () => now - 16 * 60_000 }],
  ])("refuses a token %s", async (_title, change) => {
    const { token } = await eksToken({ ...(await controlPlanes()), region: awsKey.region, credentials, ...change });
    const cluster = connect({ server: server.url, caPem, token: () => token });
    await refused(cluster.readSecret("none", "pull"), "denied", "bad-credentials");
  });

  it("says what AWS says no to", async () => {
    const wrong = async () => ({ ...(await credentials()), secretAccessKey: "no" });
    const reach = eksReach({ ...(await controlPlanes()), region: awsKey.region, credentials: wrong });
    const error = await refused(reach, "denied");
    expect(error.message).toContain("DescribeCluster");
    const absent = eksReach({ ...(await controlPlanes()), region: awsKey.region, credentials, cluster: "gone" });
    await refused(absent, "not-found");
  });

  it("refuses a session whose token is too long for the server", async () => {
    const long = async () => ({ ...(await credentials()), sessionToken: "x".repeat(4_000) });
    const token = eksToken({ ...(await controlPlanes()), region: awsKey.region, credentials: long });
    await refused(token, "invalid", "bad-reply");
  });
});

describe("AKS", () => {
  const place = { subscription: "s-1", resourceGroup: "rg" };
  const tokenFor = async (wanted: string) => (wanted === audience ? dated("entra") : dated("management"));

  it("is entered with a token of Entra, at the address that the user's credentials name", async () => {
    const cluster = connect(await aksReach({ ...(await controlPlanes()), ...place, tokenFor }));
    expect(await cluster.readSecret("none", "pull")).toBeNull();
  });

  it("refuses the certificate of a local account", async () => {
    const reach = aksReach({ ...(await controlPlanes({ localAccounts: true })), ...place, tokenFor });
    const error = await refused(reach, "denied", "bad-credentials");
    expect(error.message).toContain("disable local accounts");
  });

  it("names a missing role, and a cluster that is not there", async () => {
    const none = async () => dated("of nobody");
    await refused(aksReach({ ...(await controlPlanes()), ...place, tokenFor: none }), "denied");
    await refused(aksReach({ ...(await controlPlanes()), ...place, tokenFor, cluster: "gone" }), "not-found");
    const without = async () => null;
    await refused(aksReach({ ...(await controlPlanes()), ...place, tokenFor: without }), "denied", "bad-credentials");
  });
});

describe("GKE", () => {
  const place = { project: "demo", location: "europe-west4" };
  const accessToken = async () => new Secret("google");

  it("is entered at its address, with its own authority", async () => {
    const cluster = connect(await gkeReach({ ...(await controlPlanes()), ...place, accessToken }));
    expect(await cluster.readSecret("none", "pull")).toBeNull();
  });

  it("prefers an open DNS endpoint, and trusts public authorities alone there", async () => {
    const dnsEndpoint = "uid.europe-west4.gke.goog";
    const reach = await gkeReach({ ...(await controlPlanes({ dnsEndpoint })), ...place, accessToken });
    expect({ server: reach.server, caPem: reach.caPem }).toEqual({
      server: `https://${dnsEndpoint}`,
      caPem: undefined,
    });
  });

  it("names a cluster that is not there", async () => {
    await refused(gkeReach({ ...(await controlPlanes()), ...place, accessToken, cluster: "gone" }), "not-found");
  });

  it.each([
    ["global", true, "https://connectgateway.googleapis.com/v1/projects/7/locations/global/gkeMemberships/prod"],
    [
      "europe-west4",
      false,
      "https://europe-west4-connectgateway.googleapis.com/v1/projects/7/locations/europe-west4/memberships/prod",
    ],
  ])("behind the Connect gateway, %s", (location, gke, expected) => {
    const reach = gatewayReach({ projectNumber: "7", location, membership: "prod", gke, accessToken });
    expect(reach.server).toBe(expected);
  });
});

describe("the gateway's path", () => {
  it("is kept in every request", async () => {
    let path = "";
    faults.set({
      part: "kubernetes",
      when: (seen) => {
        path = seen.path;
        return false;
      },
      action: { type: "cut-before" },
    });
    const accessToken = async () => new Secret("google");
    const endpoint = server.url;
    const reach = gatewayReach({
      projectNumber: "7",
      location: "global",
      membership: "m",
      gke: true,
      endpoint,
      accessToken,
    });
    await refused(connect({ ...reach, caPem }).createEmptySecret("n", "pull", {}), "not-found");
    faults.clear();
    expect(path).toBe("/v1/projects/7/locations/global/gkeMemberships/m/api/v1/namespaces/n/secrets/pull");
  });
});

describe("from inside a cluster", () => {
  const { hostname, port } = new URL(server.url);
  const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port };

  it("is entered as the pod's ServiceAccount, whose token is read again when it is refused", async () => {
    writeFileSync(join(folder, "token"), "old\n");
    const cluster = connect(inClusterReach(env, folder));
    await refused(cluster.readSecret("none", "pull"), "denied", "bad-credentials");
    writeFileSync(join(folder, "token"), "pod\n");
    expect(await cluster.readSecret("none", "pull")).toBeNull();
  });

  it("says where the pod has no token, and where there is no pod", () => {
    expect(() => inClusterReach(env, join(folder, "nowhere"))).toThrow("mount the ServiceAccount's token");
    expect(() => inClusterReach({}, folder)).toThrow("runs in no pod");
  });
});
