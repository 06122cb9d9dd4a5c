import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import type { TickResult } from "../../../core/app/tick.ts";
import type { Cluster } from "../../../core/ports/cluster.ts";
import { placeInWaves } from "../../../core/protocol/site-waves.ts";
import { credentialName, pullSecretName } from "../../../functions/sandbox/configuration.ts";
import { KubernetesClient } from "../../contract/kubernetes-server.ts";
import { type Configuration, given, problemsIn, type Story } from "../../scenarios/story.ts";
import { binariesFolder } from "../binaries.ts";
import { type Controllers, startControllers } from "./controllers.ts";
import {
  edgeFleet,
  endAgent,
  isLinked,
  isServed,
  makeNamespace,
  pullSecretText,
  startAgent,
  until,
} from "./edge-fleet.ts";
import { startRealServer } from "./real-server.ts";

// What controllers make (a namespace's default ServiceAccount) and end (a namespace), beside the real ones.

let client: KubernetesClient;
let controllers: Controllers;

beforeAll(async () => {
  client = new KubernetesClient(await startRealServer(binariesFolder("kubernetes")));
  controllers = await startControllers(binariesFolder("kubernetes"), client);
});

afterAll(async () => {
  await controllers?.close();
  await client?.close();
  await client?.server.close();
});

/** Each test has a Harbor and ledgers of its own: what it leaves would be somebody else's to the next. */
afterEach(async () => {
  const { body } = await client.must("GET", "/api/v1/namespaces?labelSelector=registry-access");
  const names: readonly string[] = body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
  await Promise.all(names.map(deleteNamespace));
  await Promise.all(names.map(ended));
});

const is = async (namespace: string) => (await client.call("GET", `/api/v1/namespaces/${namespace}`)).status === 200;

test("an agent serves a new namespace and enters its default ServiceAccount, also where the controller is late", async () => {
  await makeNamespace(client, "there");
  const fleet = await edgeFleet(client, ["default"]);
  onTestFinished(() => fleet.close());
  expect(await fleet.capstan.run(["rotate"])).toMatchObject({ code: 3 });
  const agent = startAgent(fleet, client);
  const linked = (namespace: string) => until(`${namespace}'s account is linked`, () => isLinked(client, namespace));
  await linked("there");
  const told: string[] = [];
  const tookMs: number[] = [];
  for (const name of ["new-1", "new-2", "new-3"]) {
    await makeNamespace(client, name);
    const servedMs = await until(`${name} is served`, () => isServed(client, name));
    tookMs.push(servedMs + (await linked(name)));
    told.push(`a new namespace: served after ${servedMs} ms, its account linked after ${tookMs.at(-1)} ms`);
  }
  expect(Math.min(...tookMs)).toBeLessThan(5_000);

  controllers.pause();
  await makeNamespace(client, "late");
  await until("late is served", () => isServed(client, "late"));
  const path = "/api/v1/namespaces/late/serviceaccounts/default";
  expect((await client.call("GET", path)).status).toBe(404);
  controllers.resume();
  told.push(`an account that came late: linked after ${await linked("late")} ms`);
  expect(await endAgent(agent)).toEqual({ code: 143, errors: [] });
  process.stdout.write(`${told.join("\n")}\n`);
});

/** Home's runner itself reaches the real cluster, beside a canary of the sandbox. */
async function withReal(waves: readonly number[]): Promise<Story> {
  const folder = mkdtempSync(join(tmpdir(), "capstan-real-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [caFile, token] = [join(folder, "ca.pem"), join(folder, "token")];
  writeFileSync(caFile, client.server.caPem);
  writeFileSync(token, client.server.adminToken, { mode: 0o600 });
  const configured = ({ clusters, credentials, ...rest }: Configuration) => {
    const credential = credentials[credentialName];
    const targets = credential.targets.map((target) => ({ ...target, serviceAccounts: ["default"] }));
    return {
      ...rest,
      clusters: { ...clusters, real: { site: "aws", server: client.server.url, caFile, token: `file:${token}` } },
      credentials: { [credentialName]: { ...credential, targets, limits: { waves, waveWaitMax: "50m" } } },
    };
  };
  return given({ clusters: 1, namespaces: 1, configured });
}

const deleteNamespace = (name: string) => client.must("DELETE", `/api/v1/namespaces/${name}`);
const ended = (name: string) => until(`${name} is gone`, async () => !(await is(name)));
const currentOf = async (story: Story) => (await story.ledger()).current?.robot.username ?? "";
const faultsIn = (result: TickResult) => problemsIn(result).filter((problem) => !problem.startsWith("wave-open"));

test("an account that is deleted is made anew by its controller, and linked by the next tick", async () => {
  const story = await withReal([]);
  await makeNamespace(client, "again");
  await story.untilIdle();
  expect(await isLinked(client, "again")).toBe(true);
  const path = "/api/v1/namespaces/again/serviceaccounts/default";
  const uid = async () => (await client.call("GET", path)).body.metadata?.uid;
  const before = await uid();
  await client.must("DELETE", path);
  await until("there is another one", async () => ![undefined, before].includes(await uid()));
  expect(await isLinked(client, "again")).toBe(false);
  expect(faultsIn(await story.tick())).toEqual([]);
  expect(await isLinked(client, "again")).toBe(true);
});

test("a namespace that is going away is skipped and no fault, until the controller has ended it", async () => {
  const story = await withReal([]);
  await makeNamespace(client, "leaving");
  await story.untilIdle();
  // Something in it has a finalizer: the controller deletes all the rest, and waits for this one.
  const held = { metadata: { name: "held", finalizers: ["example.com/hold"] } };
  await client.must("POST", "/api/v1/namespaces/leaving/configmaps", held);
  await deleteNamespace("leaving");
  await until("its Secret is gone", async () => (await pullSecretText(client, "leaving")) === "");
  expect(await is("leaving")).toBe(true);
  expect(faultsIn(await story.untilIdle({ type: "rotate" }))).toEqual([]);
  expect(await pullSecretText(client, "leaving")).toBe("");
  const body = [{ op: "remove", path: "/metadata/finalizers" }];
  const type = "application/json-patch+json";
  await client.must("PATCH", "/api/v1/namespaces/leaving/configmaps/held", body, { type });
  await ended("leaving");
  expect(faultsIn(await story.tick())).toEqual([]);
});

test("namespaces that go away in the midst of a wave, and between two, hold nothing back and are made by nobody again", async () => {
  const half = 50;
  const story = await withReal([half]);
  const place = (namespace: string) => placeInWaves({ cluster: "real", namespace, name: pullSecretName });
  const names = Array.from({ length: 40 }, (_, n) => `wave-${n}`);
  const early = names.filter((name) => place(name) < half).slice(0, 3);
  const late = names.filter((name) => place(name) >= half).slice(0, 4);
  for (const name of [...early, ...late]) await makeNamespace(client, name);
  await story.untilIdle();
  const before = await currentOf(story);

  // Its Secret has been read, and it is gone when the write comes.
  const [gone = "", staying = ""] = early;
  const removed = removeBefore(story, gone);
  let result = await story.tick({ type: "rotate" });
  for (let ticks = 0; !removed() && ticks < 5; ticks += 1) result = await story.tick();
  expect(removed()).toBe(true);
  expect(faultsIn(result)).toEqual([]);
  expect([await is(gone), (await pullSecretText(client, staying)).includes(await currentOf(story))]).toEqual([
    false,
    true,
  ]);

  const [later = "", ...rest] = late;
  expect(await pullSecretText(client, later)).toContain(before);
  await deleteNamespace(later);
  await ended(later);
  expect(faultsIn(await story.untilIdle())).toEqual([]);
  for (const name of rest) expect(await pullSecretText(client, name)).toContain(await currentOf(story));
  expect([await is(gone), await is(later)]).toEqual([false, false]);
});

/** Somebody deletes the namespace, and the controller ends it, right before its Secret is written. */
function removeBefore(story: Story, namespace: string): () => boolean {
  const clusters = story.tools.ports.clusters as Record<string, Cluster>;
  const { real } = clusters;
  if (real === undefined) throw new Error("no real cluster is configured");
  let removed = false;
  const applySecret: Cluster["applySecret"] = async (write) => {
    if (write.namespace === namespace && !removed) {
      removed = true;
      await deleteNamespace(namespace);
      await ended(namespace);
    }
    return real.applySecret(write);
  };
  clusters["real"] = { ...real, applySecret };
  return () => removed;
}
