import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { parse, stringify } from "yaml";
import { pullSecretName } from "../../functions/sandbox/configuration.ts";
import type { KubernetesSandbox } from "../../functions/sandbox/kubernetes/server.ts";
import { builtCli } from "../bundle/built.ts";
import { pullEverywhere, tickUntilIdle } from "../chaos/hasty-fleet.ts";
import type { Json, Running } from "./capstan-process.ts";
import { type CliFleet, startCloudFleet } from "./cli-fleet.ts";
import { startWorkloadIdentities } from "./workload-identity.ts";

// A cluster that home's runner cannot reach, and the real `capstan agent` in it: the command line that is shipped.

const labels = { "registry-access": "platform-pull" };
/** So long that nothing below was done by the schedule. */
const never = "1h";

/** Home on AWS serves prod-1; prod-2 has an agent, which reads home's own store. Nobody else has a login there. */
async function edgeFleet(): Promise<CliFleet & { readonly edge: KubernetesSandbox }> {
  const fleet = await startCloudFleet({ clusters: 2, namespacesPerCluster: 1, entry: await builtCli() });
  const folder = join(fleet.folder, "account");
  const { caPem, clusters } = fleet.sandbox.describe();
  mkdirSync(folder);
  writeFileSync(join(folder, "ca.crt"), caPem);
  writeFileSync(join(folder, "token"), clusters[1]?.runnerToken.reveal() ?? "");
  changeFile(fleet, (file) => {
    const credential = file.credentials["platform-pull"];
    return {
      ...file,
      sites: { aws: file.sites.aws, edge: { kind: "agent", of: "aws" } },
      clusters: {
        "prod-1": file.clusters["prod-1"],
        "prod-2": { site: "edge", inCluster: true, serviceAccountFolder: "account" },
      },
      credentials: {
        "platform-pull": {
          ...credential,
          targets: credential.targets.map((target: Json) => ({ ...target, serviceAccounts: ["default"] })),
          sites: ["aws", "edge"],
          drain: { overlap: "600ms", longestPull: "600ms" },
        },
      },
    };
  });
  const edge = fleet.sandbox.clusters.find(({ name }) => name === "prod-2");
  if (edge === undefined) throw new Error("the sandbox has two clusters");
  return { ...fleet, edge };
}

function changeFile(fleet: CliFleet, change: (file: Json) => object): void {
  fleet.edit((text) => stringify(change(parse(text))));
}

const setPoll = (fleet: CliFleet, poll: string) =>
  changeFile(fleet, (file) => {
    const { limits, ...credential } = file.credentials["platform-pull"];
    return { ...file, credentials: { "platform-pull": { ...credential, limits: { ...limits, poll } } } };
  });

/** As its Deployment starts it: in a pod, with this workload identity and no keys. */
function startAgent(
  fleet: CliFleet,
  edge: KubernetesSandbox,
  identity: Readonly<Record<string, string>>,
): Running & { readonly lines: () => readonly Json[] } {
  const running = fleet.capstan.start(["agent", "--site", "edge", "--probe-port", "0"], {
    KUBERNETES_SERVICE_HOST: "127.0.0.1",
    KUBERNETES_SERVICE_PORT: String(edge.port),
    CAPSTAN_LOG_LEVEL: "debug",
    ...identity,
  });
  let out = "";
  running.child.stdout?.on("data", (text: string) => {
    out += text;
  });
  return {
    ...running,
    lines: () =>
      out
        .split("\n")
        .slice(0, -1)
        .map((line) => JSON.parse(line) as Json),
  };
}

/** Looked at again and again: a process of its own does it, and says so nowhere else. */
async function until(what: string, is: () => boolean | Promise<boolean>): Promise<number> {
  const begunMs = performance.now();
  while (!(await is())) {
    if (performance.now() - begunMs > 60_000) throw new Error(`not within a minute: ${what}`);
    await delay(10);
  }
  return Math.round(performance.now() - begunMs);
}

const holds = (edge: KubernetesSandbox, namespace: string) => {
  const text = edge.secret(namespace, pullSecretName)?.data[".dockerconfigjson"] ?? "";
  return text.includes('"auth"');
};

test("an agent serves a cluster that nobody else reaches: at once what is new there, through kills, drops and a rotation", async () => {
  const fleet = await edgeFleet();
  onTestFinished(() => fleet.close());
  const { capstan, sandbox, edge } = fleet;
  const { accessKeyId, secretAccessKey } = sandbox.describe().aws;
  const eks = await startWorkloadIdentities(fleet.folder, { accessKeyId, secretAccessKey: secretAccessKey.reveal() });
  onTestFinished(() => eks.close());
  const told: string[] = [];
  const served = async (namespace: string, how: string) => {
    told.push(`${how}: ${await until(`${namespace} is served`, () => holds(edge, namespace))} ms`);
  };

  /** With the account that its controller makes. */
  const createWhole = (name: string) => {
    edge.createNamespace(name, labels);
    edge.createAccount(name, "default");
  };
  edge.createAccount("team-1", "default");
  // Home begins, and has nothing to do with the cluster.
  expect(await capstan.run(["rotate"])).toMatchObject({ code: 3 });
  setPoll(fleet, never);
  expect([...edge.counts]).toEqual([]);
  let agent = startAgent(fleet, edge, eks.podIdentity);
  await served("team-1", "first tick, the process's start included");
  await until("the watch is there", () => (edge.counts.get("namespace.watch") ?? 0) > 0);

  const ticksOf = () => agent.lines().filter(({ code }) => code === "tick-ended").length;
  const ticks = ticksOf();
  edge.createNamespace("new", labels);
  await served("new", "a new namespace");
  await until("its tick is over", () => ticksOf() > ticks);
  // Its controller is a little late with the account: looked for again, before any schedule.
  edge.createAccount("new", "default");
  await until("the account is linked", () => edge.accountSecrets("new", "default").includes(pullSecretName));
  edge.createNamespace("later");
  edge.createAccount("later", "default");
  edge.createNamespace("foreign", { "registry-access": "other" });
  edge.labelNamespace("later", labels);
  await served("later", "a namespace that comes to match");

  // The connection breaks, the server is away, and meanwhile its history is forgotten: 410 at the version last seen.
  const away = sandbox.faults.set({
    part: "kubernetes",
    instance: "prod-2",
    kind: "namespace.watch",
    times: 1,
    action: { type: "reply", status: 503 },
  });
  edge.dropWatches();
  createWhole("meanwhile");
  edge.expireContinueTokens();
  await served("meanwhile", "a namespace made while the watch was broken and its history forgotten");
  expect(away.hits()).toBe(1);

  // Killed in the midst of serving; whoever comes next goes on.
  const killing = sandbox.faults.set({
    part: "kubernetes",
    instance: "prod-2",
    kind: "secret.apply",
    skip: 1,
    times: 1,
    action: { type: "cut-before" },
    onHit: () => void agent.child.kill("SIGKILL"),
  });
  createWhole("half");
  expect((await agent.done).signal).toBe("SIGKILL");
  killing.remove();
  expect(holds(edge, "half")).toBe(false);

  // Two at once, both of them woken by the same news.
  agent = startAgent(fleet, edge, eks.podIdentity);
  const second = startAgent(fleet, edge, eks.irsa);
  await served("half", "left behind by a killed one");
  for (const one of [agent, second])
    await until("it watches", () => one.lines().some((line) => line.code === "namespace-added"));
  createWhole("both");
  await served("both", "a new namespace with two replicas");
  const port = await portOf(agent);
  await until("it is ready", async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200);
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);

  // A changed file is taken over by both; the rotation goes to its end by home's ticks alone and the agents' reports.
  setPoll(fleet, "200ms");
  createWhole("wakes");
  await served("wakes", "a new namespace after a changed file");
  const pullers = pullEverywhere(fleet);
  expect(await capstan.run(["rotate"])).toMatchObject({ code: 3 });
  await tickUntilIdle(fleet);
  await pullers.stop();
  expect(pullers.stats().failures).toEqual([]);
  expect(fleet.robots()).toHaveLength(1);
  const [username] = fleet.robots();
  for (const namespace of ["team-1", "new", "later", "meanwhile", "half", "both", "wakes"])
    expect(edge.secret(namespace, pullSecretName)?.data[".dockerconfigjson"], namespace).toContain(username);
  expect(edge.secret("foreign", pullSecretName)).toBeNull();

  for (const one of [agent, second]) one.child.kill("SIGTERM");
  for (const { done } of [agent, second]) expect((await done).code).toBe(143);
  expect(agent.lines().at(-1)).toMatchObject({ code: "agent-stopped" });
  expect(agent.lines().filter(({ level }) => level === "error")).toEqual([]);
  expect(Object.values(eks.asked).every((times) => times > 0)).toBe(true);
  const { data } = await capstan.json(["status"]);
  expect(data.credentials[0].sites.find(({ site }: Json) => site === "edge").report).toMatchObject({
    served: 7,
    wanted: 7,
  });
  capstan.expectSilent(fleet.secrets());
  process.stdout.write(`${told.join("\n")}\n`);
}, 200_000);

async function portOf(agent: { readonly lines: () => readonly Json[] }): Promise<string> {
  const begun = () => agent.lines().find(({ code }) => code === "agent-began");
  await until("the agent has begun", () => begun() !== undefined);
  return /port (\d+)/.exec(begun().message)?.[1] ?? "";
}
