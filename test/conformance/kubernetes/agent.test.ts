import { expect, onTestFinished, test } from "vitest";
import { KubernetesClient } from "../../contract/kubernetes-server.ts";
import { binariesFolder } from "../binaries.ts";
import { edgeFleet, endAgent, isServed, makeNamespace, startAgent, until } from "./edge-fleet.ts";
import { startRealServer } from "./real-server.ts";

test("an agent with the shipped rights serves a new namespace of a real API server by its watch, within five seconds", async () => {
  const client = new KubernetesClient(await startRealServer(binariesFolder("kubernetes")));
  onTestFinished(() => client.server.close());
  await makeNamespace(client, "there");
  const fleet = await edgeFleet(client);
  onTestFinished(() => fleet.close());
  expect(await fleet.capstan.run(["rotate"])).toMatchObject({ code: 3 });
  const agent = startAgent(fleet, client);
  const served = (namespace: string) => until(`${namespace} is served`, () => isServed(client, namespace));
  const told = [`first tick, start included: ${await served("there")} ms`];
  const tookMs: number[] = [];
  for (const name of ["new-1", "new-2", "new-3"]) {
    await makeNamespace(client, name);
    tookMs.push(await served(name));
  }
  // Of three the quickest: a machine that is busy with something else for a while proves nothing.
  expect(Math.min(...tookMs)).toBeLessThan(5_000);
  expect(await endAgent(agent)).toEqual({ code: 143, errors: [] });
  await client.close();
  process.stdout.write(`${[...told, ...tookMs.map((ms) => `a new namespace: ${ms} ms`)].join("\n")}\n`);
});
