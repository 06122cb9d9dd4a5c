import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import type { CliContext, ManifestsOptions } from "../../../functions/cli/actions.ts";
import { manifests } from "../../../functions/cli/manifests.ts";

const root = mkdtempSync(join(tmpdir(), "capstan-manifests-"));
afterAll(() => rmSync(root, { recursive: true }));

const text = (caFile: string) => `format: 1
installation: trial
registries:
  main:
    kind: harbor
    endpoint: https://harbor.example.com
    caFile: ${caFile}
    issuer: { username: r, password: env:P }
sites:
  aws: { kind: aws, region: eu-central-1, ledger: { kind: dynamodb, table: capstan } }
  onprem: { kind: kubernetes, cluster: near, namespace: capstan }
  edge: { kind: agent, of: aws }
  hall: { kind: agent, of: onprem }
clusters:
  near: { site: aws, server: 'https://near.example.com', token: env:T }
  far: { site: edge, inCluster: true }
  other: { site: hall, server: 'https://other.example.com', token: env:U }
credentials:
  a:
    registry: main
    home: aws
    sites: [edge]
    robot: { permissions: [{ namespace: apps, access: [{ resource: repository, action: pull }] }] }
    proof: { repository: apps/hello }
    limits: { requestTimeout: 45s }
    targets:
      - { clusters: all, namespaces: { selector: '' }, secret: one }
      - { clusters: [near], namespaces: { names: [shop, web] }, secret: two, by: external-secrets }
      - { clusters: [far], namespaces: { selector: 'team in (a, b),!old', except: [x] }, secret: two, by: external-secrets }
`;

let folders = 0;
async function printed(options: Partial<ManifestsOptions>, caFile = "ca.pem") {
  const folder = join(root, String(folders++));
  mkdirSync(join(folder, "certs"), { recursive: true });
  for (const name of ["ca.pem", "certs/ca.pem"]) writeFileSync(join(folder, name), "an authority\n");
  writeFileSync(join(folder, "capstan.yaml"), text(caFile));
  const context = {
    configPath: join(folder, "capstan.yaml"),
    env: {},
    progress: () => undefined,
  } as unknown as CliContext;
  const account = { namespace: "ops", name: "run" };
  const asked = {
    agent: "edge",
    clusters: [],
    form: "deployment",
    image: "capstan:1",
    identity: null,
    account,
    ...options,
  } as const;
  const { table } = await manifests(asked, context);
  const documents = parseAllDocuments(table.join("\n")).map((document) => document.toJS());
  return Object.fromEntries(documents.filter(Boolean).map((one) => [one.kind, one]));
}

describe("capstan manifests", () => {
  test("puts the file and the authorities that the agent needs into a ConfigMap, and waits for a request at the end", async () => {
    const { ConfigMap, Deployment, ServiceAccount, ClusterRole } = await printed({});
    expect(ConfigMap.data).toEqual({ "capstan.yaml": text("ca.pem"), "ca.pem": "an authority\n" });
    expect(Deployment.spec.template.spec).toMatchObject({
      serviceAccountName: "run",
      terminationGracePeriodSeconds: 75,
    });
    expect(Deployment.spec.template.spec.containers[0].args).toEqual([
      "agent",
      "--site",
      "edge",
      "--probe-port",
      "8080",
    ]);
    expect(ServiceAccount.metadata).toEqual({ name: "run", namespace: "ops" });
    expect(ClusterRole.rules[0]).toEqual({ apiGroups: [""], resources: ["namespaces"], verbs: ["list", "watch"] });
  });

  test("names the pod's identity to its cloud, and runs once in a CronJob", async () => {
    const role = "arn:aws:iam::123456789012:role/edge";
    const { CronJob, ServiceAccount, Deployment } = await printed({ form: "cronjob", identity: role });
    expect(Deployment).toBeUndefined();
    expect(ServiceAccount.metadata.annotations).toEqual({ "eks.amazonaws.com/role-arn": role });
    const { schedule, jobTemplate } = CronJob.spec;
    expect(schedule).toMatch(/^[0-4]-59\/5 \* \* \* \*$/);
    // A tick's deadline of four minutes, two requests, a minute.
    expect(jobTemplate.spec.activeDeadlineSeconds).toBe(390);
    expect(jobTemplate.spec.template.spec.containers[0].args).toEqual(["agent", "--site", "edge", "--once"]);
  });

  test("prints stores and ExternalSecrets for what External Secrets writes: by name, and by label for a whole cluster", async () => {
    const { ClusterSecretStore, ExternalSecret } = await printed({ agent: null, clusters: ["near"] });
    const serviceAccountRef = { name: "run", namespace: "ops" };
    expect(ClusterSecretStore.metadata.name).toBe("capstan-aws");
    expect(ClusterSecretStore.spec.provider).toEqual({
      aws: { service: "SecretsManager", region: "eu-central-1", auth: { jwt: { serviceAccountRef } } },
    });
    expect(ExternalSecret.metadata).toEqual({ name: "two", namespace: "web" });
    expect(ExternalSecret.spec).toEqual({
      refreshInterval: "15m",
      secretStoreRef: { kind: "ClusterSecretStore", name: "capstan-aws" },
      target: {
        name: "two",
        template: {
          type: "kubernetes.io/dockerconfigjson",
          metadata: { labels: { "capstan.dev/installation": "trial" } },
          data: { ".dockerconfigjson": "{{ .config }}" },
        },
      },
      data: [{ secretKey: "config", remoteRef: { key: "capstan-a", property: "dockerconfigjson" } }],
    });
    const { ClusterExternalSecret, ...stores } = await printed({ agent: null, clusters: ["far"] });
    expect(Object.keys(stores)).toEqual(["ClusterSecretStore"]);
    expect(ClusterExternalSecret.spec.namespaceSelectors).toEqual([
      {
        matchExpressions: [
          { key: "team", operator: "In", values: ["a", "b"] },
          { key: "old", operator: "DoesNotExist" },
          { key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["x"] },
        ],
      },
    ]);
  });

  test.each([
    [{ agent: null, clusters: ["other"] }, "ca.pem", "--external-secrets: no target there has by: external-secrets"],
    [{ agent: "aws" }, "ca.pem", "--agent: aws is no site of kind agent"],
    [{ agent: "hall" }, "ca.pem", "--agent: the agent hall needs exactly one cluster with inCluster: true, it has 0"],
    [{ agent: "egde" }, "ca.pem", "did you mean edge?"],
    [{ identity: "capstan@project.iam.gserviceaccount.com" }, "ca.pem", "--identity: takes arn:aws:iam::"],
    [{ agent: "hall", identity: "x" }, "ca.pem", "--identity: is for agents of sites of kind aws, azure and gcp"],
    [{}, "certs/ca.pem", "a file that an agent needs lies beside capstan.yaml"],
    [{}, "../ca.pem", "a file that an agent needs lies beside capstan.yaml"],
  ])("refuses %o with %s", async (options, caFile, words) => {
    await expect(printed(options, caFile)).rejects.toThrow(words);
  });
});
