import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { rbacManifests } from "../../../core/app/rbac.ts";
import { loadConfig } from "../../../core/config/load.ts";
import { pullSecretName } from "../../../functions/sandbox/configuration.ts";
import { applyAll } from "../../contract/kubernetes-rights.ts";
import type { KubernetesClient } from "../../contract/kubernetes-server.ts";
import type { Running } from "../../scenarios/capstan-process.ts";
import { type CliFleet, startCloudFleet } from "../../scenarios/cli-fleet.ts";

const entry = fileURLToPath(new URL("../../../functions/cli/main.ts", import.meta.url));
const account = { namespace: "capstan", name: "capstan" };
/** Of the namespaces that targets select. */
export const labels = { "registry-access": "platform-pull" };
const aMinuteMs = 60_000;

/**
 * The sandbox's clouds and Harbor; the agent's cluster is the real server, and it has no rights but the shipped ones.
 * Its ticks by the schedule are so rare that only its watch can have served what is new.
 */
export async function edgeFleet(client: KubernetesClient, serviceAccounts: readonly string[] = []): Promise<CliFleet> {
  const fleet = await startCloudFleet({ clusters: 1, namespacesPerCluster: 1, entry });
  fleet.edit((text) => {
    const file = parse(text);
    const { limits, targets, ...credential } = file.credentials["platform-pull"];
    const inside = { site: "edge", inCluster: true, serviceAccountFolder: "account" };
    return stringify({
      ...file,
      sites: { aws: file.sites.aws, edge: { kind: "agent", of: "aws" } },
      clusters: { ...file.clusters, real: inside },
      credentials: {
        "platform-pull": {
          ...credential,
          targets: targets.map((target: object) => ({ ...target, serviceAccounts })),
          sites: ["edge"],
          limits: { ...limits, poll: "1h" },
        },
      },
    });
  });
  const path = join(fleet.folder, "capstan.yaml");
  const { config } = loadConfig({ path, readFile: (file) => readFileSync(file, "utf8"), env: {} });
  if (config === null) throw new Error("the file is refused");
  await applyAll(client, rbacManifests(config, "real", account));
  mkdirSync(join(fleet.folder, "account"));
  writeFileSync(join(fleet.folder, "account", "ca.crt"), client.server.caPem);
  writeFileSync(join(fleet.folder, "account", "token"), await client.token(account.namespace, account.name));
  return fleet;
}

/** `capstan agent` as its Deployment starts it. */
export function startAgent(fleet: CliFleet, client: KubernetesClient): Running {
  const { accessKeyId, secretAccessKey } = fleet.sandbox.describe().aws;
  return fleet.capstan.start(["agent", "--site", "edge"], {
    KUBERNETES_SERVICE_HOST: "127.0.0.1",
    KUBERNETES_SERVICE_PORT: new URL(client.server.url).port,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey.reveal(),
  });
}

/** Ends it, and gives the lines of its log that are errors. */
export async function endAgent({ child, done }: Running): Promise<{ code: number | null; errors: readonly string[] }> {
  child.kill("SIGTERM");
  const { code, out } = await done;
  return { code, errors: out.split("\n").filter((line) => line.includes('"level":"error"')) };
}

/** Looks again and again; milliseconds until it was so. Throws after a minute. */
export async function until(what: string, is: () => Promise<boolean>): Promise<number> {
  const begunMs = performance.now();
  while (!(await is())) {
    if (performance.now() - begunMs > aMinuteMs) throw new Error(`not within a minute: ${what}`);
    await delay(10);
  }
  return Math.round(performance.now() - begunMs);
}

/** Text of the namespace's pull Secret; empty: there is none. */
export async function pullSecretText(client: KubernetesClient, namespace: string): Promise<string> {
  const { status, body } = await client.call("GET", `/api/v1/namespaces/${namespace}/secrets/${pullSecretName}`);
  return status === 200 ? Buffer.from(body.data[".dockerconfigjson"], "base64").toString("utf8") : "";
}

export const isServed = async (client: KubernetesClient, namespace: string) =>
  (await pullSecretText(client, namespace)).includes('"auth"');

/** Whether the account is there and its list names the pull Secret. */
export async function isLinked(client: KubernetesClient, namespace: string, name = "default"): Promise<boolean> {
  const { status, body } = await client.call("GET", `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`);
  const list: readonly { readonly name: string }[] = status === 200 ? (body.imagePullSecrets ?? []) : [];
  return list.some((entry) => entry.name === pullSecretName);
}

export const makeNamespace = (client: KubernetesClient, name: string) =>
  client.must("POST", "/api/v1/namespaces", { metadata: { name, labels } });
