import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { rbacManifests } from "../../../core/app/rbac.ts";
import { loadConfig } from "../../../core/config/load.ts";
import { pullSecretName } from "../../../functions/sandbox/configuration.ts";
import { applyAll } from "../../contract/kubernetes-rights.ts";
import { KubernetesClient } from "../../contract/kubernetes-server.ts";
import { type CliFleet, startCloudFleet } from "../../scenarios/cli-fleet.ts";
import { binariesFolder } from "../binaries.ts";
import { startRealServer } from "./real-server.ts";

const entry = fileURLToPath(new URL("../../../functions/cli/main.ts", import.meta.url));
const account = { namespace: "capstan", name: "capstan" };
const labels = { "registry-access": "platform-pull" };
const aMinuteMs = 60_000;

/** The sandbox's clouds and Harbor; the agent's cluster is the real server, and it has no rights but the shipped ones. */
async function edgeFleet(client: KubernetesClient): Promise<CliFleet> {
  const fleet = await startCloudFleet({ clusters: 1, namespacesPerCluster: 1, entry });
  fleet.edit((text) => {
    const file = parse(text);
    const { limits, ...credential } = file.credentials["platform-pull"];
    const inside = { site: "edge", inCluster: true, serviceAccountFolder: "account" };
    return stringify({
      ...file,
      sites: { aws: file.sites.aws, edge: { kind: "agent", of: "aws" } },
      clusters: { ...file.clusters, real: inside },
      // So long that only the watch can have served what is new.
      credentials: { "platform-pull": { ...credential, sites: ["edge"], limits: { ...limits, poll: "1h" } } },
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

test("an agent with the shipped rights serves a new namespace of a real API server by its watch", async () => {
  const client = new KubernetesClient(await startRealServer(binariesFolder("kubernetes")));
  onTestFinished(() => client.server.close());
  await client.must("POST", "/api/v1/namespaces", { metadata: { name: "there", labels } });
  const fleet = await edgeFleet(client);
  onTestFinished(() => fleet.close());
  expect(await fleet.capstan.run(["rotate"])).toMatchObject({ code: 3 });
  const { port } = new URL(client.server.url);
  const { accessKeyId, secretAccessKey } = fleet.sandbox.describe().aws;
  const agent = fleet.capstan.start(["agent", "--site", "edge"], {
    KUBERNETES_SERVICE_HOST: "127.0.0.1",
    KUBERNETES_SERVICE_PORT: port,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey.reveal(),
  });
  const served = async (namespace: string): Promise<number> => {
    const begunMs = performance.now();
    for (;;) {
      const path = `/api/v1/namespaces/${namespace}/secrets/${pullSecretName}`;
      const { status, body } = await client.call("GET", path);
      const text = status === 200 ? Buffer.from(body.data[".dockerconfigjson"], "base64").toString("utf8") : "";
      const tookMs = Math.round(performance.now() - begunMs);
      if (text.includes('"auth"')) return tookMs;
      if (tookMs > aMinuteMs) throw new Error(`${namespace} is not served within a minute`);
      await delay(10);
    }
  };
  const told = [`first tick, start included: ${await served("there")} ms`];
  for (const name of ["new-1", "new-2", "new-3"]) {
    await client.must("POST", "/api/v1/namespaces", { metadata: { name, labels } });
    told.push(`a new namespace: ${await served(name)} ms`);
  }
  agent.child.kill("SIGTERM");
  const { code, out } = await agent.done;
  expect({ code, errors: out.split("\n").filter((line) => line.includes('"level":"error"')) }).toEqual({
    code: 143,
    errors: [],
  });
  await client.close();
  process.stdout.write(`${told.join("\n")}\n`);
});
